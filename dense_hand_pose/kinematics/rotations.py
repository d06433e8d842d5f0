# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Rotation matrices, rotation vectors and quaternions."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

UNIT = np.eye(3)
SKEW = np.zeros((3, 9))
"""Takes a vector v to the matrix (3, 3), flat, whose product with w is v x w."""
SKEW[[0, 0, 1, 1, 2, 2], [5, 7, 2, 6, 1, 3]] = -1.0, 1.0, 1.0, -1.0, -1.0, 1.0
_HALF_SKEW = 0.5 * SKEW
_SMALL_RAD = 1e-6


def small_rotation(vector_rad: FloatArray) -> FloatArray:
    """
    Return rotations (N, 3, 3) about vectors (N, 3) by 2 atan(length / 2) (Cayley).

    That is the turn of a rotation vector up to third order, in a quarter of the time.
    """
    skew = (vector_rad @ _HALF_SKEW).reshape(-1, 3, 3)
    scale = 2.0 / (1.0 + 0.25 * (vector_rad * vector_rad).sum(axis=1))
    out: FloatArray = skew + skew @ skew
    out *= scale[:, None, None]
    out += UNIT
    return out


def rotation_of_vector(vector_rad: FloatArray) -> FloatArray:
    """Return the rotation (3, 3) of a rotation vector (3,) (Rodrigues)."""
    angle = math.sqrt(float(vector_rad @ vector_rad))
    skew = (vector_rad @ SKEW).reshape(3, 3)
    if angle < _SMALL_RAD:
        return UNIT + skew
    out: FloatArray = UNIT + (math.sin(angle) / angle) * skew
    out += ((1.0 - math.cos(angle)) / angle**2) * (skew @ skew)
    return out


def vector_of_rotation(rotation: FloatArray) -> FloatArray:
    """Return the rotation vector (3,), at most pi long, of a rotation (3, 3)."""
    whole = quaternion(rotation)
    imaginary, w = whole[:3], float(whole[3])
    length = math.sqrt(float(imaginary @ imaginary))
    if length < _SMALL_RAD:
        return 2.0 * imaginary
    return imaginary * (2.0 * math.atan2(length, float(w)) / length)


def quaternion(rotation: FloatArray) -> FloatArray:
    """Return the unit vector x y z w (4,), w >= 0, of a rotation (3, 3): quaternions() of one."""
    (a, b, c), (d, e, f), (g, h, i) = rotation.tolist()
    squares = (1.0 + a - e - i, 1.0 - a + e - i, 1.0 - a - e + i, 1.0 + a + e + i)
    best = squares.index(max(squares))
    row = (
        (squares[0], b + d, c + g, h - f),
        (b + d, squares[1], f + h, c - g),
        (c + g, f + h, squares[2], d - b),
        (h - f, c - g, d - b, squares[3]),
    )[best]
    length = math.sqrt(sum(value * value for value in row))
    return np.array(row) / (length if row[3] >= 0.0 else -length)


def quaternions(rotations: npt.NDArray[Any]) -> FloatArray:
    """
    Convert rotations (..., 3, 3) to unit vectors x y z w (..., 4) with w >= 0.

    The largest component is found first: exact for every rotation (Shepperd 1978).
    """
    r = np.asarray(rotations, dtype=np.float64)
    xx, yy, zz = r[..., 0, 0], r[..., 1, 1], r[..., 2, 2]
    # Row i is 4 q_i q for the quaternion q: the row of the largest q_i is well conditioned.
    rows = np.empty((*r.shape[:-2], 4, 4))
    rows[..., 0, 0], rows[..., 1, 1] = 1.0 + xx - yy - zz, 1.0 - xx + yy - zz
    rows[..., 2, 2], rows[..., 3, 3] = 1.0 - xx - yy + zz, 1.0 + xx + yy + zz
    for i, j in ((0, 1), (0, 2), (1, 2)):
        rows[..., i, j] = rows[..., j, i] = r[..., i, j] + r[..., j, i]
    for i, (a, b) in enumerate(((2, 1), (0, 2), (1, 0))):
        rows[..., i, 3] = rows[..., 3, i] = r[..., a, b] - r[..., b, a]
    diagonal = np.diagonal(rows, axis1=-2, axis2=-1)
    best = diagonal.argmax(axis=-1)[..., None, None]
    out: FloatArray = np.take_along_axis(rows, best, axis=-2)[..., 0, :]
    out /= np.linalg.norm(out, axis=-1, keepdims=True)
    out *= np.where(out[..., 3:] < 0.0, -1.0, 1.0)
    return out
