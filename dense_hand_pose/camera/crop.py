# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The metric cube around a hand and its image: a window of the depth frame, and back.

A cube of ``cube_size_m`` around the hand's centre is projected with the camera's intrinsics and
resampled to CROP_SIZE_PX x CROP_SIZE_PX by nearest neighbour (a bilinear read would invent points
between the hand and what is behind it). Depth is normalised to [-1, 1] inside the cube; whatever
is invalid or outside lies on the far plane, +1.

A lens that bends is straightened here: "image coordinates" of a window are those of the pinhole
camera, and the crop reads each of its pixels where the lens shows that ray. A lens is smooth: its
formula is asked at a few nodes and interpolated between them (distortion.py).

Pixel convention of every map: centres at integers. Crop pixel i covers [i - 0.5, i + 0.5], so a
map of half the resolution has its pixel m at crop coordinate ``2 m + 0.5``.
"""

from dataclasses import dataclass
from functools import cached_property
import math

import numpy as np
import numpy.typing as npt

from .depth_image import check_depth, DepthImage, to_metres
from .distortion import between_nodes, COUNTS, nodes
from .intrinsics import Intrinsics, rays_to_pixels

CROP_SIZE_PX = 128
MAP_SIZE_PX = 32
BACKGROUND = 1.0
_FAR_PX = 2**31
_FACE = np.float32(1e-4)
"""
Normalised depth, 15 um, by which both faces of the cube lie nearer to the camera.

