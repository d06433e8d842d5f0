# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A pose as messages: orientations, fields, colours."""

from dataclasses import replace

from dense_hand_pose.estimator import HandPose
from dense_hand_pose.ros.output.markers import delete_markers, hand_markers, MarkerStyle, MIN_ALPHA
from dense_hand_pose.ros.output.messages import joint_names, joints_cloud, pose_array
from dense_hand_pose.skeleton import bone_quaternions, FINGER_COLOURS, HAND_21
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy
import numpy as np
import pytest
from sensor_msgs_py import point_cloud2
from std_msgs.msg import Header
import yaml

WRIST, MIDDLE = HAND_21.joints.index('wrist'), HAND_21.joints.index('middle_proximal')


@pytest.fixture
def pose() -> HandPose:
    rng = np.random.default_rng(1)
    return HandPose(
        joints=rng.normal(0.0, 0.1, (21, 3)).astype(np.float32),
        confidence=np.linspace(0.0, 1.0, 21, dtype=np.float32),
        spread=np.full(21, 0.01, dtype=np.float32),
        names=HAND_21.joints,
        center=np.zeros(3, dtype=np.float32),
        cube_size_m=0.3,
        stages_ms={},
        votes=np.zeros((21, 5, 3), dtype=np.float32),
        vote_weights=np.zeros((21, 5), dtype=np.float32),
    )


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 100.5, -1e30])
@pytest.mark.parametrize('name', ['joints', 'spread', 'center', 'votes'])
def test_a_hand_with_numbers_that_no_hand_has_cannot_be_made(
    pose: HandPose, name: str, value: float
) -> None:
    values = getattr(pose, name).copy()
    values.flat[-1] = value
    with pytest.raises(ValueError, match=name):
        replace(pose, **{name: values})


@pytest.mark.parametrize('name', ['confidence', 'vote_weights', 'score', 'side_score'])
def test_a_hand_with_a_score_that_is_not_finite_cannot_be_made(pose: HandPose, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        replace(pose, **{name: getattr(pose, name) * np.nan})


def x_axis(quaternion: np.ndarray) -> np.ndarray:
    """Return where a rotation takes the x axis: the first column of its matrix."""
    x, y, z, w = quaternion
    return np.array([1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)])


@settings(max_examples=100, deadline=None)
@given(st_numpy.arrays(np.float32, (21, 3), elements=st.floats(-1, 1, width=32)))
def test_x_axis_lies_along_the_bone(joints: np.ndarray) -> None:
    turns = bone_quaternions(joints)
    np.testing.assert_allclose(np.linalg.norm(turns, axis=1), 1.0, atol=1e-9)
    for joint, parent in enumerate(HAND_21.parents):
        start, end = (WRIST, MIDDLE) if parent < 0 else (parent, joint)
        bone = joints[end].astype(float) - joints[start].astype(float)
        length = np.linalg.norm(bone)
        if length > 1e-4:
            np.testing.assert_allclose(x_axis(turns[joint]), bone / length, atol=2e-5)


def test_bones_without_length_or_against_the_axis() -> None:
    assert bone_quaternions(np.zeros((21, 3), np.float32)).tolist() == [[0, 0, 0, 1]] * 21
    joints = np.zeros((21, 3), np.float32)
    joints[HAND_21.joints.index('index_tip')] = (-1.0, 0.0, 0.0)
    turn = bone_quaternions(joints)[HAND_21.joints.index('index_tip')]
    np.testing.assert_allclose(x_axis(turn), (-1.0, 0.0, 0.0), atol=1e-12)


def test_no_hand_is_an_empty_array_with_the_header() -> None:
    header = Header(frame_id='camera')
    assert pose_array(header, None).poses == []
    assert pose_array(header, None).header == header
    assert joints_cloud(header, []).width == 0


def test_cloud_fields(pose: HandPose) -> None:
    left = replace(pose, hand_id=3, side='left', side_score=0.75, score=0.5)
    cloud = joints_cloud(Header(), [pose, left])
    assert (cloud.point_step, cloud.width, cloud.height) == (32, 42, 1)
    points = point_cloud2.read_points(cloud)
    assert points['side'].tolist() == [0] * 21 + [1] * 21
    points = points[21:]
    assert set(points['score'].tolist()) == {0.5}
    assert set(points['side_score'].tolist()) == {0.75}
    np.testing.assert_array_equal(points['joint_id'], np.arange(21))
    np.testing.assert_array_equal(points['z'], pose.joints[:, 2])
    np.testing.assert_array_equal(points['confidence'], pose.confidence)
    assert set(points['hand_id'].tolist()) == {3}
    assert cloud.is_dense


def test_names_are_a_yaml_list_in_one_line() -> None:
    text = joint_names(HAND_21.joints).data
    assert '\n' not in text
    assert yaml.safe_load(text) == list(HAND_21.joints)


def test_markers_have_finger_colours_and_confidence(pose: HandPose) -> None:
    style = MarkerStyle(joint_diameter_m=0.01, bone_width_m=0.005, lifetime_s=1.25)
    hands = [pose, replace(pose, hand_id=1, side='right')]
    _, _, unknown, spheres, lines, text = hand_markers(Header(), hands, style).markers
    for joint, colour in enumerate(spheres.colors):
        rgb = np.array(FINGER_COLOURS[HAND_21.fingers[joint]]) / 255
        np.testing.assert_allclose([colour.r, colour.g, colour.b], rgb, atol=1e-6)
        assert colour.a == pytest.approx(max(pose.confidence[joint], MIN_ALPHA))
    for bone, (parent, child) in enumerate(HAND_21.bones):
        assert lines.points[2 * bone] == spheres.points[parent]
        assert lines.points[2 * bone + 1] == spheres.points[child]
    assert (spheres.scale.x, spheres.scale.z, lines.scale.x) == (0.01, 0.01, 0.005)
    assert (spheres.lifetime.sec, spheres.lifetime.nanosec) == (1, 250_000_000)
    assert (unknown.text, text.text) == ('hand 0', 'hand 1: right')
    names = [m.ns for m in (spheres, lines, text)]
    assert names == ['hand_1/joints', 'hand_1/bones', 'hand_1/side']
    assert [m.ns for m in delete_markers(Header(), [1])] == names


def test_confidence_above_one_is_no_alpha_above_one(pose: HandPose) -> None:
    sure = replace(pose, confidence=np.full(21, 1.0000001, np.float32))
    style = MarkerStyle(joint_diameter_m=0.01, bone_width_m=0.005, lifetime_s=0.0)
    assert hand_markers(Header(), [sure], style).markers[0].colors[0].a == 1.0
