# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What makes an answer a hand: confidence, bones, and the network's own verdict."""

from types import SimpleNamespace
from typing import Any

from dense_hand_pose.estimation.hand_score import (
    bone_deviation,
    hand_scores,
    MEAN_BONES_M,
    probability_log_odds,
)  # fmt: skip
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.hand.hands import sample_hand
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest


def joints_of(bones_m: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return joints (1, 21, 3) with bones of given lengths in random directions."""
    directions = np.random.default_rng(seed).normal(size=(20, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    joints = np.zeros((1, 21, 3))
    for bone, (parent, child) in enumerate(HAND_21.bones):
        joints[0, child] = joints[0, parent] + bones_m[bone] * directions[bone]
    return joints


def answers(joints_m: np.ndarray, confidence: float, **more: Any) -> Any:
    """Return what of a backend's result counts here."""
    count = len(joints_m)
    confidences = np.full((count, 21), confidence)
    found = {'joints_m': joints_m, 'confidence': confidences, 'presence': None}
    return SimpleNamespace(**{**found, **more})


@pytest.mark.parametrize('seed', range(3))
def test_bones_are_compared_beside_the_pose(seed: int) -> None:
    for size in (0.5, 1.0, 2.0):
        proportions, log_size = bone_deviation(joints_of(size * MEAN_BONES_M, seed))
        assert proportions == pytest.approx(0.0, abs=1e-6)
        assert log_size == pytest.approx(np.log(size), abs=1e-6)
    uneven = MEAN_BONES_M * np.where(np.arange(20) % 2, 1.5, 1.0)
    ratios = uneven / uneven.sum() * MEAN_BONES_M.sum() / MEAN_BONES_M
    expected = np.sqrt(np.mean(np.log(ratios) ** 2))
    assert bone_deviation(joints_of(uneven, seed))[0] == pytest.approx(expected)


def test_hands_of_the_generator_are_within_human_limits() -> None:
    joints = np.array([sample_hand(np.random.default_rng([3, i])).joints_m for i in range(100)])
    proportions, log_size = bone_deviation(joints)
    assert proportions.max() < 0.15
    assert np.abs(log_size).max() < np.log(1.6)


def test_confidence_and_bones_make_the_score() -> None:
    hand = joints_of(MEAN_BONES_M)
    assert hand_scores(answers(hand, 0.6))[0] > 0.9
    assert hand_scores(answers(hand, 0.2))[0] < 0.2
    rising = [hand_scores(answers(hand, c))[0] for c in np.linspace(0.1, 0.5, 9)]
    assert rising == sorted(rising)
    giant = hand_scores(answers(4.0 * hand, 0.4))[0]
    crooked = hand_scores(answers(joints_of(MEAN_BONES_M * np.geomspace(0.2, 5.0, 20)), 0.4))[0]
    assert max(giant, crooked) < hand_scores(answers(hand, 0.4))[0] - 0.2


def test_the_verdict_of_the_network_counts_most() -> None:
    hand = np.repeat(joints_of(MEAN_BONES_M), 5, axis=0)
    presence = np.array([0.0, 0.02, 0.5, 0.98, 1.0], np.float32)
    scores = hand_scores(answers(hand, 0.4, presence=presence))
    assert (np.diff(scores) > 0.0).all()
    assert scores[0] < 0.1
    assert scores[-1] > 0.9
    doubtful = hand_scores(answers(hand, 0.2, presence=presence))
    assert (doubtful < scores).all(), 'low confidence counts against it all the same'
    crooked = joints_of(MEAN_BONES_M * np.geomspace(0.2, 5.0, 20))
    least = hand_scores(answers(np.repeat(crooked, 5, axis=0), 0.4, presence=presence))
    assert (least < scores).all()


@given(
    hnp.arrays(np.float32, (2, 21, 3), elements=st.floats(-10.0, 10.0, width=32)),
    st.floats(0.0, 1.0),
    hnp.arrays(np.float32, 2, elements=st.floats(0.0, 1.0, width=32)),
)
def test_scores_are_finite_and_within_their_range(
    joints: np.ndarray, confidence: float, presence: np.ndarray
) -> None:
    for more in ({}, {'presence': presence}):
        scores = hand_scores(answers(joints, confidence, **more))
        assert np.isfinite(scores).all()
        assert scores.min() >= 0.0
        assert scores.max() <= 1.0
    assert np.isfinite(probability_log_odds(presence)).all()
