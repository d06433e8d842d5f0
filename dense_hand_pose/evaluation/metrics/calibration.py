# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Does a number mean what it claims: joint errors against confidence, and scores as probabilities.

Naeini, Cooper, Hauskrecht, Obtaining Well Calibrated Probabilities Using Bayesian Binning, 2015
(the expected calibration error).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..figures import mean

CONFIDENT = 0.5
"""Joints with a larger confidence are to be trusted."""
BINS = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Joints with confidence in (low, high] (0 is in the first); NaN in an empty one."""

    low: float
    high: float
    joints: int
    mean_confidence: float
    mean_error_m: float


def confidence_bins(confidence: Floats, errors_m: Floats, bins: int = BINS) -> list[Bin]:
    """
    Return equal bins of confidence in [0, 1] with the mean error of the joints in each.

    Both arrays have one shape, any. ValueError for unequal shapes or confidence out of [0, 1].

    >>> [b.joints for b in confidence_bins(np.array([0.1, 0.9]), np.array([0.02, 0.01]), 2)]
    [1, 1]
    """
    trust, errors = _checked(confidence, errors_m)
    edges = np.linspace(0.0, 1.0, bins + 1)
    place = np.maximum(np.searchsorted(edges, trust, side='left') - 1, 0)
    return [
        Bin(
            low=float(edges[i]),
            high=float(edges[i + 1]),
            joints=int((place == i).sum()),
            mean_confidence=mean(trust[place == i]),
            mean_error_m=mean(errors[place == i]),
        )
        for i in range(bins)
    ]


def split_by_confidence(confidence: Floats, errors_m: Floats) -> tuple[Bin, Bin]:
    """Return the joints that are not, and those that are, more confident than CONFIDENT."""
    trust, errors = _checked(confidence, errors_m)
    parts = []
    for low, high, chosen in (
        (0.0, CONFIDENT, trust <= CONFIDENT),
        (CONFIDENT, 1.0, trust > CONFIDENT),
    ):
        count = int(chosen.sum())
        parts.append(Bin(low, high, count, mean(trust[chosen]), mean(errors[chosen])))
    return parts[0], parts[1]


def _checked(confidence: Floats, errors_m: Floats) -> tuple[Floats, Floats]:
    """Return both as flat float64 arrays, or raise ValueError."""
    trust, errors = np.asarray(confidence, np.float64), np.asarray(errors_m, np.float64)
    if trust.shape != errors.shape:
        raise ValueError(f'confidence {trust.shape} and errors {errors.shape}: expected one shape')
    outside = ~((trust >= 0.0) & (trust <= 1.0))
    if outside.any():
        raise ValueError(f'confidence {trust[outside].flat[0]}: expected values in [0, 1]')
    return trust.ravel(), errors.ravel()


@dataclass(frozen=True)
class ReliabilityBin:
    """Scores in [low, high): their number and mean, and the share of those that are right."""

    low: float
    high: float
    count: int
    mean_score: float
    right_share: float


def reliability_bins(
    scores: Sequence[float], right: Sequence[bool], bins: int = BINS
) -> list[ReliabilityBin]:
    """
    Return the bins of equal width in [0, 1] that hold scores (N,), the last one with 1.

    right (N,): whether each is what its score is the probability of. ValueError for unequal
    lengths and for scores out of [0, 1].

    >>> [one.count for one in reliability_bins([0.1, 0.9, 1.0], [False, True, True], 2)]
    [1, 2]
    """
    values, truth = np.asarray(scores, np.float64), np.asarray(right, np.bool_)
    if values.shape != truth.shape or values.ndim != 1:
        raise ValueError(f'scores {values.shape}, right {truth.shape}: expected (N,) each')
    outside = ~((values >= 0.0) & (values <= 1.0))
    if outside.any():
        raise ValueError(f'score {values[outside][0]}: expected values in [0, 1]')
    place = np.minimum((values * bins).astype(np.int64), bins - 1)
    return [
        ReliabilityBin(
            low=int(number) / bins,
            high=(int(number) + 1) / bins,
            count=int(inside.sum()),
            mean_score=float(values[inside].mean()),
            right_share=float(truth[inside].mean()),
        )
        for number in np.unique(place)
        for inside in [place == number]
    ]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> float:
    """Return the mean over all scores of |mean score - share that is right| of their bin."""
    count = sum(one.count for one in bins)
    if not count:
        return float('nan')
    return sum(one.count * abs(one.mean_score - one.right_share) for one in bins) / count
