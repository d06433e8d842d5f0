# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A smooth map of a square of pixels from few of them: cubic interpolation with its error known.

Where the cubic through every second node misses the nodes between by e, the one through all of
them misses by e / 16 and terms of higher order: halving the step divides the error of a cubic by
2 ** 4.
"""

import functools

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

TOLERANCE_PX = 0.02
COUNTS = (17, 33)
"""Nodes along a side, the fewest first; each count is odd, so that the last is every second's."""
_GAIN = 16.0


@functools.cache
def nodes(size: int, count: int) -> Array:
    """Return ``count`` coordinates along one side of a square of ``size`` pixels, read-only."""
    steps = np.linspace(0.0, size - 1.0, count)
    steps.setflags(write=False)
    return steps


def between_nodes(values: Array, size: int) -> Array | None:
    """
    Return values (C, size, size) at all pixels from those (C, N, N) at the nodes.

    None where they may be off by more than TOLERANCE_PX, and where they are not finite.
    """
    count = values.shape[-1]
    coarse = _weights(count, count // 2 + 1)
    missed = np.abs(coarse @ values[:, ::2, ::2] @ coarse.T - values).max()
    if not missed <= _GAIN * TOLERANCE_PX:
        return None
    fine = _weights(size, count)
    between: Array = fine @ values @ fine.T
    return between


@functools.cache
def _weights(points: int, count: int) -> Array:
    """Return the matrix (points, count) of cubic interpolation between count equal steps."""
    matrix = np.zeros((points, count))
    for row, at in zip(matrix, np.linspace(0.0, count - 1.0, points), strict=True):
        first = min(max(int(at) - 1, 0), count - 4)
        places = range(first, first + 4)
        for i in places:
            row[i] = np.prod([(at - j) / (i - j) for j in places if j != i])
    matrix.setflags(write=False)
    return matrix
