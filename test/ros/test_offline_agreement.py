# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Offline and over DDS the same frames give the same hands: lock-step, one frame at a time."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from cv_bridge import CvBridge
from dense_hand_pose.bags import messages
from dense_hand_pose.bags.frames import bag_frames, FrameOptions
from dense_hand_pose.bags.messages import Verdict
from dense_hand_pose.bags.raw import decode, RawMessage
from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.bags.topics import TopicOverrides
from dense_hand_pose.camera.depth_image import depth_from_image
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.evaluation.recordings.answers import estimate_offline
from dense_hand_pose.evaluation.recordings.evaluate import open_bag
from dense_hand_pose.evaluation.recordings.records import FrameRecord
from dense_hand_pose.ros.output.messages import joint_names, joints_cloud, pose_array
from dense_hand_pose.runtimes.base import PRECISIONS
from dense_hand_pose.skeleton import bone_quaternions, HAND_21
from geometry_msgs.msg import PoseArray
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from support.node_fixture import running_node

TOLERANCE_M = 1e-5
"""A hundredth of a millimetre."""
FRAMES = 6
FULL = PRECISIONS[1]
"""The first after auto is float32, which loads without a trial."""


@pytest.fixture(scope='module')
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a synthetic bag of a moving hand."""
    folder = tmp_path_factory.mktemp('bag') / 'sample'
    options = SampleOptions(seconds=FRAMES / 10.0, rate_hz=10.0, width=160, height=120)
    write_sample(folder, options)
    return folder


def pairs_of(bag: Path) -> list[tuple[Image, CameraInfo]]:
    """Return the images of a bag and their camera_info as rclpy reads them."""
    opened = open_bag(bag, TopicOverrides(), FrameOptions())
    found: dict[str, list[Any]] = {'/image_rect': [], '/camera_info': []}
    for raw in opened.file.messages(list(found)):
        kind = Image if raw.topic == '/image_rect' else CameraInfo
        found[raw.topic].append(deserialize_message(raw.data, kind))
    return list(zip(found['/image_rect'], found['/camera_info'], strict=True))


def offline(bag: Path, model: str) -> list[FrameRecord]:
    """Return the offline answers with the defaults of the node."""
    opened = open_bag(bag, TopicOverrides(), FrameOptions())
    frames = bag_frames(opened.file, opened.topics, opened.stream)
    return list(estimate_offline(frames, HandPoseEstimator.load(model, 'cpu', precision=FULL)))


def positions(answer: PoseArray) -> np.ndarray:
    """Return the joints (21, 3) of an answer."""
    return np.array([[p.position.x, p.position.y, p.position.z] for p in answer.poses])


@pytest.mark.dds
@pytest.mark.slow
def test_the_node_in_lock_step_gives_the_offline_joints(bag: Path) -> None:
    expected = offline(bag, 'default')
    assert sum(record.joints_m is not None for record in expected) >= FRAMES // 2
    options: dict[str, Any] = {'model__backend': 'cpu', 'model__precision': FULL}
    options['decode__min_confidence'] = EstimatorConfig().min_confidence
    options['hand__min_score'] = EstimatorConfig().min_score
    options['fit__enabled'] = True
    worst_m = 0.0
    with running_node('default', **options, sync__max_age_s=0.0) as rig:
        for (image, info), record in zip(pairs_of(bag), expected, strict=True):
            rig.send(image, info)
            answer = rig.answer(image, patience_s=60.0)
            assert answer is not None, f'no answer to the frame of {record.stamp_ns}'
            assert bool(answer.poses) == (record.joints_m is not None)
            if record.joints_m is not None:
                worst_m = max(worst_m, np.abs(positions(answer) - record.joints_m).max())
    assert worst_m < TOLERANCE_M


def numbers(low: float = -1.0) -> Any:
    """Return a strategy for metres."""
    return st.floats(low, 1.0, width=32)


@given(st.lists(numbers(), min_size=63, max_size=63), st.integers(0, 2**40))
def test_written_without_ros_a_hand_is_byte_for_byte_that_of_ros(
    values: list[float], stamp_ns: int
) -> None:
    joints = np.array(values, np.float32).reshape(21, 3)
    certainty = np.abs(joints[:, 0])
    nothing = np.zeros(0, np.float32)
    score = float(certainty[0])
    pose = HandPose(
        joints, certainty, certainty, nothing, 0.3, nothing, nothing, {},
        hand_id=0, side='left', side_score=score, score=score,
    )  # fmt: skip
    verdict = Verdict('left', score, score)
    header = Header(frame_id='camera')
    header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 10**9)
    make = messages.MessageWriter(stamp_ns, 0, 'camera')
    for ours, theirs in (
        (make.poses('/x', joints), pose_array(header, joints)),
        (make.poses('/x', None), pose_array(header, None)),
        (make.cloud('/x', joints, certainty, certainty, verdict), joints_cloud(header, [pose])),
        (make.cloud('/x', None, None, None), joints_cloud(header, [])),
        (make.names('/x', HAND_21.joints), joint_names(HAND_21.joints)),
    ):
        assert deserialize_message(ours.data, type(theirs)) == theirs
        back = decode(RawMessage('/x', 0, serialize_message(theirs)), type_name(theirs))
        assert ros_text(back) == ros_text(decode(ours, type_name(theirs)))
    other = replace(pose, hand_id=1, confidence=1 - certainty, side='right')
    for hands in ([pose], [pose, other], [other, pose]):
        cloud = RawMessage('/x', 0, serialize_message(joints_cloud(header, hands)))
        found = messages.read_cloud(decode(cloud, 'sensor_msgs/msg/PointCloud2'))
        assert np.array_equal(found.confidence, certainty)
        assert np.array_equal(found.spread_m, certainty)
        assert found.verdict == verdict
    assert bone_quaternions(joints).shape == (21, 4)


def type_name(message: Any) -> str:
    """Return the ROS type of a message."""
    return f'{type(message).__module__.split(".")[0]}/msg/{type(message).__name__}'


def ros_text(message: Any) -> str:
    """Return all fields of a message."""
    return str(message)


@given(
    encoding=st.sampled_from(['16UC1', 'mono16', '32FC1', 'rgb8', '8UC1']),
    size=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    padding=st.integers(-2, 5),
    short=st.integers(0, 3),
    big_endian=st.booleans(),
)
def test_an_image_is_read_or_refused_alike(
    encoding: str, size: tuple[int, int], padding: int, short: int, big_endian: bool
) -> None:
    width, height = size
    step = max(0, width * (4 if encoding == '32FC1' else 2) + padding)
    data = np.random.default_rng(0).integers(0, 120, max(step * height - short, 0), np.uint8)
    image = Image(width=width, height=height, step=step, encoding=encoding)
    image.is_bigendian, image.data = int(big_endian), data.tobytes()
    recorded = decode(RawMessage('/x', 0, serialize_message(image)), 'sensor_msgs/msg/Image')
    try:
        depth, unit_m = depth_from_image(image)
    except InputError as error:
        with pytest.raises(InputError) as caught:
            depth_from_image(recorded)
        assert (caught.value.cause, str(caught.value)) == (error.cause, str(error))
        return
    ours, our_unit_m = depth_from_image(recorded)
    assert np.array_equal(ours, depth, equal_nan=True)
    assert ours.dtype == depth.dtype
    assert our_unit_m == unit_m
    if not big_endian:  # cv_bridge of Humble and Jazzy fails on swapped bytes with NumPy 2
        assert np.array_equal(CvBridge().imgmsg_to_cv2(image), depth, equal_nan=True)
