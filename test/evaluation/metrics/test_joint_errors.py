# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Metrics against plain loops in Python."""

import doctest
import math
import statistics

from dense_hand_pose.evaluation.metrics import joint_errors
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
import numpy as np
import pytest

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 5), st.just(3))
METRES = st.floats(-1.0, 1.0, width=32)


@st.composite
def two_joint_arrays(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Return two arrays (N, J, 3) of one shape."""
    shape = draw(SHAPES)
    array = arrays(np.float32, shape, elements=METRES)
    return draw(array), draw(array)


def loop_errors(estimated: np.ndarray, true: np.ndarray) -> list[list[float]]:
    """Return the distances with loops and math only."""
    return [
        [math.dist(map(float, a), map(float, b)) for a, b in zip(*frames, strict=True)]
        for frames in zip(estimated, true, strict=True)
    ]


@given(two_joint_arrays(), st.integers(1, 2000))
def test_all_metrics_match_the_loops(
    joints: tuple[np.ndarray, np.ndarray], threshold_mm: int
) -> None:
    errors = joint_errors.joint_errors_m(*joints)
    expected = loop_errors(*joints)
    flat = [error for frame in expected for error in frame]
    assert errors == pytest.approx(np.array(expected))
    assert joint_errors.mean_joint_error_m(errors) == pytest.approx(sum(flat) / len(flat))
    assert joint_errors.median_joint_error_m(errors) == pytest.approx(statistics.median(flat))
    good = sum(all(e < threshold_mm / 1000 for e in frame) for frame in errors.tolist())
    assert joint_errors.frames_under(errors, threshold_mm) == pytest.approx(good / len(expected))


def test_the_threshold_is_strict_and_every_joint_counts() -> None:
    errors = np.array([[0.02, 0.001], [0.0199, 0.0199], [0.5, 0.0]])
    assert joint_errors.frames_under(errors, 20) == pytest.approx(1 / 3)
    assert joint_errors.frames_under_mm(errors) == pytest.approx(
        {'10': 0.0, '20': 1 / 3, '30': 2 / 3, '40': 2 / 3}
    )


def test_percentile_is_that_of_all_joints() -> None:
    errors = np.arange(101, dtype=float).reshape(1, 101) / 1000
    assert joint_errors.percentile_joint_error_m(errors) == pytest.approx(0.095)


@pytest.mark.parametrize(
    ('first', 'second'), [((2, 21, 3), (3, 21, 3)), ((21, 3), (21, 3)), ((2, 21, 2), (2, 21, 2))]
)
def test_wrong_shapes_are_refused(first: tuple[int, ...], second: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match='expected two equal'):
        joint_errors.joint_errors_m(np.zeros(first), np.zeros(second))


def test_nan_and_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match='NaN or Inf'):
        joint_errors.joint_errors_m(np.full((1, 2, 3), np.nan), np.zeros((1, 2, 3)))
    with pytest.raises(ValueError, match='expected'):
        joint_errors.mean_joint_error_m(np.empty((0, 21)))


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(joint_errors).failed == 0
    assert doctest.testmod(joint_errors).attempted > 0
