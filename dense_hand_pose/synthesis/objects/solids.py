# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Boxes, cylinders and balls as solids: their distance to points, and how they rest on balls.

A hand is balls along its bones (hand_balls.py). What is near it is one of these solids, so that
whether it cuts into the flesh is a question of distances.
"""

import numpy as np
import numpy.typing as npt

from .shapes import box, cylinder, ellipsoid, Mesh
from ..jit import jit

FloatArray = npt.NDArray[np.float64]
BOX, CYLINDER, BALL = 0, 1, 2
MAX_CUT_M, _CONTACT_M = 0.002, 0.006
_PUSHES = 24


@jit
def distance(kind: int, half: FloatArray, x: float, y: float, z: float) -> float:
    """
    Return the signed distance of a point in a thing's own frame to its surface.

    half (3,): half edges of a box; radius, radius and half length of a cylinder; radii of a ball.
    """
    if kind == BALL:
        return float(np.sqrt(x * x + y * y + z * z) - half[0])
    if kind == CYLINDER:
        a, b = np.sqrt(x * x + y * y) - half[0], abs(z) - half[2]
        c = a
    else:
        a, b, c = abs(x) - half[0], abs(z) - half[2], abs(y) - half[1]
    within = min(max(a, max(b, c)), 0.0)
    out = max(a, 0.0) ** 2 + max(b, 0.0) ** 2
    if kind == BOX:
        out += max(c, 0.0) ** 2
    return float(within + np.sqrt(out))


@jit
def _into(rotation: FloatArray, offset: FloatArray) -> FloatArray:
    """Return rotation.T (3, 3) times offset (3,); numba needs SciPy for a matrix product."""
    out = np.empty(3)
    for i in range(3):
        out[i] = (
            rotation[0, i] * offset[0] + rotation[1, i] * offset[1] + rotation[2, i] * offset[2]
        )
    return out


@jit
def deepest_cut(
    kind: int, half: FloatArray, center_m: FloatArray, rotation: FloatArray, balls: FloatArray
) -> tuple[float, int]:
    """Return how deep a ball cuts into the thing at most (negative: the gap), and which one."""
    worst, which = -1e9, 0
    for n in range(len(balls)):
        p = _into(rotation, balls[n, :3] - center_m)
        cut = balls[n, 3] - distance(kind, half, p[0], p[1], p[2])
        if cut > worst:
            worst, which = cut, n
    return worst, which


@jit
def _outward(kind: int, half: FloatArray, p: FloatArray) -> FloatArray:
    """Return the gradient (3,) of the distance at a point (3,), by differences."""
    out, step = np.empty(3), 1e-5
    here = distance(kind, half, p[0], p[1], p[2])
    for i in range(3):
        q = p.copy()
        q[i] += step
        out[i] = (distance(kind, half, q[0], q[1], q[2]) - here) / step
    return out


@jit
def settle(
    kind: int, half: FloatArray, seed_m: FloatArray, rotation: FloatArray, balls: FloatArray
) -> tuple[FloatArray, float]:
    """Push a thing out of the balls from a seed (3,); returns its centre and the cut left."""
    center = seed_m.copy()
    for _ in range(_PUSHES):
        cut, n = deepest_cut(kind, half, center, rotation, balls)
        if cut <= 0.5 * MAX_CUT_M:
            return center, cut
        p = _into(rotation, balls[n, :3] - center)
        center -= _into(rotation.T, _outward(kind, half, p)) * cut
    cut, _ = deepest_cut(kind, half, center, rotation, balls)
    return center, cut


@jit
def touched_parts(
    kind: int,
    half: FloatArray,
    center_m: FloatArray,
    rotation: FloatArray,
    balls: FloatArray,
    part: npt.NDArray[np.int64],
) -> int:
    """Return how many of thumb, fingers and palm lie within 6 mm of the thing."""
    seen = np.zeros(3)
    for n in range(len(balls)):
        p = _into(rotation, balls[n, :3] - center_m)
        if distance(kind, half, p[0], p[1], p[2]) - balls[n, 3] < _CONTACT_M:
            seen[part[n]] = 1.0
    return int(seen.sum())


def solid_mesh(kind: int, half: FloatArray, center_m: FloatArray, rotation: FloatArray) -> Mesh:
    """Return the mesh of a solid; half (3,) as distance() takes it, a ball's may be unequal."""
    if kind == CYLINDER:
        return cylinder(center_m, float(half[0]), float(half[2]), rotation)
    if kind == BALL:
        return ellipsoid(center_m, half, rotation)
    return box(center_m, half, rotation)
