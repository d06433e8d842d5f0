# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
From the detector's maps to hands in metres.

Every pixel of the maps votes for a centre. Suppression works in metres instead of map pixels: two
distant hands are few pixels apart, and one near hand covers many.
"""

from dataclasses import dataclass
from typing import NamedTuple

from dense_hand_pose.camera.intrinsics import Intrinsics, unproject
from dense_hand_pose.camera.letterbox import Letterbox, MAP_STRIDE_PX
import numpy as np
import numpy.typing as npt

Maps = npt.NDArray[np.float32]
SAME_DETECTION_M = 0.07
"""Two detections nearer to each other than this are one: the centres of two hands are farther."""
_SAME_CENTER_M = 0.04
"""Votes nearer than this to the best one are averaged."""
_SAME_RAY_M = 0.045
"""Two detections nearer than this across the ray are one, at any depth: the front one occludes."""
_MOST_PIXELS = 200


@dataclass(frozen=True, eq=False)
class Detection:
    """
    A detected hand: center_m (3,) float64 in the camera frame, the centre of its cube.

    score: presence, 0 to 1; side_score: -1 for a left hand to +1 for a right hand.
    """

    center_m: npt.NDArray[np.float64]
    score: float
    side_score: float


class Peak(NamedTuple):
    """A hand in the maps: x, y in map pixels, z in metres, score and side."""

    x: float
    y: float
    z_m: float
    score: float
    side: float


def decode_detections(
    maps: Maps, letterbox: Letterbox, intrinsics: Intrinsics, min_score: float, most: int
) -> list[Detection]:
    """Return at most ``most`` hands of maps (5, MAP_HEIGHT, MAP_WIDTH), the best first."""
    ray_step = letterbox.step_px * MAP_STRIDE_PX / intrinsics.fx
    return [
        Detection(_unproject_peak(peak, letterbox, intrinsics), peak.score, peak.side)
        for peak in find_peaks(maps, ray_step, min_score, most)
    ]


def find_peaks(maps: Maps, ray_step: float, min_score: float, most: int) -> list[Peak]:
    """
    Return at most ``most`` hands of maps (5, H, W), the best first.

    maps: score in [0, 1], offset in x and y to the centre in map pixels, its z in metres, side in
    [-1, 1]; ``ray_step``: the width of a map pixel in X / Z. Pixels with a value that is not
    finite do not vote.
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
        votes = votes[(gap >= SAME_DETECTION_M) & (aside >= _SAME_RAY_M)]
    return peaks


def _votes(maps: Maps, min_score: float) -> npt.NDArray[np.float64]:
    """Return the rows x, y, z, score, side of the pixels that vote, the best first."""
    seen = (maps[0] >= min_score) & np.isfinite(maps).all(axis=0) & (maps[3] > 0.0)
    row, column = np.nonzero(seen)
    score, dx, dy, z, side = maps[:, row, column].astype(np.float64)
    order = np.argsort(-score, kind='stable')[:_MOST_PIXELS]
    return np.stack([column + dx, row + dy, z, score, side], axis=1)[order]


def _unproject_peak(
    peak: Peak, letterbox: Letterbox, intrinsics: Intrinsics
) -> npt.NDArray[np.float64]:
    pixel = letterbox.from_map([peak.x, peak.y])
    return unproject(pixel, peak.z_m, intrinsics)
