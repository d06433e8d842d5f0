# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Units and validity of depth images (REP 117, REP 118).

Integer encodings hold millimetres with 0 = invalid; 32FC1 holds metres with NaN, +-Inf or 0 =
invalid. Inside the package a depth image is float32 metres with 0 = invalid.
"""

import math
from typing import Any, Final

from dense_hand_pose.safe_output import quoted
import numpy as np
import numpy.typing as npt

from .input_error import InputError

DEPTH_UNIT_M = {'16UC1': 0.001, 'mono16': 0.001, '32FC1': 1.0}
"""Metres per unit of the depth encodings that are understood."""
BETWEEN_STEPS_M: Final = 0.00045
"""
A length that lies at least 0.05 mm from every multiple of 0.1, 0.125, 0.25, 0.5 and 1 mm.

Thresholds of depth differences are whole millimetres and this. A threshold on a step of the
camera's depth would leave it to the last bit of a float on which side that step lies.
"""
LARGEST_PIXELS: Final = 1 << 24
"""Of a packed depth image, 16.8 million: twice what the largest depth cameras send."""
_DTYPES: Final = {unit: np.dtype('f4' if unit[:2] == '32' else 'u2') for unit in DEPTH_UNIT_M}

DepthImage = npt.NDArray[Any]


def check_depth(depth: DepthImage, unit_m: float) -> None:
    """Raise ValueError unless ``depth`` is a 2D image of numbers and the unit positive."""
    if not isinstance(depth, np.ndarray) or depth.ndim != 2 or 0 in depth.shape:
        shape = getattr(depth, 'shape', type(depth).__name__)
        raise ValueError(f'depth image of shape {shape}: expected a non-empty (H, W) array')
    if depth.dtype.kind not in 'uif':
        raise ValueError(f'depth image of dtype {depth.dtype}: expected integers or floats')
    if not (math.isfinite(unit_m) and unit_m > 0.0):
        raise ValueError(f'unit_m = {unit_m}: expected the positive length of one unit in metres')


def is_valid(
    depth_m: npt.ArrayLike, near_m: float = 0.0, far_m: float = math.inf
) -> npt.NDArray[np.bool_]:
    """Say where a depth (any shape, metres) is finite, positive and within [near_m, far_m]."""
    depth = np.asarray(depth_m)
    return np.asarray(
        (depth > 0.0) & (depth >= near_m) & (depth <= far_m) & (depth < math.inf), dtype=np.bool_
    )


def to_metres(raw: DepthImage, unit_m: float) -> npt.NDArray[np.float32]:
    """Convert raw depth of any shape to float32 metres; whatever is invalid becomes 0."""
    with np.errstate(over='ignore', invalid='ignore'):
        metres: npt.NDArray[np.float32] = np.multiply(
            raw, np.float32(unit_m), dtype=np.float32, casting='unsafe'
        )
    if raw.dtype.kind != 'u':
        metres[~is_valid(metres)] = 0.0
    return metres


def depth_from_image(image: Any) -> tuple[DepthImage, float]:
    """
    Return the raw depth (H, W) of a sensor_msgs/Image and the metres that one unit means.

    The message may be one of rclpy or of rosbags; the depth, uint16 or float32, may be a view of
    it. Raises InputError where the encoding is not one of DEPTH_UNIT_M, or where step, size and
    data disagree.
    """
    encoding = str(image.encoding)
    if encoding not in DEPTH_UNIT_M:
        raise InputError(
            'unknown_encoding',
            f'the encoding is {quoted(encoding)}: expected one of {", ".join(DEPTH_UNIT_M)}',
        )
    dtype = _DTYPES[encoding]
    width, height, step = int(image.width), int(image.height), int(image.step)
    if width == 0 or height == 0:
        raise InputError('empty_image', f'the size is {width} x {height}')
    if step < width * dtype.itemsize or step % dtype.itemsize:
        row = f'a row of {width} pixels in {encoding} has {width * dtype.itemsize}'
        raise InputError('bad_step', f'step is {step} bytes, but {row}')
    if len(image.data) < step * height:
        said = f'{height} rows of {step} bytes make {step * height}'
        raise InputError('short_data', f'data has {len(image.data)} bytes, but {said}')
    stored = dtype.newbyteorder('>' if image.is_bigendian else '<')
    pixels = np.frombuffer(image.data, stored, step * height // dtype.itemsize)
    depth = pixels.reshape(height, -1)[:, :width].astype(dtype, copy=False)
    return depth, DEPTH_UNIT_M[encoding]
