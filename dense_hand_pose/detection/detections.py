# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the detector's maps tell of a frame: hands at places in metres."""

from dataclasses import dataclass

from dense_hand_pose.camera.intrinsics import Intrinsics, unproject
from dense_hand_pose.camera.letterbox import MAP_STRIDE_PX, Thumbnail
import numpy as np
import numpy.typing as npt

from .peaks import find_peaks, Maps, Peak


@dataclass(frozen=True, eq=False)
class Detection:
    """
    A hand: center_m (3,) float64 in the camera frame, where the cube is to be centred.

    score: presence, 0 to 1; side_score: -1 surely left, +1 surely right.
    """

    center_m: npt.NDArray[np.float64]
    score: float
    side_score: float


def detections(
    maps: Maps, thumbnail: Thumbnail, intrinsics: Intrinsics, min_score: float, most: int
) -> list[Detection]:
    """Return what maps (5, MAP_HEIGHT, MAP_WIDTH) of a frame tell, the likeliest first."""
    ray_step = thumbnail.step_px * MAP_STRIDE_PX / intrinsics.fx
    return [
        Detection(_lifted(peak, thumbnail, intrinsics), peak.score, peak.side)
        for peak in find_peaks(maps, ray_step, min_score, most)
    ]


def _lifted(peak: Peak, thumbnail: Thumbnail, intrinsics: Intrinsics) -> npt.NDArray[np.float64]:
    pixel = thumbnail.from_map([peak.x, peak.y])
    return unproject(pixel, peak.z_m, intrinsics)
