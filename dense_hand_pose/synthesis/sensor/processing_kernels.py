# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What depth cameras do to their measurements before they deliver them, compiled.

Legend: depth z (R, C) float32 in metres, 0 = no measurement; sizes in lattice pixels. A step in
depth that is smaller than a limit in metres belongs to one surface.
"""

import numpy as np
import numpy.typing as npt

from ..jit import jit

Depth = npt.NDArray[np.float32]
_BEHIND_M = 0.012  # a gap shows nothing, or what lies farther than this behind its borders
_TORN_M = 0.03
_MISSING = np.float32(1e9)
FILL_NONE, FILL_LEFT, FILL_FARTHEST, FILL_NEAREST = 0, 1, 2, 3


@jit
def _close_rows(z: Depth, gap: int, limit_m: float) -> None:
    rows, columns = z.shape
    for j in range(rows):
        for i in range(columns - 2):
            here = z[j, i]
            after = z[j, i + 1]
            if here <= 0 or 0 < after < here + _BEHIND_M:
                continue
            for n in range(i + 2, min(i + gap + 2, columns)):
                there = z[j, n]
                if there <= 0 or there > here + limit_m:
                    continue
                if there > here - limit_m:
                    for k in range(i + 1, n):
                        z[j, k] = here + (there - here) * (k - i) / (n - i)
                break


@jit
def close_gaps(z: Depth, gap: int, limit_m: float) -> Depth:
    """
    Bridge gaps of up to gap pixels between surfaces of like depth; returns a copy.

    A matching window that covers both sides of a narrow gap finds one surface: closed fingers
    become a mitten. The depth across the gap is linear.
    """
    across = z.copy()
    _close_rows(across, gap, limit_m)
    down = np.ascontiguousarray(across.T)
    _close_rows(down, gap, limit_m)
    return np.ascontiguousarray(down.T)


@jit
def _mean_rows(z: Depth, radius: int, limit_m: float) -> Depth:
    rows, columns = z.shape
    out = np.zeros_like(z)
    for j in range(rows):
        for i in range(columns):
            here = z[j, i]
            if here <= 0:
                continue
            total, count = 0.0, 0
            for n in range(max(i - radius, 0), min(i + radius + 1, columns)):
                if abs(z[j, n] - here) < limit_m:
                    total += z[j, n]
                    count += 1
            out[j, i] = total / count
    return out


@jit
def mean(z: Depth, radius: int, limit_m: float) -> Depth:
    """Return the mean over (2 radius + 1)^2 pixels of the same surface, as two passes."""
    across = _mean_rows(z, radius, limit_m)
    down = _mean_rows(np.ascontiguousarray(across.T), radius, limit_m)
    return np.ascontiguousarray(down.T)


@jit
def median(z: Depth) -> Depth:
    """Return the median of 3 x 3 pixels, where nothing counts as farther than everything."""
    rows, columns = z.shape
    out = np.zeros_like(z)
    window = np.empty(9, np.float32)
    for j in range(rows):
        for i in range(columns):
            count = 0
            for v in range(max(j - 1, 0), min(j + 2, rows)):
                for u in range(max(i - 1, 0), min(i + 2, columns)):
                    value = z[v, u] if z[v, u] > 0 else _MISSING
                    k = count
                    while k > 0 and window[k - 1] > value:
                        window[k] = window[k - 1]
                        k -= 1
                    window[k] = value
                    count += 1
            middle = window[(count - 1) // 2]
            out[j, i] = middle if middle < _MISSING else np.float32(0.0)
    return out


@jit
def _recursive_rows(z: Depth, alpha: float, limit_m: float) -> None:
    rows, columns = z.shape
    for j in range(rows):
        for backwards in (False, True):
            last = 0.0
            for k in range(columns):
                i = columns - 1 - k if backwards else k
                here = z[j, i]
                if here > 0 and last > 0 and abs(here - last) < limit_m:
                    z[j, i] = alpha * here + (1.0 - alpha) * last
                last = z[j, i]


@jit
def recursive(z: Depth, alpha: float, limit_m: float) -> Depth:
    """
    Smooth along rows and columns, forwards and backwards, within surfaces; returns a copy.

    The edge-preserving filter of stereo cameras (Gastal and Oliveira 2011): a share 1 - alpha of
    the neighbour before is mixed in, and a step over limit_m starts afresh.
    """
    across = z.copy()
    _recursive_rows(across, alpha, limit_m)
    down = np.ascontiguousarray(across.T)
    _recursive_rows(down, alpha, limit_m)
    return np.ascontiguousarray(down.T)


@jit
def trail(z: Depth, motion: tuple[int, int], alpha: float, limit_m: float, persist: bool) -> Depth:
    """
    Mix in the frame before, in which everything lay motion (rows, columns) away; returns a copy.

    Depth within limit_m of its predecessor keeps a share 1 - alpha of it; with persist a pixel
    without a measurement shows the one before, which leaves trails beside a moving hand.
    """
    rows, columns = z.shape
    out: Depth = z.copy()
    for j in range(rows):
        v = j + motion[0]
        if v < 0 or v >= rows:
            continue
        for i in range(columns):
            u = i + motion[1]
            if u < 0 or u >= columns:
                continue
            here, before = z[j, i], z[v, u]
            if before <= 0:
                continue
            if here > 0 and abs(here - before) < limit_m:
                out[j, i] = alpha * here + (1.0 - alpha) * before
            elif here <= 0 and persist:
                out[j, i] = before
    return out


@jit
def fill_holes(z: Depth, mode: int, longest: int) -> Depth:
    """
    Fill holes of up to longest pixels along a row, between measurements; returns a copy.

    mode: FILL_LEFT repeats the left border, FILL_FARTHEST and FILL_NEAREST the farther and the
    nearer one of both.
    """
    rows, columns = z.shape
    out: Depth = z.copy()
    for j in range(rows):
        last = -1
        for i in range(columns):
            here = z[j, i]
            if here <= 0:
                continue
            if last >= 0 and 1 < i - last <= longest + 1:
                value = z[j, last]
                if mode == FILL_FARTHEST:
                    value = max(value, here)
                elif mode == FILL_NEAREST:
                    value = min(value, here)
                for k in range(last + 1, i):
                    out[j, k] = value
            last = i
    return out


@jit
def tear(z: Depth, radius: int, chance: float, rng: np.random.Generator) -> Depth:
    """
    Lose what lies within radius pixels of a step in depth over 30 mm; returns a copy.

    chance: the share of such steps, pixel by pixel, that tear.
    """
    rows, columns = z.shape
    out: Depth = z.copy()
    for j in range(rows):
        for i in range(columns):
            here = z[j, i]
            if here <= 0:
                continue
            right = i + 1 < columns and z[j, i + 1] > 0 and abs(z[j, i + 1] - here) > _TORN_M
            below = j + 1 < rows and z[j + 1, i] > 0 and abs(z[j + 1, i] - here) > _TORN_M
            if (right or below) and rng.random() < chance:
                for v in range(max(j - radius + 1, 0), min(j + radius + 1, rows)):
                    for u in range(max(i - radius + 1, 0), min(i + radius + 1, columns)):
                        out[v, u] = 0.0
    return out


@jit
def enlarge(z: Depth, factor: int, smooth: bool, limit_m: float) -> Depth:
    """
    Measure only every factor-th pixel each way and enlarge the result; returns a copy.

    smooth: bilinear within a surface, else each measurement is repeated.
    """
    rows, columns = z.shape
    out = np.zeros_like(z)
    half = factor // 2
    for j in range(rows):
        top = min((j // factor) * factor + half, rows - 1)
        for i in range(columns):
            left = min((i // factor) * factor + half, columns - 1)
            out[j, i] = z[top, left]
            if not smooth or z[top, left] <= 0:
                continue
            v0 = max(((j - half) // factor) * factor + half, 0)
            u0 = max(((i - half) // factor) * factor + half, 0)
            v1, u1 = v0 + factor, u0 + factor
            if v1 >= rows or u1 >= columns or j < v0 or i < u0:
                continue
            a, b, c, d = z[v0, u0], z[v0, u1], z[v1, u0], z[v1, u1]
            lowest, highest = min(min(a, b), min(c, d)), max(max(a, b), max(c, d))
            if lowest > 0 and highest - lowest < limit_m:
                y, x = (j - v0) / factor, (i - u0) / factor
                out[j, i] = (a * (1 - x) + b * x) * (1 - y) + (c * (1 - x) + d * x) * y
    return out


@jit
def add_waves(z: Depth, waves: npt.NDArray[np.float64], cell: float) -> None:
    """
    Add noise that is common to neighbours, in place: z^2 times waves (A, B), one for each cell.

    Cells of cell x cell pixels; between their corners the noise is bilinear.
    """
    rows, columns = z.shape
    for j in range(rows):
        y = j / cell
        b = int(y)
        y -= b
        for i in range(columns):
            here = z[j, i]
            if here <= 0:
                continue
            x = i / cell
            a = int(x)
            x -= a
            above = waves[b, a] * (1 - x) + waves[b, a + 1] * x
            below = waves[b + 1, a] * (1 - x) + waves[b + 1, a + 1] * x
            z[j, i] = here + here * here * (above * (1 - y) + below * y)
