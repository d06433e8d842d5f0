# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The degrees of freedom of the hand: names, limits, couplings; and the constants of its data file.

Angles are measured against a straight hand in the plane of the third metacarpal. Flexion is
positive towards the palm, finger abduction positive towards the thumb, wrist deviation positive
towards the little finger, thumb abduction positive out of the palm's plane (palmar abduction).
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

WRIST_FLEXION, WRIST_DEVIATION = 0, 1
THUMB = 2  # CMC flexion, CMC abduction, CMC pronation, MCP flexion, IP flexion
FINGERS = (7, 11, 15, 19)  # index, middle, ring, little: MCP flexion, MCP abduction, PIP, DIP
MCP, ABDUCTION, PIP, DIP = 0, 1, 2, 3
DOF_COUNT = 23

_FINGER_ABDUCTION = ((-12, 20), (-12, 12), (-18, 10), (-30, 8))
LIMITS_DEG: FloatArray = np.array(
    [(-65, 70), (-20, 35), (-25, 40), (-10, 45), (-10, 35), (-10, 60), (-20, 80)]
    + [
        limit
        for abduction in _FINGER_ABDUCTION
        for limit in ((-20, 92), abduction, (-3, 108), (-8, 80))
    ],
    dtype=np.float64,
)
"""(DOF_COUNT, 2) lowest and highest angle of every degree of freedom."""

RING_ARCH, LITTLE_ARCH = 0.06, 0.13
"""Flexion of the ring and little metacarpals per flexion of their MCP joints (palmar arch)."""

ANGLE_NAMES: tuple[str, ...] = (
    'thumb_cmc_flexion',
    'thumb_cmc_abduction',
    'thumb_cmc_pronation',
    'thumb_mcp_flexion',
    'thumb_ip_flexion',
    *(
        f'{finger}_{angle}'
        for finger in ('index', 'middle', 'ring', 'little')
        for angle in ('mcp_flexion', 'mcp_abduction', 'pip_flexion', 'dip_flexion')
    ),
)
"""The 21 angles that joints determine: all but the wrist's two, which need the forearm."""

ANGLE_COUNT = len(ANGLE_NAMES)
LOWEST_RAD, HIGHEST_RAD = np.radians(LIMITS_DEG[THUMB:]).T.copy()
"""(ANGLE_COUNT,) limits of the angles of ANGLE_NAMES, radians."""


DATA_FILE = Path(__file__).parent / 'data' / 'hand.npz'


@lru_cache(maxsize=1)
def read_arrays() -> dict[str, npt.NDArray[np.float64]]:
    """Return all arrays of the file by name (cached)."""
    with np.load(DATA_FILE, allow_pickle=False) as data:
        return {name: data[name].astype(np.float64) for name in data}
