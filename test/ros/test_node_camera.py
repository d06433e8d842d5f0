# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Raw images through their lens, rectified ones by P, and centres from elsewhere."""

from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator
from geometry_msgs.msg import PointStamped, PoseArray
import numpy as np
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CameraInfo, Image
from support.node_fixture import hand_depth_mm, INTRINSICS, NodeFixture, running_node

pytestmark = pytest.mark.dds

BENT = (-0.25, 0.06, 0.001, -0.001, 0.0)


def positions(answer: PoseArray) -> np.ndarray:
    return np.array([[p.position.x, p.position.y, p.position.z] for p in answer.poses])


def bent_info(rig: NodeFixture, image: Image) -> CameraInfo:
    """Return a camera_info with a lens whose P is not its K."""
    info = rig.info_for(image)
    info.d = list(BENT)
    info.p[0] = info.p[5] = 300.0
    return info


def expected(model: str, intrinsics: Intrinsics) -> np.ndarray:
    config = EstimatorConfig(
        min_confidence=0.0, min_score=0.0, min_new_score=0.0, roi_mode='nearest', fit=None
    )
    estimator = HandPoseEstimator.load(model, 'cpu', config, precision='float32')
    pose = estimator.estimate(hand_depth_mm(), intrinsics, unit_m=0.001)
    return pose.joints


@pytest.mark.parametrize(
    ('kind', 'intrinsics'),
    [
        ('raw', Intrinsics(240.0, 240.0, 159.5, 119.5, Distortion('plumb_bob', BENT))),
        ('auto', Intrinsics(300.0, 300.0, 159.5, 119.5)),
    ],
)
def test_the_kind_of_image_decides_between_p_and_k(
    model: str, kind: str, intrinsics: Intrinsics
) -> None:
    with running_node(model, roi__mode='nearest', camera__image_kind=kind) as rig:
        for _ in range(3):
            image = rig.image()
            answer = rig.ask(image, bent_info(rig, image))
            np.testing.assert_allclose(
                positions(answer), expected(model, intrinsics), rtol=0.0, atol=1e-5
            )
        rig.pause(0.3)
        assert len(rig.logs('lens bends')) == (1 if kind == 'raw' else 0)
        if kind == 'raw':
            assert f'{rig.namespace}/image_rect' in rig.logs('lens bends')[0]
            assert 'camera.image_kind' in rig.logs('lens bends')[0]


def test_an_unknown_lens_is_dropped_with_a_remedy(model: str) -> None:
    with running_node(model, camera__image_kind='raw') as rig:
        image = rig.image()
        info = bent_info(rig, image)
        info.distortion_model = 'fish_and_chips'
        rig.send(image, info)
        assert rig.until(lambda: rig.logs('fish_and_chips'))
        assert rig.node.counters.counts().causes['bad_camera_info'] == 1


def test_the_hand_is_where_the_topic_says(model: str) -> None:
    config = EstimatorConfig(min_confidence=0.0, min_score=0.0, min_new_score=0.0, fit=None)
    estimator = HandPoseEstimator.load(model, 'cpu', config, precision='float32')
    with running_node(model, roi__mode='topic', roi__max_center_age_s=5.0) as rig:
        qos = qos_profile_sensor_data
        publisher = rig.tester.create_publisher(PointStamped, 'hand_pose/hand_center', qos)
        assert rig.until(publisher.get_subscription_count)
        counts = rig.node.counters.counts
        for center in ((0.0, 0.02, 0.51), (0.03, -0.01, 0.5)):
            image = rig.image()
            point = PointStamped(header=image.header)
            point.point.x, point.point.y, point.point.z = center
            publisher.publish(point)
            rig.pause(0.3)
            pose = estimator.estimate(hand_depth_mm(), INTRINSICS, center, unit_m=0.001)
            answer = rig.ask(image)
            np.testing.assert_allclose(positions(answer), pose.joints, rtol=0.0, atol=1e-5)
        assert rig.until(lambda: counts().hands == 2)


@pytest.mark.parametrize(
    ('frame', 'late_s', 'z', 'words'),
    [
        (None, 0.0, 0.5, 'no hand centre was received'),
        ('base_link', 0.0, 0.5, "in frame 'base_link'"),
        ('camera_depth_optical_frame', 7.0, 0.5, 's apart'),
        ('camera_depth_optical_frame', 0.0, -0.5, 'not in front of the camera'),
        ('camera_depth_optical_frame', 0.0, float('nan'), 'not in front of the camera'),
    ],
)
def test_without_a_good_centre_there_is_no_hand(
    model: str, frame: str | None, late_s: float, z: float, words: str
) -> None:
    with running_node(model, roi__mode='topic', roi__max_center_age_s=5.0) as rig:
        qos = qos_profile_sensor_data
        publisher = rig.tester.create_publisher(PointStamped, 'hand_pose/hand_center', qos)
        assert rig.until(publisher.get_subscription_count)
        if frame is not None:
            point = PointStamped(header=rig.header(-late_s))
            point.header.frame_id, point.point.z = frame, z
            publisher.publish(point)
            rig.pause(0.3)
        assert rig.ask(rig.image()).poses == []
        counts = rig.node.counters.counts
        assert rig.until(lambda: counts().causes['no_hand_center'] == 1)
        (line,) = rig.until(lambda: rig.logs('(no_hand_center)'))
        assert words in line
        assert '~/hand_center' in line
