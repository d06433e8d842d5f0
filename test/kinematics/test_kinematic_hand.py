# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Forward kinematics against the renderer's own, derivatives against finite differences."""

from dense_hand_pose.kinematics import anatomy
from dense_hand_pose.kinematics.anatomy import ANGLE_NAMES, HIGHEST_RAD, LOWEST_RAD
from dense_hand_pose.kinematics.skeleton import (
    DERIVATIVES_FROM,
    DERIVATIVES_TO,
    HandSkeleton,
    SHAPE_COUNT,
)
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from support.random_hands import random_hand

SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS)
def test_joints_are_those_of_the_renderer(seed: int) -> None:
    hand = random_hand(seed)
    joints = HandSkeleton.load().joints(hand.angles_rad[None], hand.shape_m[None])[0]
    # The centre of a metacarpal's fold is a fit over random hands: some micrometres.
    np.testing.assert_allclose(joints, hand.local_m, atol=2e-5)


@given(SEEDS)
def test_a_batch_is_its_hands_one_by_one(seed: int) -> None:
    hands = [random_hand(seed + i) for i in range(3)]
    skeleton = HandSkeleton.load()
    angles, shapes = (np.stack([getattr(h, n) for h in hands]) for n in ('angles_rad', 'shape_m'))
    joints = skeleton.joints(angles, shapes)
    alone = [
        skeleton.joints(*pair)[0] for pair in zip(angles[:, None], shapes[:, None], strict=True)
    ]
    np.testing.assert_allclose(joints, alone, atol=1e-15)


@pytest.mark.parametrize('angle', range(len(ANGLE_NAMES)), ids=ANGLE_NAMES)
def test_angle_derivatives_are_finite_differences(angle: int) -> None:
    skeleton, step = HandSkeleton.load(), np.zeros(21)
    step[angle] = 1e-6
    hands = [random_hand(seed) for seed in range(20)]
    angles, shapes = (np.stack([getattr(h, n) for h in hands]) for n in ('angles_rad', 'shape_m'))
    up, down = (skeleton.joints(angles + sign * step, shapes) for sign in (1.0, -1.0))
    placed = skeleton.place(skeleton.vectors(angles, derivatives=True), shapes[:, None])
    exact = np.zeros((20, 21, 21, 3))
    exact.reshape(20, -1)[:, DERIVATIVES_TO] = placed.reshape(20, -1)[:, DERIVATIVES_FROM]
    joints = placed[:, 0, :, 0].reshape(20, 20, 3)
    np.testing.assert_allclose(joints, skeleton.joints(angles, shapes)[:, 1:], atol=1e-12)
    assert abs(up - down).max() > 1e-8
    np.testing.assert_allclose(exact[:, angle], (up - down) / 2e-6, atol=1e-7)


def test_joints_are_linear_in_the_shape() -> None:
    skeleton, hand = HandSkeleton.load(), random_hand(3)
    vectors = skeleton.vectors(hand.angles_rad[None])
    columns = skeleton.place(vectors, np.eye(SHAPE_COUNT)[None])[0].reshape(SHAPE_COUNT, 20, 3)
    np.testing.assert_allclose(
        np.tensordot(hand.shape_m, columns, 1),
        skeleton.joints(hand.angles_rad[None], hand.shape_m[None])[0, 1:],
        atol=1e-12,
    )


def test_flexion_bends_towards_the_palm() -> None:
    skeleton, hand = HandSkeleton.load(), random_hand(0)
    straight, bent = np.zeros((2, 1, 21))
    bent[0, ANGLE_NAMES.index('index_pip_flexion')] = 1.0
    before, after = (skeleton.joints(a, hand.shape_m[None])[0] for a in (straight, bent))
    assert after[8, 2] < before[8, 2] - 0.02  # z is dorsal
    spread = np.zeros((1, 21))
    spread[0, ANGLE_NAMES.index('index_mcp_abduction')] = 0.3
    # y is towards the little finger, positive abduction towards the thumb
    assert skeleton.joints(spread, hand.shape_m[None])[0, 8, 1] < before[8, 1] - 0.01


def test_the_renderer_shares_angles_and_limits() -> None:
    limits = anatomy.LIMITS_DEG[2:]
    np.testing.assert_allclose(np.degrees(LOWEST_RAD), limits[:, 0])
    np.testing.assert_allclose(np.degrees(HIGHEST_RAD), limits[:, 1])
    assert len(ANGLE_NAMES) == len(set(ANGLE_NAMES)) == anatomy.DOF_COUNT - anatomy.THUMB
