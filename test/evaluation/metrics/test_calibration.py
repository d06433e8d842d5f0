# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Confidence bins against plain loops."""

import doctest
import math
import statistics

from dense_hand_pose.evaluation.metrics import calibration
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

PAIRS = st.lists(st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 0.2)), min_size=1, max_size=40)


def mean_of(values: list[float]) -> float:
    return statistics.fmean(values) if values else math.nan


@given(PAIRS, st.sampled_from([1, 2, 4, 8]))
def test_bins_match_the_loops(pairs: list[tuple[float, float]], count: int) -> None:
    trust, errors = (np.array(column) for column in zip(*pairs, strict=True))
    for i, found in enumerate(calibration.confidence_bins(trust, errors, count)):
        low, high = i / count, (i + 1) / count
        inside = [(c, e) for c, e in pairs if low < c <= high or (i == 0 and c == 0.0)]
        assert (found.low, found.high) == pytest.approx((low, high))
        assert found.joints == len(inside)
        expected = mean_of([c for c, _ in inside]), mean_of([e for _, e in inside])
        assert (found.mean_confidence, found.mean_error_m) == pytest.approx(expected, nan_ok=True)


@given(PAIRS)
def test_the_split_is_strict_at_a_half(pairs: list[tuple[float, float]]) -> None:
    trust, errors = (np.array(column) for column in zip(*pairs, strict=True))
    others, confident = calibration.split_by_confidence(trust, errors)
    above = [e for c, e in pairs if c > 0.5]
    below = [e for c, e in pairs if c <= 0.5]
    assert (confident.joints, others.joints) == (len(above), len(below))
    assert confident.mean_error_m == pytest.approx(mean_of(above), nan_ok=True)
    assert others.mean_error_m == pytest.approx(mean_of(below), nan_ok=True)


def test_what_cannot_be_binned_is_refused() -> None:
    with pytest.raises(ValueError, match='one shape'):
        calibration.confidence_bins(np.zeros(3), np.zeros(4))
    for bad in (1.5, -0.1, math.nan):
        with pytest.raises(ValueError, match=r'values in \[0, 1\]'):
            calibration.confidence_bins(np.array([bad]), np.zeros(1))


def test_the_example_in_the_docstring_holds() -> None:
    results = doctest.testmod(calibration)
    assert (results.failed, results.attempted > 0) == (0, True)
