# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
From the detector's maps to hands: pixels vote for centres, and what is near the best is one hand.

Suppression goes by metres rather than by map pixels: two hands far away lie within few pixels, and
one hand near the camera covers many.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Maps = npt.NDArray[np.float32]
SAME_HAND_M, _SAME_CENTER_M, _SAME_RAY_M = 0.07, 0.04, 0.045
"""Within the last, sideways, whatever the depth: what lies behind a hand's centre is not seen."""
_MOST_PIXELS = 200


class Peak(NamedTuple):
    """A hand in the maps: place x, y in map pixels, z in metres, score and side."""

    x: float
    y: float
    z_m: float
    score: float
    side: float


def find_peaks(maps: Maps, ray_step: float, min_score: float, most: int) -> list[Peak]:
    """
    Return at most so many hands of maps (5, H, W), the likeliest first.

    maps: score in [0, 1], offset in x and y to the centre in map pixels, its z in metres, side in
    [-1, 1]; ``ray_step``: a map pixel's width in X / Z. Values that are not finite count for
    nothing.
    """
    votes = _votes(maps, min_score)
    peaks: list[Peak] = []
    while len(votes) and len(peaks) < most:
        away = votes[:, :3] - votes[0, :3]
        away[:, :2] *= ray_step * votes[0, 2]
        gap, aside = np.sqrt((away**2).sum(axis=1)), np.hypot(away[:, 0], away[:, 1])
        near = votes[gap < _SAME_CENTER_M]
        weights = near[:, 3] ** 2
        x, y, z, _, side = (weights @ near) / weights.sum()
        peaks.append(Peak(float(x), float(y), float(z), float(votes[0, 3]), float(side)))
        votes = votes[(gap >= SAME_HAND_M) & (aside >= _SAME_RAY_M)]
    return peaks


def _votes(maps: Maps, min_score: float) -> npt.NDArray[np.float64]:
    """Return the rows x, y, z, score, side of the pixels that count, the best first."""
    seen = (maps[0] >= min_score) & np.isfinite(maps).all(axis=0) & (maps[3] > 0.0)
    row, column = np.nonzero(seen)
    score, dx, dy, z, side = maps[:, row, column].astype(np.float64)
    order = np.argsort(-score, kind='stable')[:_MOST_PIXELS]
    return np.stack([column + dx, row + dy, z, score, side], axis=1)[order]
