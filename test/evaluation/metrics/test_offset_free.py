# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Errors without constant offsets: exactly zero for any definition that moves with the hand."""

from dense_hand_pose.evaluation.metrics.joint_errors import offset_free_errors_m, palm_axes
from dense_hand_pose.synthesis.hand.hands import sample_hand
from dense_hand_pose.synthesis.scenes.viewpoint import uniform_rotation
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
import pytest

Floats = npt.NDArray[np.float64]


def hands(count: int, seed: int = 0) -> tuple[Floats, npt.NDArray[np.int_]]:
    """Return joints (N, 21, 3) of hands anywhere before a camera, and their sides (N,)."""
    joints, sides = [], []
    for n in range(count):
        rng = np.random.default_rng([seed, n])
        hand = sample_hand(rng)
        joints.append(hand.joints_m @ uniform_rotation(rng).T + [0.0, 0.0, 0.6])
        sides.append(hand.side)
    return np.array(joints), np.array(sides)


def test_the_axes_are_a_rotation_that_turns_with_the_hand() -> None:
    joints, sides = hands(20)
    for own, side in zip(joints, sides, strict=True):
        axes = palm_axes(own, int(side))
        np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
        turn = uniform_rotation(np.random.default_rng(1))
        np.testing.assert_allclose(palm_axes(own @ turn.T, int(side)), turn @ axes, atol=1e-12)


@given(st.integers(0, 30), st.floats(0.0, 0.02))
def test_another_definition_of_a_joint_costs_nothing(joint: int, size_m: float) -> None:
    true, sides = hands(7, seed=3)
    offsets = size_m * np.random.default_rng(joint).standard_normal((21, 3))
    axes = np.array([palm_axes(own, int(side)) for own, side in zip(true, sides, strict=True)])
    estimated = true + np.einsum('nij,kj->nki', axes, offsets)
    np.testing.assert_allclose(offset_free_errors_m(estimated, true, sides), 0.0, atol=1e-9)


def test_what_varies_from_frame_to_frame_remains() -> None:
    true, sides = hands(400, seed=4)
    noise = 0.004 * np.random.default_rng(5).standard_normal(true.shape)
    free = offset_free_errors_m(true + noise, true, sides)
    assert free.mean() == pytest.approx(np.linalg.norm(noise, axis=2).mean(), rel=0.01)


def test_joints_that_a_data_set_does_not_have_are_left_out() -> None:
    true, sides = hands(5, seed=6)
    estimated = true + 0.01
    missing = true.copy()
    missing[:, 4] = np.nan  # a thumb tip
    missing[0, 0] = np.nan  # a wrist: the axes come from the estimate
    free = offset_free_errors_m(estimated, missing, sides)
    assert np.isnan(free[:, 4]).all()
    assert np.isfinite(free[1:, [0, 1, 8, 20]]).all()
    assert np.isfinite(free[0, 1:4]).all()
    few = offset_free_errors_m(estimated[:2], true[:2], sides[:2])
    assert np.isnan(few).all(), 'two frames have no median'
