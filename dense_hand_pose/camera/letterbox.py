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

from .depth_image import DepthImage, is_valid, to_metres
from .intrinsics import Intrinsics

WIDTH_PX, HEIGHT_PX = 192, 128
CHANNELS = 3
MAP_STRIDE_PX = 4
MAP_WIDTH, MAP_HEIGHT = WIDTH_PX // MAP_STRIDE_PX, HEIGHT_PX // MAP_STRIDE_PX
_USUAL_M, _USUAL_PIXEL_M = 0.7, 0.006
_LARGEST, _FAR_M = 2.5, np.float32(100.0)
"""Where the channels end, 0.05 m and 9 m; and where it does not matter how far away it is."""


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


def encode_letterbox(
    metres: npt.NDArray[np.float32], letterbox: Letterbox, intrinsics: Intrinsics
) -> npt.NDArray[np.float32]:
    """
    Return the detector's input (3, HEIGHT_PX, WIDTH_PX) of a thinned frame (R, C), metres.

    Channels: the logarithm of the depth; the logarithm of a pixel's width there, which tells
    across cameras how large a hand is in the image; and 1 where there is a measurement. All are 0
    where there is none, and around the frame.
    """
    out = np.zeros((CHANNELS, HEIGHT_PX, WIDTH_PX), np.float32)
    top, left = letterbox.top, letterbox.left
    bottom, right = top + len(letterbox.rows), left + len(letterbox.columns)
    inner = out[:, top:bottom, left:right]
    valid = is_valid(metres)
    known = np.where(valid, np.minimum(metres, _FAR_M), np.float32(_USUAL_M))
    depth = np.log2(known / np.float32(_USUAL_M))
    pixel_m = _USUAL_M * letterbox.step_px / intrinsics.fx
    shift = np.float32(np.log2(pixel_m / _USUAL_PIXEL_M))
    np.clip(depth / 1.5, -_LARGEST, _LARGEST, out=inner[0])
    np.clip((depth + shift) / 1.5, -_LARGEST, _LARGEST, out=inner[1])
    inner[:2] *= valid
    inner[2] = valid
    return out
