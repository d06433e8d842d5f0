# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A thing in the hand: a box, a cylinder, a ball or a tool, as large as the fingers leave room for.

The hand is approximated by balls along the bones (collision.py). A thing is put between thumb and
fingers or on the palm, pushed out of the balls and made smaller until it cuts no deeper into them
than flesh gives way; it counts as held when it touches two parts of the hand.
"""

from dense_hand_pose.synthesis.collision import ENDS, RADII_M
from dense_hand_pose.synthesis.jit import jit
from dense_hand_pose.synthesis.shapes import box, cross, cylinder, ellipsoid, frame_along, Mesh
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
HELD_SHARE, HELD_SHARE_GRASP = 0.10, 0.35
BOX, CYLINDER, BALL = 0, 1, 2
MAX_CUT_M, _CONTACT_M = 0.002, 0.006
_LENGTH_M = 0.186  # of the hand whose radii collision.py gives
_SHRINK, _SIZES, _PUSHES = 0.82, 8, 24
_KNUCKLES = [5, 9, 13, 17]
_MIDDLE_JOINTS = [6, 10, 14, 18]
# Balls so close that the hull between two of them sinks by 2 mm at most: on the long bones of the
# palm more of them. Rows: joints at the ends, part (0 thumb, 1 fingers, 2 palm).
_ROWS = [
    (a, b, radius, share, 2 if a == 0 else int(b > 4))
    for (a, b), radius in zip(ENDS.tolist(), RADII_M.tolist(), strict=True)
    for share in np.linspace(0.0, 1.0, 9 if a == 0 else 5).tolist()
]
_FIRST, _LAST = np.array([row[0] for row in _ROWS]), np.array([row[1] for row in _ROWS])
_RADII_M, _ALONG = np.array([row[2] for row in _ROWS]), np.array([[row[3]] for row in _ROWS])
_PART = np.array([row[4] for row in _ROWS], np.int64)


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
def deepest_cut(
    kind: int, half: FloatArray, center_m: FloatArray, rotation: FloatArray, balls: FloatArray
) -> tuple[float, int]:
    """Return how deep a ball cuts into the thing at most (negative: the gap), and which one."""
    worst, which = -1e9, 0
    for n in range(len(balls)):
        p = rotation.T @ (balls[n, :3] - center_m)
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
        p = rotation.T @ (balls[n, :3] - center)
        center -= (rotation @ _outward(kind, half, p)) * cut
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
        p = rotation.T @ (balls[n, :3] - center_m)
        if distance(kind, half, p[0], p[1], p[2]) - balls[n, 3] < _CONTACT_M:
            seen[part[n]] = 1.0
    return int(seen.sum())


def hand_balls(joints_m: FloatArray) -> FloatArray:
    """Return the balls (B, 4) of a hand with joints (21, 3), in the frame of the joints."""
    chain = joints_m[[9, 10, 11, 12]] - joints_m[[0, 9, 10, 11]]
    length = float(np.sqrt((chain * chain).sum(axis=1)).sum())
    balls = np.empty((len(_RADII_M), 4))
    balls[:, :3] = joints_m[_FIRST] * (1.0 - _ALONG) + joints_m[_LAST] * _ALONG
    balls[:, 3] = length / _LENGTH_M * _RADII_M
    return balls


def is_grasping(joints_m: FloatArray) -> bool:
    """Return whether the fingers are bent so that a thing may be between them and the thumb."""
    bones = joints_m[[7, 11, 15]] - joints_m[[6, 10, 14]]
    proximal = joints_m[[6, 10, 14]] - joints_m[[5, 9, 13]]
    cosine = (bones * proximal).sum(axis=1) / np.sqrt(
        (bones * bones).sum(axis=1) * (proximal * proximal).sum(axis=1)
    )
    return bool(0.0 < cosine.mean() < 0.9)


def palm_frame(joints_m: FloatArray, side: int) -> FloatArray:
    """Return the unit axes (3, 3), as rows: to the fingers, to the little finger, off the palm."""
    forward = joints_m[9] - joints_m[0]
    forward = forward / np.sqrt(forward @ forward)
    across = joints_m[17] - joints_m[5]
    across = across - (across @ forward) * forward
    across = across / np.sqrt(across @ across)
    return np.stack([forward, across, side * cross(forward, across)])


def hold(rng: np.random.Generator, joints_m: FloatArray, side: int) -> list[Mesh]:
    """Return the meshes of a thing in the hand (none where none fits); in the joints' frame."""
    axes = palm_frame(joints_m, side)
    balls = hand_balls(joints_m)
    pinch = rng.random() < 0.35
    tips = joints_m[8] if rng.random() < 0.5 else 0.5 * (joints_m[8] + joints_m[12])
    if pinch:
        seed, axis = 0.5 * (joints_m[4] + tips), rng.standard_normal(3)
        thumb = joints_m[4] - tips
        axis -= (axis @ thumb) / max(float(thumb @ thumb), 1e-12) * thumb
    else:
        inside = 0.6 * joints_m[_KNUCKLES].mean(axis=0) + 0.4 * joints_m[_MIDDLE_JOINTS].mean(
            axis=0
        )
        seed = inside + rng.uniform(0.02, 0.05) * axes[2] - rng.uniform(0.0, 0.03) * axes[0]
        axis = axes[1] + 0.25 * rng.standard_normal(3)
    axis /= np.sqrt(axis @ axis)
    kind = int(rng.integers(4))
    if kind == 3:
        return _tool(rng, seed, frame_along(axis), balls, pinch)
    size = rng.uniform(0.012, 0.028) if pinch else rng.uniform(0.018, 0.042)
    half = np.full(3, size)
    if kind == BOX:
        half = size * rng.uniform(0.45, 1.3, 3)
    if kind == CYLINDER or (kind == BOX and rng.random() < 0.5):
        half[2] = rng.uniform(0.03, 0.11)
    fitted = _fit(kind, half, seed, frame_along(axis), balls)
    return [] if fitted is None else [_mesh(kind, *fitted, frame_along(axis))]


