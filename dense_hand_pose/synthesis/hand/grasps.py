# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hands that hold: power grasps about a cylinder of given radius, pinches of small things."""

import numpy as np
import numpy.typing as npt

from .anatomy import DOF_COUNT, FINGERS, THUMB
from .gestures import GESTURE_DOF, GESTURES

FloatArray = npt.NDArray[np.float64]
GRASP_RADIUS_M = (0.008, 0.042)
PINCHES = ('pinch_closed', 'tripod', 'ok', 'pinch_middle', 'beak')
# Flesh between the bones' axis and the thing; phalanges of a middle finger of a hand of 186 mm.
_FLESH_M, _PHALANX_M = 0.009, (0.044, 0.028, 0.023)
# Thumb opposed to the fingers, about a rod and about a jar: CMC, MCP and IP angles as in gestures.
_THUMB_ROD, _THUMB_JAR = (16.0, 34.0, 24.0, 34.0, 40.0), (-4.0, 44.0, 30.0, 8.0, 14.0)


def power_grasp_dof(radius_m: float) -> FloatArray:
    """
    Return (23,) angles whose fingers lie around a cylinder across the palm; degrees.

    The bones are tangents, at half their length l, of a circle of radius R (flesh included): two
    neighbours differ in direction by atan(l1 / 2R) + atan(l2 / 2R). Limits are not looked at.
    """
    around = radius_m + _FLESH_M
    half = np.degrees(np.arctan(np.array(_PHALANX_M) / 2.0 / around))
    dof: FloatArray = np.zeros(DOF_COUNT)
    # The palm is flat as long as its metacarpal: the knuckle bends by the first phalanx' half.
    bends = half[0] + 12.0, half[0] + half[1], half[1] + half[2]
    for first in FINGERS:
        dof[[first, first + 2, first + 3]] = bends
    share = (radius_m - GRASP_RADIUS_M[0]) / (GRASP_RADIUS_M[1] - GRASP_RADIUS_M[0])
    thumb = slice(THUMB, THUMB + 5)
    dof[thumb] = (1.0 - share) * np.array(_THUMB_ROD) + share * np.array(_THUMB_JAR)
    return dof


def pinch_dof(name: str, opening: float) -> FloatArray:
    """Return (23,) angles of a pinch of PINCHES, opened from 0 (tips meet) to 1 (some 3 cm)."""
    dof: FloatArray = GESTURE_DOF[list(GESTURES).index(name)].copy()
    for first in FINGERS:
        if dof[first] > 50.0:  # the fingers that pinch
            dof[first] -= 26.0 * opening
    dof[THUMB] -= 10.0 * opening
    return dof
