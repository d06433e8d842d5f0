# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Units and validity of depth images (REP 117, REP 118).

Integer encodings hold millimetres with 0 = invalid; 32FC1 holds metres with NaN, +-Inf or 0 =
invalid. Inside the package a depth image is float32 metres with 0 = invalid.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

DEPTH_UNIT_M = {'16UC1': 0.001, 'mono16': 0.001, '32FC1': 1.0}
"""Metres per unit of the depth encodings that are understood."""

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
