# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A depth frame of any size as the small image that the detector looks at.

The frame is thinned to its nearest samples, which are measurements and no mixtures of two
surfaces, and laid into the middle of WIDTH_PX x HEIGHT_PX pixels without changing its aspect.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .depth_image import DepthImage, to_metres

WIDTH_PX, HEIGHT_PX = 192, 128
CHANNELS = 3
MAP_STRIDE_PX = 4
MAP_WIDTH, MAP_HEIGHT = WIDTH_PX // MAP_STRIDE_PX, HEIGHT_PX // MAP_STRIDE_PX


@dataclass(frozen=True)
class Letterbox:
    """
    How a frame of (height, width) pixels lies in the small image.

    columns (C,) and rows (R,): the frame's pixels that are read, repeated where the frame is
    smaller; step_px: frame pixels per letterbox pixel; left, top: the border around them.
    """

    columns: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    step_px: float
    left: int
    top: int

    @classmethod
    def of(cls, width: int, height: int) -> 'Letterbox':
        """Fit a frame; ValueError for one without pixels."""
        if width < 1 or height < 1:
            raise ValueError(f'frame of {width} x {height} pixels: expected at least one')
        step = max(width / WIDTH_PX, height / HEIGHT_PX)
        columns, rows = _read(width, step, WIDTH_PX), _read(height, step, HEIGHT_PX)
        left, top = (WIDTH_PX - len(columns)) // 2, (HEIGHT_PX - len(rows)) // 2
        return cls(columns, rows, step, left, top)

    def sample(self, depth: DepthImage, unit_m: float) -> npt.NDArray[np.float32]:
        """Return what is read of a frame (H, W), (R, C) metres, 0 where there is nothing."""
        return to_metres(depth[np.ix_(self.rows, self.columns)], unit_m)

    def to_map(self, pixels: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map frame pixels (..., 2), u and v, to those of the detector's maps."""
        border = np.array([self.left, self.top])
        inner = (np.asarray(pixels, np.float64) + 0.5) / self.step_px
        placed: npt.NDArray[np.float64] = (inner + border) / MAP_STRIDE_PX - 0.5
        return placed

    def from_map(self, places: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map places (..., 2) in the detector's maps to frame pixels."""
        border = np.array([self.left, self.top])
        inner = (np.asarray(places, np.float64) + 0.5) * MAP_STRIDE_PX - border
        pixels: npt.NDArray[np.float64] = inner * self.step_px - 0.5
        return pixels


def _read(size: int, step: float, most: int) -> npt.NDArray[np.int64]:
    """Return the pixels nearest to the middles of steps that cover ``size`` pixels."""
    count = min(most, max(1, round(size / step)))
    return np.minimum(((np.arange(count) + 0.5) * step).astype(np.int64), size - 1)
