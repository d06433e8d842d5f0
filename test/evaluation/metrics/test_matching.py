# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Matching of hands and the score of a frame, against all ways to match."""

from itertools import combinations, permutations

from dense_hand_pose.evaluation.metrics.matching import (
    distances_m,
    match_hands,
    score_frame,
)
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

GATE_M, IGNORE_M = 0.25, 0.5
# A coarse grid: ties and distances at the gate itself are frequent.
coordinate = st.integers(-4, 4).map(lambda step: step / 8)
centres = st.lists(st.tuples(coordinate, coordinate, coordinate), max_size=4)


def length(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return float(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)) ** 0.5)


def best_by_trial(
    true: list[tuple[float, ...]], found: list[tuple[float, ...]], gate_m: float
) -> tuple[int, float]:
    """Return the most pairs that any matching has, and the least sum of distances with so many."""
    for count in range(min(len(true), len(found)), 0, -1):
        sums = [
            sum(length(true[t], found[f]) for t, f in zip(some, order, strict=True))
            for some in combinations(range(len(true)), count)
            for order in permutations(range(len(found)), count)
            if all(length(true[t], found[f]) <= gate_m for t, f in zip(some, order, strict=True))
        ]
        if sums:
            return count, min(sums)
    return 0, 0.0


@settings(max_examples=50)
@given(centres, centres)
def test_the_matching_is_the_best_of_all(
    true: list[tuple[float, ...]], found: list[tuple[float, ...]]
) -> None:
    pairs = match_hands(true, found, GATE_M)
    assert len({t for t, _ in pairs}) == len({f for _, f in pairs}) == len(pairs)
    assert all(length(true[t], found[f]) <= GATE_M for t, f in pairs)
    assert pairs == sorted(pairs)
    count, least = best_by_trial(true, found, GATE_M)
    assert len(pairs) == count
    assert sum(length(true[t], found[f]) for t, f in pairs) == pytest.approx(least, abs=1e-9)


@settings(max_examples=50)
@given(centres, centres, st.data())
def test_order_does_not_matter(
    true: list[tuple[float, ...]], found: list[tuple[float, ...]], data: st.DataObject
) -> None:
    required = [data.draw(st.booleans()) for _ in true]
    turn = data.draw(st.permutations(range(len(found))))
    other = data.draw(st.permutations(range(len(true))))
    one = score_frame(true, required, found, GATE_M, IGNORE_M)
    two = score_frame(
        [true[i] for i in other],
        [required[i] for i in other],
        [found[i] for i in turn],
        GATE_M,
        IGNORE_M,
    )
    assert len(one.pairs) == len(two.pairs)
    assert len(one.missed) == len(two.missed)


@settings(max_examples=50)
@given(centres, centres, st.data())
def test_every_hand_is_accounted_for(
    true: list[tuple[float, ...]], found: list[tuple[float, ...]], data: st.DataObject
) -> None:
    required = [data.draw(st.booleans()) for _ in true]
    score = score_frame(true, required, found, GATE_M, IGNORE_M)
    paired, places = {f for _, f in score.pairs}, {t for t, _ in score.pairs}
    assert places | set(score.missed) == {t for t, must in enumerate(required) if must}
    assert not places & set(score.missed) and not paired & set(score.false)
    for f in set(range(len(found))) - paired:
        near = any(
            length(true[t], found[f]) <= IGNORE_M for t, must in enumerate(required) if not must
        )
        assert (f in score.false) is not near


def test_no_hands_and_more_hands_than_truths() -> None:
    assert match_hands([], []) == []
    assert score_frame([], [], []) == ([], (), ())
    assert score_frame([], [], [[0, 0, 1]]) == ([], (), (0,))
    assert score_frame([[0, 0, 1]], [True], []) == ([], (0,), ())
    two = [[0.01, 0, 1], [0.0, 0, 1]]
    assert score_frame([[0, 0, 1]], [True], two) == ([(0, 1)], (), (0,))


def test_a_pair_more_counts_above_any_distance() -> None:
    # The nearest pair alone would leave the other hand without one.
    true, found = [[0.0, 0, 1], [0.05, 0, 1]], [[0.03, 0, 1], [0.09, 0, 1]]
    assert match_hands(true, found, 0.04) == [(0, 0), (1, 1)]


def test_the_gate_itself_is_inside() -> None:
    assert match_hands([[0, 0, 1]], [[0.5, 0, 1]], 0.5) == [(0, 0)]
    assert match_hands([[0, 0, 1]], [[0.5, 0, 1]], 0.4999) == []


def test_distances_are_those_of_space() -> None:
    found = [[0.3, 0.4, 1.0], [0.0, 0.0, 3.0]]
    assert distances_m([[0, 0, 1]], found)[0] == pytest.approx([0.5, 2.0])
    assert distances_m([], [[0, 0, 1]]).shape == (0, 1)


@pytest.mark.parametrize('bad', [np.nan, np.inf])
@pytest.mark.parametrize('place', [0, 1])
def test_what_is_not_finite_is_refused(bad: float, place: int) -> None:
    both = [[[0.0, 0.0, 1.0]], [[0.0, 0.0, 1.0]]]
    both[place][0][1] = bad
    with pytest.raises(ValueError, match='centres hold NaN or Inf'):
        match_hands(both[0], both[1])


def test_wrong_shapes_and_gates_are_refused() -> None:
    with pytest.raises(ValueError, match=r'true centres of shape \(1, 2\)'):
        match_hands([[0, 1]], [])
    with pytest.raises(ValueError, match=r'gate_m = 0\.0'):
        match_hands([], [], 0.0)
    with pytest.raises(ValueError, match='2 entries in required: expected 1'):
        score_frame([[0, 0, 1]], [True, False], [])
