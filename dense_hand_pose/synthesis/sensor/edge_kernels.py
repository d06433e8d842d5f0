# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The edges of surfaces in a depth image: where they are, and what sensors make of them; compiled.

Depth in metres, 0 = no measurement. An effect of p sensor pixels moves p / step lattice pixels,
rounded at random (noise_kernels.py).
"""

import numpy as np
import numpy.typing as npt

from .noise_numpy import EDGE_M
from ..jit import jit

Depth = npt.NDArray[np.float32]


@jit
def _round_at_random(value: float, rng: np.random.Generator) -> int:
    return int(np.floor(value + rng.random()))


@jit
def near_surface(z: Depth, j: int, i: int) -> bool:
    """Return whether the pixel or one of its four neighbours has a measurement."""
    rows, columns = z.shape
    return bool(
        z[j, i] > 0
        or (j > 0 and z[j - 1, i] > 0)
        or (j + 1 < rows and z[j + 1, i] > 0)
        or (i > 0 and z[j, i - 1] > 0)
        or (i + 1 < columns and z[j, i + 1] > 0)
    )


@jit
def is_edge(z: Depth, j: int, i: int) -> bool:
    """
    Return whether a horizontal or vertical neighbour lies on another surface or is missing.

    A slanted surface has no edge: what counts is the depth beyond its even slope.
    """
    rows, columns = z.shape
    here = z[j, i]
    above, below = z[max(j - 1, 0), i], z[min(j + 1, rows - 1), i]
    left, right = z[j, max(i - 1, 0)], z[j, min(i + 1, columns - 1)]
    if min(min(above, below), min(left, right)) <= 0:
        return True
    vertical, horizontal = above + below - 2 * here, left + right - 2 * here
    if 0 < j < rows - 1 and abs(vertical) > EDGE_M:
        return True
    return bool(0 < i < columns - 1 and abs(horizontal) > EDGE_M)


@jit
def fatten(z: Depth, width_px: float, step: float, rng: np.random.Generator) -> Depth:
    """Grow near surfaces sideways by up to width_px pixels (window matching); returns a copy."""
    out: Depth = z.copy()
    columns = z.shape[1]
    for j in range(z.shape[0]):
        reach = _round_at_random(width_px * rng.random() / step, rng)
        if reach == 0:
            continue
        for i in range(columns):
            for n in range(max(i - reach, 0), min(i + reach + 1, columns)):
                near = z[j, n]
                if near > 0 and (out[j, i] <= 0 or near < out[j, i] - EDGE_M):
                    out[j, i] = near
    return out


@jit
def flying_pixels(z: Depth, chance: float, rng: np.random.Generator) -> Depth:
    """Mix the depth of edge pixels with what lies behind them; returns a copy."""
    rows, columns = z.shape
    out: Depth = z.copy()
    for j in range(1, rows - 1):
        for i in range(1, columns - 1):
            here = z[j, i]
            if here <= 0 or not is_edge(z, j, i) or rng.random() > chance:
                continue
            behind = max(max(z[j - 1, i], z[j + 1, i]), max(z[j, i - 1], z[j, i + 1]))
            if behind < here + EDGE_M:  # beside nothing in range: something further away
                behind = here + 0.2 + rng.random()
            out[j, i] += (behind - here) * rng.random() ** 2
    return out
