# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A look at cubes of a frame: all of them go through the network in one batch."""

from collections.abc import Sequence
from dataclasses import dataclass

from dense_hand_pose.backends.base import Backend, Result
from dense_hand_pose.camera import Intrinsics
from dense_hand_pose.crop import BACKGROUND, crop_depth, CropWindow
from dense_hand_pose.depth import DepthImage
import numpy as np
import numpy.typing as npt

from .clock import Clock
from .config import EstimatorConfig

Array = npt.NDArray[np.float32]

_MIN_FOREGROUND_PX = 100
"""Crop pixels (of 16,384) below which there is nothing to look at."""
_FINALISTS = 3


@dataclass(frozen=True)
class Frame:
    """A depth frame that was checked, and the clock that runs for it."""

    depth: DepthImage
    unit_m: float
    intrinsics: Intrinsics
    clock: Clock


@dataclass(frozen=True)
class Look:
    """What the network saw in one or more cubes, and in which it believes most."""

    result: Result
    best: int
    score: float
    center_m: Array

    def likeliest(self) -> list[Array]:
        """Return where the likeliest hands themselves are, to look there again."""
        order = self.result.confidence.mean(axis=1).argsort()[::-1]
        return list(self.result.joints_m[order[:_FINALISTS]].mean(axis=1))


def look(
    backend: Backend,
    frame: Frame,
    centers: Sequence[npt.NDArray[np.floating]],
    config: EstimatorConfig,
) -> Look | None:
    """Run the network on a cube around each centre; None when all of them are empty."""
    size_m = config.cube_size_m
    with frame.clock.stage('crop'):
        windows, crops = [], []
        for x, y, z in np.asarray(centers, np.float64).reshape(-1, 3):
            if z <= config.depth_min_m / 2:
                continue
            window = CropWindow((float(x), float(y), float(z)), size_m, frame.intrinsics)
            crop = crop_depth(frame.depth, window, frame.unit_m)
            if np.count_nonzero(crop < BACKGROUND) >= _MIN_FOREGROUND_PX:
                windows.append(window.center_m)
                crops.append(crop)
    if not crops:
        return None
    with frame.clock.stage('network'):
        at = np.array(windows, np.float32)
        sizes = np.full(len(at), size_m, np.float32)
        result = backend.run(np.stack(crops), at, sizes, config.decoding())
    scores = result.confidence.mean(axis=1)
    best = int(scores.argmax())
    return Look(result, best, float(scores[best]), at[best])
