# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Does confidence mean something: joint errors against the confidence the estimator gave them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

CONFIDENT = 0.5
"""Joints with a larger confidence are to be trusted."""
BINS = 10

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Joints with confidence in (low, high] (0 is in the first); NaN where there are none."""

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


def mean(values: Floats) -> float:
    """Return the mean, NaN of nothing."""
    return float(values.mean()) if values.size else float('nan')


def _checked(confidence: Floats, errors_m: Floats) -> tuple[Floats, Floats]:
    """Return both as flat float64 arrays, or raise ValueError."""
    trust, errors = np.asarray(confidence, np.float64), np.asarray(errors_m, np.float64)
    if trust.shape != errors.shape:
        raise ValueError(f'confidence {trust.shape} and errors {errors.shape}: expected one shape')
    outside = ~((trust >= 0.0) & (trust <= 1.0))
    if outside.any():
        raise ValueError(f'confidence {trust[outside].flat[0]}: expected values in [0, 1]')
    return trust.ravel(), errors.ravel()
