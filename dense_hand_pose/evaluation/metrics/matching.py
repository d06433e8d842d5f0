# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Which found hand is which true one, as pure functions over centres (N, 3) in metres.

A pair lies within a gate. Of all ways to pair, that with the most pairs counts, and among these
the one with the least sum of distances (the assignment problem), so that the order in which hands
are given never matters.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

Floats = npt.NDArray[np.float64]
Pairs = list[tuple[int, int]]
"""Places of the true and of the found hand, by the true one."""

GATE_M: Final = 0.04
"""A hand is found when the two means of its joints are no farther apart."""
IGNORE_M: Final = 0.12
"""What is found so near to a hand that need not be found is no false positive."""


class FrameScore(NamedTuple):
    """
    The outcome of one frame.

    pairs: true and found hands that belong together; missed: true hands that had to be found and
    were not; false: found hands without a true one.
    """

    pairs: Pairs
    missed: tuple[int, ...]
    false: tuple[int, ...]


def distances_m(true_m: npt.ArrayLike, found_m: npt.ArrayLike) -> Floats:
    """
    Return the distance of every true centre (T, 3) to every found one (F, 3), (T, F) metres.

    Raises ValueError for other shapes and for values that are not finite.
    """
    true, found = _centres('true', true_m), _centres('found', found_m)
    between: Floats = np.linalg.norm(true[:, None] - found[None], axis=2)
    return between


def match_hands(true_m: npt.ArrayLike, found_m: npt.ArrayLike, gate_m: float = GATE_M) -> Pairs:
    """
    Pair true centres (T, 3) with found ones (F, 3) that are no farther than the gate.

    >>> match_hands([[0, 0, 0.5], [0.2, 0, 0.5]], [[0.21, 0, 0.5]])
    [(1, 0)]
    """
    if not gate_m > 0.0:
        raise ValueError(f'gate_m = {gate_m}: expected a positive number of metres')
    between = distances_m(true_m, found_m)
    inside = between <= gate_m
    # One pair more is worth more than any sum of distances.
    bonus = gate_m * (1 + min(between.shape))
    rows, columns = linear_sum_assignment(np.where(inside, between - bonus, 0.0))
    chosen = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(t, f) for t, f in chosen if inside[t, f]]


def score_frame(
    true_m: npt.ArrayLike,
    required: Sequence[bool],
    found_m: npt.ArrayLike,
    gate_m: float = GATE_M,
    ignore_m: float = IGNORE_M,
) -> FrameScore:
    """
    Score one frame; ``required`` (T,): which true hands must be found.

    The others (hidden, cut by the border) may be found: what lies within ``ignore_m`` of one is
    neither a success nor a false positive.

    >>> score_frame([[0, 0, 0.5]], [True], [[0.01, 0, 0.5], [0.3, 0, 0.5]])
    FrameScore(pairs=[(0, 0)], missed=(), false=(1,))
    """
    true, found = _centres('true', true_m), _centres('found', found_m)
    must = np.asarray(required, dtype=np.bool_).reshape(-1)
    if len(must) != len(true):
        raise ValueError(f'{len(must)} entries in required: expected {len(true)}, one a hand')
    places = np.flatnonzero(must).tolist()
    pairs = [(places[t], f) for t, f in match_hands(true[must], found, gate_m)]
    paired = {f for _, f in pairs}
    near = np.any(distances_m(true[~must], found) <= ignore_m, axis=0).tolist()
    return FrameScore(
        pairs=pairs,
        missed=tuple(sorted(set(places) - {t for t, _ in pairs})),
        false=tuple(f for f in range(len(found)) if f not in paired and not near[f]),
    )


def _centres(what: str, points_m: npt.ArrayLike) -> Floats:
    """Return centres as (N, 3) float64, an empty list as (0, 3); ValueError for others."""
    points = np.asarray(points_m, np.float64)
    if points.size == 0:
        return np.empty((0, 3))
    if points.ndim != 2 or points.shape[1] != 3:
        raise ValueError(f'{what} centres of shape {points.shape}: expected (N, 3)')
    if not np.isfinite(points).all():
        raise ValueError(f'{what} centres hold NaN or Inf: leave such hands out')
    return points
