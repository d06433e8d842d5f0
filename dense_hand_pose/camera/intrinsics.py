# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The camera: projection and its inverse.

Camera optical frame (REP 103): x right, y down, z forward, metres. Pixel centres lie at integer
coordinates, as in OpenCV and ROS: ``u = fx X / Z + cx``, where a lens that bends first moves
(X / Z, Y / Z).
"""

from dataclasses import dataclass
import math

import numpy as np
import numpy.typing as npt

from .distortion import Distortion

MAX_RATIO = 100.0
"""Focal lengths lie between a hundredth of an image's longer side and a hundred times it."""
_SMALLEST_SIDE_PX = 100
"""A smaller image is taken for a part of one of this size."""


@dataclass(frozen=True)
class Intrinsics:
    """
    Focal lengths and principal point of a camera, in pixels, and how its lens bends.

    ``distortion`` is None for a pinhole camera and for a rectified image. Raises ValueError when
    a value is not finite or a focal length is not positive: a camera_info of zeros is an
    uncalibrated camera.
    """

    fx: float
    fy: float
    cx: float
    cy: float
    distortion: Distortion | None = None

    def __post_init__(self) -> None:
        """Check the values."""
        values = (self.fx, self.fy, self.cx, self.cy)
        if not all(math.isfinite(v) for v in values) or self.fx <= 0.0 or self.fy <= 0.0:
            raise ValueError(
                f'intrinsics fx={self.fx} fy={self.fy} cx={self.cx} cy={self.cy}: '
                'all must be finite and the focal lengths positive'
            )

    def check_image(self, width: int, height: int) -> None:
        """
        Raise ValueError where no camera takes images of width x height pixels like this.

        A focal length of 1e-30 pixels passes every other check, and the joints lie 1e30 m away.
        """
        side = max(width, height, _SMALLEST_SIDE_PX)
        low, high = side / MAX_RATIO, side * MAX_RATIO
        focal = (self.fx, self.fy)
        if min(focal) < low or max(focal) > high or max(abs(self.cx), abs(self.cy)) > high:
            raise ValueError(
                f'intrinsics fx={self.fx:g} fy={self.fy:g} cx={self.cx:g} cy={self.cy:g} of an '
                f'image of {width} x {height} pixels: focal lengths must lie between {low:g} and '
                f'{high:g} pixels, the principal point within {high:g}'
            )

    def as_array(self) -> npt.NDArray[np.float64]:
        """Return (fx, fy, cx, cy), float64, without the distortion."""
        return np.array([self.fx, self.fy, self.cx, self.cy])


def project(points_m: npt.ArrayLike, intrinsics: Intrinsics) -> npt.NDArray[np.float64]:
    """
    Project points (..., 3) in metres to pixels (..., 2).

    Points must lie in front of the camera (z > 0); ValueError names the smallest z otherwise.
    """
    points = np.asarray(points_m, dtype=np.float64)
    depth = points[..., 2]
    if depth.size and not (depth > 0.0).all():
        raise ValueError(f'points at z = {depth.min()} m: only points with z > 0 project')
    return rays_to_pixels(points[..., :2] / depth[..., None], intrinsics)


def rays_to_pixels(
    rays: npt.NDArray[np.float64], intrinsics: Intrinsics
) -> npt.NDArray[np.float64]:
    """Map rays (..., 2), that is X / Z and Y / Z, to pixels (..., 2)."""
    if intrinsics.distortion is not None:
        rays = intrinsics.distortion.distort(rays)
    u = intrinsics.fx * rays[..., 0] + intrinsics.cx
    v = intrinsics.fy * rays[..., 1] + intrinsics.cy
    return np.stack([u, v], axis=-1)


def unproject(
    pixels_px: npt.ArrayLike, depth_m: npt.ArrayLike, intrinsics: Intrinsics
) -> npt.NDArray[np.float64]:
    """Lift pixels (..., 2) with their depths (...) in metres to points (..., 3)."""
    pixels = np.asarray(pixels_px, dtype=np.float64)
    depth = np.asarray(depth_m, dtype=np.float64)
    rays = np.stack(
        [
            (pixels[..., 0] - intrinsics.cx) / intrinsics.fx,
            (pixels[..., 1] - intrinsics.cy) / intrinsics.fy,
        ],
        axis=-1,
    )
    if intrinsics.distortion is not None:
        rays = intrinsics.distortion.undistort(rays)
    x, y = rays[..., 0] * depth, rays[..., 1] * depth
    return np.stack(np.broadcast_arrays(x, y, depth), axis=-1)