def _fit(
    kind: int, half: FloatArray, seed_m: FloatArray, rotation: FloatArray, balls: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Return half sizes and centre of the largest thing that fits and is held, or None."""
    for _ in range(_SIZES):
        center, cut = settle(kind, half, seed_m, rotation, balls)
        moved = center - seed_m
        # What was pushed far went through the hand and lies beside or behind it.
        if cut <= MAX_CUT_M and moved @ moved < 0.04**2:
            if touched_parts(kind, half, center, rotation, balls, _PART) >= 2:
                return half, center
            return None
        half = half * (_SHRINK if kind != CYLINDER else np.array([_SHRINK, _SHRINK, 1.0]))
    return None


def _mesh(kind: int, half: FloatArray, center_m: FloatArray, rotation: FloatArray) -> Mesh:
    if kind == CYLINDER:
        return cylinder(center_m, float(half[0]), float(half[2]), rotation)
    if kind == BALL:
        return ellipsoid(center_m, half, rotation)
    return box(center_m, half, rotation)


def _tool(
    rng: np.random.Generator,
    seed_m: FloatArray,
    rotation: FloatArray,
    balls: FloatArray,
    pinch: bool,
) -> list[Mesh]:
    """Return a handle that is held and a head at one of its ends that touches nothing."""
    radius = rng.uniform(0.004, 0.008) if pinch else rng.uniform(0.008, 0.018)
    length = rng.uniform(0.05, 0.11)
    fitted = _fit(CYLINDER, np.array([radius, radius, length]), seed_m, rotation, balls)
    if fitted is None:
        return []
    half, center = fitted
    handle = _mesh(CYLINDER, half, center, rotation)
    head = rng.uniform(0.008, 0.03, 3)
    kind = int(rng.integers(3))
    if kind != BOX:
        head[:2] = head[0]
    if kind == BALL:
        head[2] = head[0]
    at = center + rotation[:, 2] * float(half[2] + 0.8 * head[2])
    if deepest_cut(kind, head, at, rotation, balls)[0] > 0.0:
        return [handle]
    return [handle, _mesh(kind, head, at, rotation)]
