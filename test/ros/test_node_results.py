# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node on good input: what it publishes, and that every image is accounted for."""

from collections.abc import Iterator
import math

from dense_hand_pose.skeleton import HAND_21
import numpy as np
import pytest
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from sensor_msgs.msg import Image
from sensor_msgs_py import point_cloud2
from std_msgs.msg import String
from support.node_fixture import hand_depth_mm, INTRINSICS, NodeFixture, running_node
from visualization_msgs.msg import Marker
import yaml

pytestmark = pytest.mark.dds


@pytest.fixture(scope='module')
def rig(model: str) -> Iterator[NodeFixture]:
    # nearest: no memory between frames, so equal images have equal answers.
    with running_node(model, roi__mode='nearest', diagnostics__period_s=0.2) as running:
        yield running


def positions(poses: list) -> np.ndarray:
    return np.array([[p.position.x, p.position.y, p.position.z] for p in poses])


def same_stamp(rig: NodeFixture, topic: str, image: Image) -> object:
    """Wait for the message on a topic that bears the image's stamp."""

    def stamp(message: object) -> object:
        return message.markers[0].header if hasattr(message, 'markers') else message.header

    found = rig.until(lambda: [m for m in rig.heard[topic] if stamp(m) == image.header])
    assert found, f'nothing on {topic}'
    return found[0]


def test_poses_bear_the_header_and_are_those_of_the_estimator(
    rig: NodeFixture, model: str
) -> None:
    from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator

    image = rig.image()
    image.header.frame_id = 'some/odd frame'
    answer = rig.ask(image)
    assert answer.header == image.header
    assert len(answer.poses) == 21
    config = EstimatorConfig(
        min_confidence=0.0, min_score=0.0, min_new_score=0.0, roi_mode='nearest', fit=None
    )
    estimator = HandPoseEstimator.load(model, backend='cpu', precision='float32', config=config)
    expected = estimator.estimate(hand_depth_mm(), INTRINSICS, unit_m=0.001)
    np.testing.assert_allclose(positions(answer.poses), expected.joints, atol=1e-5)
    for pose in answer.poses:
        q = pose.orientation
        assert math.isclose(q.x**2 + q.y**2 + q.z**2 + q.w**2, 1.0, abs_tol=1e-6)


def test_cloud_has_the_same_joints_with_confidence(rig: NodeFixture) -> None:
    image = rig.image()
    answer = rig.ask(image)
    cloud = same_stamp(rig, 'hand_pose/joints_cloud', image)
    points = point_cloud2.read_points(cloud)
    assert points.dtype.names == (
        *('x', 'y', 'z', 'confidence', 'spread', 'joint_id', 'hand_id'),
        *('side', 'score', 'side_score'),
    )
    xyz = np.stack([points['x'], points['y'], points['z']], axis=1)
    np.testing.assert_array_equal(xyz.astype(float), positions(answer.poses))
    np.testing.assert_array_equal(points['joint_id'], np.arange(21))
    assert (points['hand_id'] == 0).all()
    assert ((points['confidence'] >= 0) & (points['confidence'] <= 1)).all()
    assert np.isfinite(points['spread']).all()
    assert set(points['side'].tolist()) <= {0, 1, 2}
    for name in ('score', 'side_score'):
        assert ((points[name] >= 0) & (points[name] <= 1)).all()


def test_markers_show_joints_and_bones_and_go_when_the_hand_goes(rig: NodeFixture) -> None:
    image = rig.image()
    rig.ask(image)
    spheres, lines, text = same_stamp(rig, 'hand_pose/markers', image).markers
    assert (spheres.ns, lines.ns, text.ns) == ('hand_0/joints', 'hand_0/bones', 'hand_0/side')
    assert (spheres.type, lines.type) == (Marker.SPHERE_LIST, Marker.LINE_LIST)
    assert (len(spheres.points), len(lines.points)) == (21, 2 * len(HAND_21.bones))
    assert len(lines.colors) == len(lines.points)
    assert spheres.colors[1] != spheres.colors[20]
    empty = rig.image(np.zeros_like(hand_depth_mm()))
    assert rig.ask(empty).poses == []
    gone = same_stamp(rig, 'hand_pose/markers', empty).markers
    assert {(m.ns, m.id, m.action) for m in gone} == {
        (m.ns, m.id, Marker.DELETE) for m in (spheres, lines, text)
    }


def test_millimetres_and_metres_give_the_same_hand(rig: NodeFixture) -> None:
    depth_mm = hand_depth_mm()
    first = rig.ask(rig.image(depth_mm))
    metres = rig.image((depth_mm * 0.001).astype(np.float32))
    padded = rig.image(depth_mm)
    rows = np.frombuffer(padded.data, np.uint8).reshape(padded.height, -1)
    padded.data = np.pad(rows, ((0, 0), (0, 10)), constant_values=77).tobytes()
    padded.step += 10
    for other in (metres, padded):
        answer = rig.ask(other)
        np.testing.assert_allclose(positions(answer.poses), positions(first.poses), atol=1e-4)


def test_names_reach_a_late_listener(rig: NodeFixture) -> None:
    latched = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
    names = rig.listen('hand_pose/joint_names', String, latched)
    assert rig.until(lambda: names)
    assert yaml.safe_load(names[0].data) == list(HAND_21.joints)


def test_a_burst_is_accounted_for(rig: NodeFixture) -> None:
    before = rig.node.counters.counts()
    for _ in range(60):
        rig.send(rig.image())
        rig.pause(0.002)
    assert rig.ask(rig.image()) is not None
    assert rig.until(lambda: rig.node.counters.counts().in_flight == 0)
    after = rig.node.counters.counts()
    assert after.images == after.hands + after.empty + after.dropped
    assert 10 <= after.images - before.images <= 61
    assert after.causes['replaced'] > 0
    assert after.causes['internal_error'] == 0


def test_diagnostics_publish_the_counters(rig: NodeFixture) -> None:
    rig.ask(rig.image())
    rig.heard['/diagnostics'].clear()
    assert rig.until(lambda: len(rig.diagnostics()) > 1)
    status = rig.diagnostics()[-1]
    values = {pair.key: pair.value for pair in status.values}
    counts = rig.node.counters.counts()
    assert values['lifecycle_state'] == 'active'
    assert values['image_topic'] == status.hardware_id == f'{rig.namespace}/image_rect'
    assert values['image_kind'] == 'rectified'
    assert values['images'] == str(counts.images)
    assert values['answered_hand'] == str(counts.hands)
    assert values['hand_present'] == 'True'
    assert values['hands'] == '1'
    assert int(values['searches']) >= counts.hands, 'nearest: every frame is searched'
    assert float(values['age_ms_p50']) > 0.0
    assert {'precision', 'network_ms_p95', 'estimate_ms_p99', 'valid_depth_ratio'} <= set(values)
    rates = {'image_rate_hz', 'camera_info_rate_hz', 'pair_rate_hz', 'result_rate_hz'}
    assert rates <= set(values)
