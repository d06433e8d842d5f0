# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Frames of a fitted hand against OpenXR's text, left hands against mirrored right ones."""

from dense_hand_pose.kinematics.fitted_hand import build_hand, FittedHand, LEFT, MIRROR, RIGHT
from dense_hand_pose.skeleton import HAND_21
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation
from support.random_hands import random_hand, TrueHand

FloatArray = npt.NDArray[np.float64]
SEEDS = st.integers(0, 2**32 - 1)
CHILD = {parent: child for parent, child in reversed(HAND_21.bones) if parent > 0}
TIPS = set(HAND_21.tips)


def build(hand: TrueHand, side: str = RIGHT) -> FittedHand:
    return build_hand(side, hand.turn, hand.wrist_m, hand.angles_rad, hand.shape_m)


def axes(quaternion: FloatArray) -> FloatArray:
    """Return the axes x, y, z as rows."""
    matrix: FloatArray = Rotation.from_quat(quaternion).as_matrix().T
    return matrix


def right_and_left(seed: int) -> tuple[FittedHand, FittedHand]:
    hand = random_hand(seed)
    return build(hand), build(hand, LEFT)


@given(SEEDS)
@settings(max_examples=50)
def test_a_bone_points_along_minus_z_of_its_joint(seed: int) -> None:
    for hand in right_and_left(seed):
        for joint, child in CHILD.items():
            bone = hand.joints[child] - hand.joints[joint]
            forward = -axes(hand.joint_quaternions[joint])[2]
            np.testing.assert_allclose(bone / np.linalg.norm(bone), forward, atol=1e-6)
        for tip in TIPS:
            parent = HAND_21.parents[tip]
            np.testing.assert_array_equal(
                hand.joint_quaternions[tip], hand.joint_quaternions[parent]
            )


@given(SEEDS)
@settings(max_examples=50)
def test_palm(seed: int) -> None:
    for hand in right_and_left(seed):
        right, up, back = axes(hand.palm_quaternion)
        index, middle, little, wrist = hand.joints[[5, 9, 17, 0]]
        # Palm down and fingers away from the eye, a right hand's little finger is on the right.
        across = (little - index) @ right
        assert across > 0.03 if hand.side == RIGHT else across < -0.03
        assert back @ (wrist - middle) > 0.05
        # The wrist, the knuckles and the palm's middle are nearly in one plane.
        assert abs(up @ (middle - hand.palm_position)) < 0.002
        from_knuckle = hand.palm_position - middle
        np.testing.assert_allclose(from_knuckle / np.linalg.norm(from_knuckle), back, atol=1e-6)
        np.testing.assert_allclose(hand.palm[:3, :3].T, axes(hand.palm_quaternion), atol=1e-9)
        np.testing.assert_array_equal(hand.palm[:3, 3], hand.palm_position)


@given(SEEDS)
@settings(max_examples=50)
def test_left_is_right_in_a_mirror(seed: int) -> None:
    right, left = right_and_left(seed)
    np.testing.assert_allclose(left.joints, right.joints * MIRROR, atol=1e-12)
    np.testing.assert_allclose(left.palm_position, right.palm_position * MIRROR, atol=1e-12)
    for one, other in zip(left.joint_quaternions, right.joint_quaternions, strict=True):
        mirrored = axes(other) * MIRROR * [[-1], [1], [1]]
        np.testing.assert_allclose(axes(one), mirrored, atol=1e-9)
    np.testing.assert_array_equal(left.angles, right.angles)


def test_half_a_turn_about_the_forearm_shows_in_the_roll() -> None:
    hand = random_hand(1)
    turned = TrueHand(
        hand.angles_rad,
        hand.shape_m,
        hand.turn @ np.diag([1.0, -1, -1]),
        hand.wrist_m,
        hand.local_m,
    )
    before, after = (Rotation.from_quat(build(h).joint_quaternions[0]) for h in (hand, turned))
    np.testing.assert_allclose((before.inv() * after).magnitude(), np.pi, atol=1e-9)


@given(SEEDS)
@settings(max_examples=50)
def test_bone_lengths_are_those_of_the_joints(seed: int) -> None:
    hand = build(random_hand(seed))
    parents, children = np.array(HAND_21.bones).T
    lengths = np.linalg.norm(hand.joints[children] - hand.joints[parents], axis=1)
    # Folding moves the ring and little finger's knuckles on arcs about their metacarpals' base.
    firm = np.isin(children, [13, 17], invert=True)
    np.testing.assert_allclose(hand.bone_lengths_m[firm], lengths[firm], atol=1e-9)
    np.testing.assert_allclose(hand.bone_lengths_m, lengths, atol=0.003)


def test_pinch_and_grasp() -> None:
    hand = random_hand(2)
    flat, fist = np.zeros(21), np.zeros(21)
    fist[5:] = np.tile(np.radians([92.0, 0.0, 108.0, 80.0]), 4)
    opened, closed = (
        build_hand(RIGHT, hand.turn, hand.wrist_m, angles, hand.shape_m) for angles in (flat, fist)
    )
    assert opened.grasp == 0.0
    np.testing.assert_allclose(closed.grasp, 1.0)
    np.testing.assert_allclose(opened.pinch_m, np.linalg.norm(opened.joints[4] - opened.joints[8]))
