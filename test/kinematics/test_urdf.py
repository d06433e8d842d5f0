# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The URDF, read by ROS's own parser and posed by SciPy, against the hand it was written for."""

from dense_hand_pose.kinematics.anatomy import ANGLE_NAMES, HIGHEST_RAD, LOWEST_RAD
from dense_hand_pose.kinematics.fitted_hand import bone_lengths_m, build_hand, LEFT, RIGHT
from dense_hand_pose.kinematics.urdf import (
    hand_urdf,
    JOINT_NAMES,
    joint_positions,
    shape_from_lengths,
)
from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.transform import Rotation
from support.random_hands import random_hand
from urdf_parser_py.urdf import URDF

FloatArray = npt.NDArray[np.float64]


def matrix(turn: Rotation, at: list[float]) -> FloatArray:
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn.as_matrix(), at
    return out


def link_poses(
    robot: URDF, positions: dict[str, float], root: FloatArray
) -> dict[str, FloatArray]:
    """Return the poses (4, 4) of all links, as robot_state_publisher computes them."""
    poses = {robot.get_root(): root}
    waiting = list(robot.joints)
    while waiting:
        joint = next(one for one in waiting if one.parent in poses)
        waiting.remove(joint)
        origin = matrix(Rotation.from_euler('xyz', joint.origin.rpy), joint.origin.xyz)
        turn = Rotation.identity()
        if joint.type == 'revolute':
            turn = Rotation.from_rotvec(np.array(joint.axis) * positions[joint.name])
        poses[joint.child] = poses[joint.parent] @ origin @ matrix(turn, [0.0, 0.0, 0.0])
    return poses


@pytest.mark.parametrize('side', [RIGHT, LEFT])
def test_links_are_where_the_fitted_joints_are(side: str) -> None:
    for seed in range(20):
        hand = random_hand(seed)
        fitted = build_hand(side, hand.turn, hand.wrist_m, hand.angles_rad, hand.shape_m)
        robot = URDF.from_xml_string(hand_urdf(side, hand.shape_m))
        values = joint_positions(hand.angles_rad)
        positions = {f'{side}_{n}': v for n, v in zip(JOINT_NAMES, values, strict=True)}
        root = matrix(Rotation.from_quat(fitted.joint_quaternions[0]), fitted.joints[0].tolist())
        poses = link_poses(robot, positions, root)
        for joint, name in enumerate(HAND_21.joints):
            pose = poses[f'{side}_{name}']
            np.testing.assert_allclose(pose[:3, 3], fitted.joints[joint], atol=1e-6)
            expected = Rotation.from_quat(fitted.joint_quaternions[joint]).as_matrix()
            np.testing.assert_allclose(pose[:3, :3], expected, atol=1e-6)


@pytest.mark.parametrize('side', [RIGHT, LEFT])
def test_joints_have_the_names_and_limits_of_the_angles(side: str) -> None:
    robot = URDF.from_xml_string(hand_urdf(side, random_hand(0).shape_m))
    moving = {joint.name: joint for joint in robot.joints if joint.type == 'revolute'}
    assert set(moving) == {f'{side}_{name}' for name in JOINT_NAMES}
    assert robot.get_root() == f'{side}_wrist'
    for angle, low, high in zip(ANGLE_NAMES, LOWEST_RAD, HIGHEST_RAD, strict=True):
        limit = moving[f'{side}_{angle}'].limit
        np.testing.assert_allclose([limit.lower, limit.upper], [low, high], atol=1e-8)


def test_every_bone_is_drawn_along_itself() -> None:
    robot = URDF.from_xml_string(hand_urdf(LEFT, random_hand(1).shape_m))
    link = robot.link_map['left_index_proximal']
    cylinder = next(v for v in link.visuals if hasattr(v.geometry, 'length'))
    along = Rotation.from_euler('xyz', cylinder.origin.rpy).apply([0.0, 0.0, 1.0])
    np.testing.assert_allclose(along, [0.0, 0.0, -1.0], atol=1e-6)
    np.testing.assert_allclose(cylinder.origin.xyz[2], -cylinder.geometry.length / 2, atol=1e-6)


def test_a_shape_of_lengths_has_these_lengths() -> None:
    lengths = bone_lengths_m(random_hand(2).shape_m) * np.linspace(0.95, 1.05, 20)
    np.testing.assert_allclose(bone_lengths_m(shape_from_lengths(lengths)), lengths)


@pytest.mark.parametrize(
    ('lengths', 'message'),
    [
        ([0.04] * 19, '19 bone lengths'),
        ([0.04] * 19 + [0.4], '0.3 m'),
        ([float('nan')] * 20, 'nan'),
    ],
)
def test_lengths_that_are_none(lengths: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shape_from_lengths(np.array(lengths))


def test_an_unknown_side() -> None:
    with pytest.raises(ValueError, match="'both'"):
        hand_urdf('both', random_hand(0).shape_m)
