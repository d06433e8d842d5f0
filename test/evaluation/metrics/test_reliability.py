# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Reliability bins and expected calibration error beside a direct count."""

import math

from dense_hand_pose.evaluation.metrics.calibration import (
    expected_calibration_error,
    reliability_bins,
)
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

PAIRS = st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), max_size=60)


@given(PAIRS, st.integers(1, 20))
def test_every_score_is_counted_once_in_its_bin(pairs: list, bins: int) -> None:
    found = reliability_bins([one for one, _ in pairs], [right for _, right in pairs], bins)
    assert sum(one.count for one in found) == len(pairs)
    for one in found:
        assert one.low - 1e-9 <= one.mean_score <= one.high + 1e-9


@given(PAIRS)
def test_the_error_is_the_sum_over_bins(pairs: list) -> None:
    scores, right = [one for one, _ in pairs], [true for _, true in pairs]
    expected = 0.0
    for number in range(10):
        inside = [place for place, one in enumerate(scores) if min(int(one * 10), 9) == number]
        if inside:
            gap = sum(scores[i] for i in inside) - sum(right[i] for i in inside)
            expected += abs(gap) / len(pairs)
    found = expected_calibration_error(reliability_bins(scores, right))
    assert math.isnan(found) if not pairs else found == pytest.approx(expected)


def test_right_as_often_as_scored_is_no_error_and_overconfidence_is() -> None:
    rng = np.random.default_rng(0)
    scores = rng.random(200_000)
    right = rng.random(200_000) < scores
    assert expected_calibration_error(reliability_bins(scores, right)) < 0.005
    sure = np.clip(scores * 1.3, 0.0, 1.0)
    assert expected_calibration_error(reliability_bins(sure, right)) > 0.05


@pytest.mark.parametrize(
    ('scores', 'right', 'named'),
    [([0.5], [], 'expected'), ([1.5], [True], '1.5'), ([math.nan], [True], 'nan')],
)
def test_what_is_no_score_is_refused(scores: list, right: list, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        reliability_bins(scores, right)