Around a centre in whole millimetres a step of depth lies on a face: within on the near one,
outside on the far one, whatever the last bit is.
"""
_EACH_PIXEL = np.arange(CROP_SIZE_PX, dtype=np.float64)


@dataclass(frozen=True)
class CropWindow:
    """
    The window of an image that a metric cube projects to.

    ``center_m`` (x, y, z) in the camera optical frame, z > 0; ``cube_size_m`` is the edge.
    """

    center_m: tuple[float, float, float]
    cube_size_m: float
    intrinsics: Intrinsics

    def __post_init__(self) -> None:
        """Check that the centre lies in front of the camera and the cube has a size."""
        if len(self.center_m) != 3 or not all(math.isfinite(v) for v in self.center_m):
            raise ValueError(f'crop centre {self.center_m}: expected three finite numbers')
        if self.center_m[2] <= 0.0:
            raise ValueError(f'crop centre at z = {self.center_m[2]} m: expected z > 0')
        if not (math.isfinite(self.cube_size_m) and self.cube_size_m > 0.0):
            raise ValueError(f'cube_size_m = {self.cube_size_m}: expected a positive length')

    @cached_property
    def scale_px(self) -> tuple[float, float]:
        """Return how many image pixels one crop pixel spans along u and v."""
        per_metre = self.cube_size_m / (self.center_m[2] * CROP_SIZE_PX)
        return self.intrinsics.fx * per_metre, self.intrinsics.fy * per_metre

    @cached_property
    def origin_px(self) -> tuple[float, float]:
        """Return the image coordinates of crop pixel (0, 0)."""
        x, y, z = self.center_m
        k, half = self.intrinsics, CROP_SIZE_PX / 2 - 0.5
        u, v = k.fx * x / z + k.cx, k.fy * y / z + k.cy
        return u - half * self.scale_px[0], v - half * self.scale_px[1]

    def crop_to_image(self, pixels_px: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map crop coordinates (..., 2) to image coordinates (..., 2)."""
        scaled: npt.NDArray[np.float64] = np.asarray(pixels_px, np.float64) * self.scale_px
        return scaled + self.origin_px

    @cached_property
    def crop_intrinsics(self) -> Intrinsics:
        """Return the intrinsics of the crop's own pixels."""
        k, (su, sv), (u0, v0) = self.intrinsics, self.scale_px, self.origin_px
        return Intrinsics(k.fx / su, k.fy / sv, (k.cx - u0) / su, (k.cy - v0) / sv)

    def read_indices(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the image columns and rows (CROP_SIZE_PX each) that a pinhole's crop reads."""
        steps = np.arange(CROP_SIZE_PX)
        columns = np.rint(self.origin_px[0] + steps * self.scale_px[0])
        rows = np.rint(self.origin_px[1] + steps * self.scale_px[1])
        # An extreme centre projects beyond int64; such columns lie outside any image either way.
        limits = (-_FAR_PX, _FAR_PX)
        return (
            np.clip(columns, *limits).astype(np.int64),
            np.clip(rows, *limits).astype(np.int64),
        )

    def read_bent_indices(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """
        Return the image columns and rows (CROP_SIZE_PX, CROP_SIZE_PX) read through the lens.

        Both are -1 for rays that the lens does not show.
        """
        pixels = self._interpolated() if self._all_seen() else None
        if pixels is None:
            pixels = self.bent_pixels()
        # An extreme centre projects beyond int64; -1 lies outside any image.
        np.clip(np.rint(pixels, out=pixels), -1, _FAR_PX, out=pixels)
        columns, rows = pixels.astype(np.int64)
        return columns, rows

    def bent_pixels(
        self, steps_px: npt.NDArray[np.floating] = _EACH_PIXEL
    ) -> npt.NDArray[np.float64]:
        """
        Return where the lens shows points of the crop, (2, S, S); -1 where it does not.

        steps_px (S,): their crop coordinates along both sides; each pixel's if not given.
        """
        rays = self._rays(np.stack(np.meshgrid(steps_px, steps_px), axis=-1))
        pixels = rays_to_pixels(rays, self.intrinsics)
        pixels[np.hypot(rays[..., 0], rays[..., 1]) >= self._limit] = -1.0
        return np.moveaxis(pixels, -1, 0)

    @property
    def _limit(self) -> float:
        lens = self.intrinsics.distortion
        return math.inf if lens is None else lens.limit

    def _all_seen(self) -> bool:
        """Return whether the lens shows every pixel: the corners lie farthest from its axis."""
        last = CROP_SIZE_PX - 1
        corners = self._rays([(0, 0), (0, last), (last, 0), (last, last)])
        return bool((np.hypot(corners[:, 0], corners[:, 1]) < self._limit).all())

    def _interpolated(self) -> npt.NDArray[np.float64] | None:
        """Return bent_pixels from a few nodes; None where that would be too coarse."""
        for count in COUNTS:
            steps = nodes(CROP_SIZE_PX, count)
            at_nodes = self.crop_to_sensor(np.stack(np.meshgrid(steps, steps), axis=-1))
            pixels = between_nodes(np.moveaxis(at_nodes, -1, 0), CROP_SIZE_PX)
            if pixels is not None:
                return pixels
        return None

    def crop_to_sensor(self, pixels_px: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Map crop coordinates (..., 2) to where the camera's own image shows them."""
        return rays_to_pixels(self._rays(pixels_px), self.intrinsics)

    def _rays(self, pixels_px: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the rays (..., 2), X / Z and Y / Z, of crop coordinates (..., 2)."""
        k = self.intrinsics
        rays: npt.NDArray[np.float64] = self.crop_to_image(pixels_px) - (k.cx, k.cy)
        return rays / (k.fx, k.fy)


def normalise_depth(
    depth_m: npt.NDArray[np.float32], window: CropWindow
) -> npt.NDArray[np.float32]:
    """Map metres (any shape, 0 = invalid) to [-1, 1] inside the cube and +1 elsewhere."""
    half_m = np.float32(window.cube_size_m / 2)
    normalised: npt.NDArray[np.float32] = (depth_m - np.float32(window.center_m[2])) / half_m
    outside = (depth_m <= 0.0) | (np.abs(normalised + _FACE) > 1.0)
    normalised[outside] = BACKGROUND
    np.maximum(normalised, np.float32(-1.0), out=normalised)
    return normalised


def denormalise_depth(
    depth: npt.NDArray[np.float32], window: CropWindow
) -> npt.NDArray[np.float32]:
    """Map normalised depth (any shape) back to metres; the background lands on the far plane."""
    half_m = np.float32(window.cube_size_m / 2)
    return np.asarray(depth * half_m + np.float32(window.center_m[2]), dtype=np.float32)


def crop_depth(
    depth: DepthImage, window: CropWindow, unit_m: float = 1.0
) -> npt.NDArray[np.float32]:
    """
    Cut the cube out of a depth frame; only the pixels that the crop needs are read.

    depth: (H, W) integers or floats, ``unit_m`` metres each. Returns float32
    (CROP_SIZE_PX, CROP_SIZE_PX) in [-1, 1]; pixels beyond the image count as background.
    """
    check_depth(depth, unit_m)
    if window.intrinsics.distortion is not None:
        return _crop_through_lens(depth, window, unit_m)
    height, width = depth.shape
    columns, rows = window.read_indices()
    inside_u = (columns >= 0) & (columns < width)
    inside_v = (rows >= 0) & (rows < height)
    patch = depth[np.ix_(rows[inside_v], columns[inside_u])]
    crop = np.full((CROP_SIZE_PX, CROP_SIZE_PX), BACKGROUND, dtype=np.float32)
    crop[np.ix_(inside_v, inside_u)] = normalise_depth(to_metres(patch, unit_m), window)
    return crop


def _crop_through_lens(
    depth: DepthImage, window: CropWindow, unit_m: float
) -> npt.NDArray[np.float32]:
    """Cut the cube out of an image that a lens has bent."""
    height, width = depth.shape
    columns, rows = window.read_bent_indices()
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    patch = depth[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    depth_m = to_metres(patch, unit_m)
    return normalise_depth(np.where(inside, depth_m, np.float32(0.0)), window)
