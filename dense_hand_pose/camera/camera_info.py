# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Intrinsics of an image's pixels from a sensor_msgs/CameraInfo of ROS or a bag, and back.

One camera_info serves the raw image and the rectified one alike, and does not say to which of
them an image belongs: only the name of the topic does (REP 144). Rectified images have the
pinhole camera P; raw ones have K, and the lens bends them by D.
"""

from functools import lru_cache
from typing import Any, NamedTuple

from .distortion import Distortion
from .input_error import InputError
from .intrinsics import Intrinsics

IMAGE_KINDS = ('auto', 'rectified', 'raw')


def stamp_ns(message: Any) -> int:
    """Return the header stamp of a message of ROS or a bag, nanoseconds."""
    stamp = message.header.stamp
    return int(stamp.sec) * 1_000_000_000 + int(stamp.nanosec)


class Matrices(NamedTuple):
    """D (5), K (9), R (9) and P (12) of a camera_info message, row by row."""

    d: tuple[float, ...]
    k: tuple[float, ...]
    r: tuple[float, ...]
    p: tuple[float, ...]


def matrices_of(intrinsics: Intrinsics) -> Matrices:
    """Return the matrices of a rectified image without distortion, model plumb_bob."""
    fx, fy, cx, cy = intrinsics.as_array().tolist()
    return Matrices(
        d=(0.0,) * 5,
        k=(fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0),
        r=(1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0),
        p=(fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0),
    )


def is_rectified(topic: str, kind: str = 'auto') -> bool:
    """
    Return whether the images of a topic are rectified.

    'auto' goes by its last word: image_rect and image_rect_raw (RealSense: rectified by the
    camera) are, image_raw and others are not. ValueError for a kind not in IMAGE_KINDS.
    """
    if kind not in IMAGE_KINDS:
        raise ValueError(f'image kind {kind!r}: expected one of {", ".join(IMAGE_KINDS)}')
    return kind == 'rectified' or (kind == 'auto' and 'rect' in topic.rpartition('/')[2])


def intrinsics_of(info: Any, width: int, height: int, rectified: bool = True) -> Intrinsics:
    """
    Return the intrinsics of an image of width x height pixels that `info` describes.

    rectified: P where it is set, else K, no distortion; otherwise K and the distortion, None
    where it is zero. Region of interest and binning change them as REP 104 says: offsets are in
    unbinned pixels, and as in image_geometry the principal point is divided by the binning.
    Raises InputError ('size_mismatch', 'bad_camera_info') for sizes that disagree and for values
    that describe no camera.
    """
    bin_x, bin_y = max(info.binning_x, 1), max(info.binning_y, 1)
    full = (info.roi.width or info.width, info.roi.height or info.height)
    expected = (full[0] // bin_x, full[1] // bin_y)
    if (width, height) != expected:
        raise InputError(
            'size_mismatch',
            f'the image has {width} x {height} pixels, but its camera_info '
            f'describes {expected[0]} x {expected[1]}',
        )
    name, fx, fy, cx, cy = _pinhole(info, rectified)
    try:
        intrinsics = Intrinsics(
            fx=fx / bin_x,
            fy=fy / bin_y,
            cx=(cx - info.roi.x_offset) / bin_x,
            cy=(cy - info.roi.y_offset) / bin_y,
            distortion=None if rectified else _distortion(info),
        )
        intrinsics.check_image(width, height)
        return intrinsics
    except ValueError as error:
        raise InputError('bad_camera_info', f'{name} of camera_info: {error}') from error


def _pinhole(info: Any, rectified: bool) -> tuple[str, float, float, float, float]:
    """Return which matrix describes the full image, and its fx, fy, cx, cy."""
    if rectified and info.p[0] != 0.0:
        return 'P', float(info.p[0]), float(info.p[5]), float(info.p[2]), float(info.p[6])
    name = 'K' if rectified else 'K and D'
    return name, float(info.k[0]), float(info.k[4]), float(info.k[2]), float(info.k[5])


def _distortion(info: Any) -> Distortion | None:
    """Return how the lens bends, None where it does not."""
    coefficients = tuple(float(value) for value in info.d)
    if info.distortion_model != 'equidistant' and not any(coefficients):
        return None
    return _lens(info.distortion_model, coefficients)


@lru_cache(maxsize=16)
def _lens(model: str, coefficients: tuple[float, ...]) -> Distortion:
    """Return the same object for the same lens: it keeps tables."""
    return Distortion(model, coefficients)
