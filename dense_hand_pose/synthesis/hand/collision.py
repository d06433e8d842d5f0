# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Self-collision of a hand approximated by capsules along its bones."""

import numpy as np
import numpy.typing as npt

from ..jit import jit

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
