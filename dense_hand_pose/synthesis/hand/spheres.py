# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A hand as balls along its bones, and what its joints tell of the palm and of a grip."""

import numpy as np
import numpy.typing as npt

from .collision import ENDS, RADII_M
from ..objects.shapes import cross

FloatArray = npt.NDArray[np.float64]
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
