# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Left and right from joints: random hands of the generator, mirrors, beliefs."""

from dense_hand_pose.synthesis.hand.hands import sample_hand
from dense_hand_pose.tracking.handedness import fuse_log_odds, side_log_odds, side_of, UNKNOWN
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest


def test_bent_hands_of_the_generator_have_their_sides() -> None:
    hands = [sample_hand(np.random.default_rng([11, seed])) for seed in range(200)]
    odds = side_log_odds(np.array([hand.joints_m for hand in hands]))
    assert np.mean(np.sign(odds) == [hand.side for hand in hands]) > 0.98


@given(hnp.arrays(np.float64, (3, 21, 3), elements=st.floats(-0.2, 0.2)), st.integers(0, 2))
def test_a_mirror_image_has_the_opposite_odds(joints: np.ndarray, axis: int) -> None:
    mirrored = joints.copy()
    mirrored[..., axis] *= -1.0
    odds = side_log_odds(joints)
    assert np.isfinite(odds).all()
    np.testing.assert_allclose(side_log_odds(mirrored), -odds, atol=1e-9)


@given(st.integers(0, 2**31))
def test_place_turn_and_size_do_not_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    joints = rng.normal(0.0, 0.05, (1, 21, 3))
    turn, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    turn *= np.sign(np.linalg.det(turn))
    moved = 1.3 * joints @ turn.T + rng.normal(size=3)
    np.testing.assert_allclose(side_log_odds(moved), side_log_odds(joints), atol=1e-6)


def test_a_flat_hand_has_no_side() -> None:
    joints = np.random.default_rng(0).normal(0.0, 0.05, (1, 21, 3))
    joints[..., 2] = 0.5
    (odds,) = side_log_odds(joints)
    assert odds == pytest.approx(0.0, abs=1e-9)
    assert side_of(odds)[0] == UNKNOWN


def test_scores_are_differences_of_probabilities() -> None:
    for odds in (-4.0, -1.2, 1.2, 4.0):
        side, score = side_of(odds)
        right = 1.0 / (1.0 + np.exp(-odds))
        assert side == ('right' if odds > 0.0 else 'left')
        assert score == pytest.approx(abs(right - (1.0 - right)))
    assert side_of(0.9)[0] == UNKNOWN


@given(st.lists(st.floats(-50.0, 50.0), max_size=30))
def test_beliefs_are_bounded_and_odd(evidence: list[float]) -> None:
    belief = mirrored = 0.0
    for odds in evidence:
        belief, mirrored = fuse_log_odds(belief, odds), fuse_log_odds(mirrored, -odds)
        assert abs(belief) <= 6.0
        assert mirrored == -belief
