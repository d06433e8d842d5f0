# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A hand as capsules and balls along its bones: self-collision, the palm and the grip."""

import numpy as np
import numpy.typing as npt

from ..jit import jit
from ..objects.shapes import cross

FloatArray = npt.NDArray[np.float64]
MAX_DEPTH_M = 0.003

# Joint pairs (of the 21) that carry a capsule, and its radius on a hand of 186 mm. The radii are a
# little below the half thickness of the mesh: soft flesh gives way.
_THUMB = [(1, 2, 11.0), (2, 3, 8.5), (3, 4, 7.0)]
_FINGERS = [
    (first + i, first + i + 1, radius)
    for first, thickness in ((5, 1.0), (9, 1.0), (13, 0.95), (17, 0.85))
    for i, radius in enumerate((8.0 * thickness, 7.2 * thickness, 6.2 * thickness))
]
_PALM = [(0, 5, 9.0), (0, 9, 9.0), (0, 13, 9.0), (0, 17, 9.0)]
_CAPSULES = _THUMB + _FINGERS + _PALM
_REFERENCE_LENGTH_M = 0.186


def _part(capsule: tuple[int, int, float]) -> int:
    """Return 0 for the palm, 1 to 5 for thumb to little finger."""
    first, last, _ = capsule
    return 0 if first == 0 else (last - 1) // 4 + 1


def _pairs() -> list[tuple[int, int]]:
    """Return the pairs of capsules that can collide: not of one finger, not joined."""
    out = []
    for i, a in enumerate(_CAPSULES):
        for j, b in enumerate(_CAPSULES[:i]):
            parts = {_part(a), _part(b)}
            same = len(parts) == 1
            # A finger's first phalanx and the thumb's metacarpal grow out of the palm; the two
            # phalanges beyond can touch it.
            rooted = 0 in parts and (a[0] in (1, 5, 9, 13, 17) or b[0] in (1, 5, 9, 13, 17))
            # Neighbouring first phalanges share the web between them.
            web = a[0] in (5, 9, 13, 17) and b[0] in (5, 9, 13, 17)
            if not (same or rooted or web):
                out.append((i, j))
    return out


ENDS = np.array([c[:2] for c in _CAPSULES], dtype=np.int64)
"""(C, 2) joints at the ends of every capsule."""
RADII_M = np.array([c[2] * 1e-3 for c in _CAPSULES])
PAIRS = np.array(_pairs(), dtype=np.int64)
"""(P, 2) capsules to test against each other."""


@jit
def segment_distance(p: FloatArray, q: FloatArray, r: FloatArray, s: FloatArray) -> float:
    """Return the distance between the segments p q and r s (3-vectors of positive length)."""
    aa = ab = bb = ac = bc = 0.0
    for i in range(3):
        a, b, c = q[i] - p[i], s[i] - r[i], p[i] - r[i]
        aa, ab, bb, ac, bc = aa + a * a, ab + a * b, bb + b * b, ac + a * c, bc + b * c
    determinant = aa * bb - ab * ab
    x = 0.0
    if determinant > 1e-12 * aa * bb:
        x = min(max((ab * bc - ac * bb) / determinant, 0.0), 1.0)
    y = (ab * x + bc) / bb
    if y < 0.0:
        y, x = 0.0, min(max(-ac / aa, 0.0), 1.0)
    elif y > 1.0:
        y, x = 1.0, min(max((ab - ac) / aa, 0.0), 1.0)
    total = 0.0
    for i in range(3):
        gap = (p[i] + (q[i] - p[i]) * x) - (r[i] + (s[i] - r[i]) * y)
        total += gap * gap
    return float(np.sqrt(total))


@jit
def _deepest(
    joints_m: FloatArray,
    thickness: float,
    ends: npt.NDArray[np.int64],
    radii_m: FloatArray,
    pairs: npt.NDArray[np.int64],
) -> float:
    deepest = 0.0
    for n in range(len(pairs)):
        i, j = pairs[n, 0], pairs[n, 1]
        distance = segment_distance(
            joints_m[ends[i, 0]], joints_m[ends[i, 1]], joints_m[ends[j, 0]], joints_m[ends[j, 1]]
        )
        deepest = max(deepest, thickness * (radii_m[i] + radii_m[j]) - distance)
    return deepest


def penetration_m(joints_m: FloatArray, length_m: float = _REFERENCE_LENGTH_M) -> float:
    """Return how deep the (21, 3) joints' capsules cut into each other at most; 0 when free."""
    return float(_deepest(joints_m, length_m / _REFERENCE_LENGTH_M, ENDS, RADII_M, PAIRS))


_LENGTH_M = 0.186  # of the hand whose radii collision.py gives
# Balls so close that the hull between two of them sinks by 2 mm at most: on the long bones of the
# palm more of them. Rows: joints at the ends, part (0 thumb, 1 fingers, 2 palm).
_ROWS = [
    (a, b, radius, share, 2 if a == 0 else int(b > 4))
    for (a, b), radius in zip(ENDS.tolist(), RADII_M.tolist(), strict=True)
    for share in np.linspace(0.0, 1.0, 9 if a == 0 else 5).tolist()
]
_FIRST, _LAST = np.array([row[0] for row in _ROWS]), np.array([row[1] for row in _ROWS])
_RADII_M, _ALONG = np.array([row[2] for row in _ROWS]), np.array([[row[3]] for row in _ROWS])
PART = np.array([row[4] for row in _ROWS], np.int64)
"""(B,) which part each ball belongs to."""


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
