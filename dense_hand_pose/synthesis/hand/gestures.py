# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Named gestures as data, and smooth motions between them.

A gesture is a posture for the thumb and one for each finger, and a spread. A motion is a smooth
function of time and of the seed; nothing depends on the frames before.
"""

from dataclasses import dataclass
from typing import NamedTuple

from dense_hand_pose.kinematics.anatomy import (
    DOF_COUNT,
    FINGERS,
    LIMITS_DEG,
    THUMB,
    WRIST_DEVIATION,
    WRIST_FLEXION,
)
import numpy as np
import numpy.typing as npt

from ..scenes.viewpoint import facing_rotation, rotation_from_vector

FloatArray = npt.NDArray[np.float64]
DIP_PER_PIP = 0.62

# MCP and PIP flexion in degrees; the DIP joint follows the PIP joint.
FINGER_POSTURES: dict[str, tuple[float, float]] = {
    'straight': (0.0, 2.0),
    'back': (-12.0, 0.0),
    'relaxed': (20.0, 26.0),
    'bent': (40.0, 48.0),
    'cup': (32.0, 34.0),
    'round': (45.0, 62.0),
    'claw': (2.0, 72.0),
    'hook': (8.0, 98.0),
    'table': (78.0, 6.0),
    'beak': (66.0, 24.0),
    'pinch': (64.0, 47.0),
    'grip': (62.0, 72.0),
    'curled': (80.0, 98.0),
}
# CMC flexion, abduction and pronation, MCP and IP flexion in degrees.
THUMB_POSTURES: dict[str, tuple[float, float, float, float, float]] = {
    'rest': (2.0, 12.0, 5.0, 10.0, 10.0),
    'out': (-20.0, 6.0, -5.0, 0.0, -6.0),
    'up': (-22.0, 0.0, -8.0, 0.0, -8.0),
    'beside': (8.0, -6.0, 0.0, 6.0, 6.0),
    'front': (-2.0, 34.0, 15.0, 6.0, 8.0),
    'over': (22.0, 26.0, 18.0, 38.0, 38.0),
    'across': (30.0, 23.0, 22.0, 48.0, 42.0),
    'pinch_index': (5.0, 28.0, 24.0, 33.0, 24.0),
    'pinch_middle': (17.0, 31.0, 30.0, 36.0, 26.0),
    'pinch_ring': (28.0, 33.0, 34.0, 37.0, 27.0),
    'pinch_little': (35.0, 35.0, 35.0, 46.0, 31.0),
    'around': (10.0, 38.0, 26.0, 22.0, 34.0),
}
# Abduction in degrees of index, middle, ring and little finger at a spread of 1.
SPREAD_DEG = (14.0, 3.0, -9.0, -21.0)
_TOGETHER_DEG = (-4.0, 0.0, 3.0, 6.0)


class Gesture(NamedTuple):
    """Postures by name, fingers from index to little; spread from -1 to 1."""

    thumb: str
    fingers: tuple[str, str, str, str]
    spread: float


def _same(thumb: str, posture: str, spread: float) -> Gesture:
    return Gesture(thumb, (posture, posture, posture, posture), spread)


GESTURES: dict[str, Gesture] = {
    'flat': _same('beside', 'straight', -0.6),
    'open': _same('out', 'straight', 0.3),
    'spread': _same('out', 'straight', 1.0),
    'stretched': _same('up', 'back', 0.9),
    'relaxed': _same('rest', 'relaxed', 0.1),
    'half_closed': _same('rest', 'bent', 0.1),
    'fist': _same('over', 'curled', 0.0),
    'fist_thumb_across': _same('across', 'curled', 0.0),
    'thumb_up': _same('up', 'curled', 0.0),
    'thumb_beside_fist': _same('beside', 'curled', 0.0),
    'point': Gesture('over', ('straight', 'curled', 'curled', 'curled'), 0.0),
    'point_relaxed': Gesture('rest', ('straight', 'round', 'grip', 'grip'), 0.0),
    'gun': Gesture('up', ('straight', 'straight', 'curled', 'curled'), -0.5),
    'l': Gesture('out', ('straight', 'curled', 'curled', 'curled'), 0.0),
    'v': Gesture('over', ('straight', 'straight', 'curled', 'curled'), 0.8),
    'two': Gesture('over', ('straight', 'straight', 'curled', 'curled'), -0.5),
    'three': Gesture('across', ('straight', 'straight', 'straight', 'curled'), 0.6),
    'three_thumb': Gesture('out', ('straight', 'straight', 'curled', 'curled'), 0.7),
    'four': Gesture('across', ('straight', 'straight', 'straight', 'straight'), 0.6),
    'ok': Gesture('pinch_index', ('pinch', 'relaxed', 'straight', 'straight'), 0.5),
    'pinch_closed': Gesture('pinch_index', ('pinch', 'round', 'grip', 'grip'), 0.0),
    'pinch_middle': Gesture('pinch_middle', ('straight', 'pinch', 'straight', 'straight'), 0.3),
    'pinch_ring': Gesture('pinch_ring', ('straight', 'straight', 'pinch', 'straight'), 0.2),
    'pinch_little': Gesture('pinch_little', ('straight', 'straight', 'straight', 'pinch'), 0.2),
    'tripod': Gesture('pinch_index', ('pinch', 'pinch', 'round', 'grip'), -0.4),
    'horns': Gesture('across', ('straight', 'curled', 'curled', 'straight'), 0.3),
    'shaka': Gesture('out', ('curled', 'curled', 'curled', 'straight'), 0.4),
    'i_love_you': Gesture('out', ('straight', 'curled', 'curled', 'straight'), 0.5),
    'little_up': Gesture('over', ('curled', 'curled', 'curled', 'straight'), 0.0),
    'claw': _same('front', 'claw', 0.7),
    'hook': _same('rest', 'hook', 0.0),
    'grip': _same('around', 'grip', 0.0),
    'hold_bottle': _same('around', 'round', 0.2),
    'cup': _same('front', 'cup', -0.3),
    'table': _same('beside', 'table', -0.5),
    'beak': _same('pinch_middle', 'beak', -0.6),
}


def abduction_deg(spread: float) -> FloatArray:
    """Return the (4,) abduction of index to little finger for a spread from -1 to 1."""
    toward = SPREAD_DEG if spread >= 0.0 else _TOGETHER_DEG
    return np.array(toward) * abs(spread)


def gesture_dof(gesture: Gesture) -> FloatArray:
    """Return the (23,) angles in degrees of a gesture, with a straight wrist."""
    dof = np.zeros(DOF_COUNT)
    dof[slice(THUMB, THUMB + 5)] = THUMB_POSTURES[gesture.thumb]
    abduction = abduction_deg(gesture.spread)
    for first, posture, angle in zip(FINGERS, gesture.fingers, abduction, strict=True):
        mcp, pip = FINGER_POSTURES[posture]
        dof[slice(first, first + 4)] = mcp, angle, pip, DIP_PER_PIP * pip
    return dof


GESTURE_DOF: FloatArray = np.stack([gesture_dof(g) for g in GESTURES.values()])
"""(G, 23) angles of all gestures, in the order of GESTURES."""


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


EVERYDAY = (
    'open', 'point', 'v', 'three', 'four', 'spread', 'thumb_up', 'ok', 'relaxed', 'fist',
    'pinch_closed', 'flat', 'l', 'grip', 'hold_bottle', 'horns', 'point_relaxed', 'cup',
)  # fmt: skip
"""Gestures of the stream, by name."""
GESTURE_S, _CHANGE_S = 1.8, 0.7
_SIDES_S, _TURN_S = 9.0, 1.4  # the palm, then the back, then the palm ...
DISTANCE_M = (0.38, 0.57)


@dataclass(frozen=True)
class HandState:
    """Angles dof_deg (23,), rotation (3, 3) wrist to camera, center_m (3,) mean of the joints."""

    dof_deg: FloatArray
    rotation: FloatArray
    center_m: FloatArray


def smooth_step(x: float) -> float:
    """Return 0 below 0, 1 above 1, and between them a curve without jerks."""
    x = min(max(x, 0.0), 1.0)
    return x * x * x * (10.0 - 15.0 * x + 6.0 * x * x)


class Motion:
    """A reproducible motion: ``Motion(seed).at(t_s)``."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng([seed, 0])
        self._order = rng.permutation([list(GESTURES).index(name) for name in EVERYDAY])
        # Slow oscillations: periods of 5 to 11 s that do not repeat together.
        self._rate = 2.0 * np.pi / rng.uniform(5.0, 11.0, 8)
        self._phase = rng.uniform(-np.pi, np.pi, 8)
        self._tremor_phase = rng.uniform(-np.pi, np.pi, len(LIMITS_DEG))

    def gesture_name(self, t_s: float) -> str:
        """Return the gesture that is shown, or being formed, at a time."""
        place = int(self._order[int(t_s // GESTURE_S) % len(self._order)])
        return list(GESTURES)[place]

    def at(self, t_s: float) -> HandState:
        """Return the hand's pose and place at a time in seconds."""
        wave = np.sin(self._rate * t_s + self._phase)
        tilt = np.radians([22.0 + 8.0 * wave[0], 16.0 * wave[1]])
        upright = facing_rotation(True, np.zeros(2), 0.0)
        turned = rotation_from_vector(np.array([0.0, np.pi * self._back(t_s), 0.0])) @ upright
        roll = rotation_from_vector(np.array([0.0, 0.0, np.radians(28.0) * wave[2]]))
        lean = rotation_from_vector(np.array([tilt[0], tilt[1], 0.0]))
        near, far = DISTANCE_M
        distance = (near + far) / 2 + (far - near) / 2 * wave[3]
        center = np.array([0.07 * wave[4], 0.035 * wave[5] + 0.02, distance])
        return HandState(self._dof(t_s, wave), lean @ roll @ turned, center)

    def _back(self, t_s: float) -> float:
        """Return 0 while the palm faces the camera, 1 for the back, between them while turning."""
        turn, within = divmod(t_s, _SIDES_S)
        done = smooth_step((within - (_SIDES_S - _TURN_S)) / _TURN_S)
        return done if int(turn) % 2 == 0 else 1.0 - done

    def _dof(self, t_s: float, wave: FloatArray) -> FloatArray:
        count, within = divmod(t_s, GESTURE_S)
        before, now = (self._order[(int(count) + n) % len(self._order)] for n in (-1, 0))
        share = smooth_step(within / _CHANGE_S)
        dof = GESTURE_DOF[before] * (1.0 - share) + GESTURE_DOF[now] * share
        dof += 1.5 * np.sin(2.0 * np.pi * 0.9 * t_s + self._tremor_phase)
        dof[WRIST_FLEXION] += 10.0 * wave[6]
        dof[WRIST_DEVIATION] += 8.0 * wave[7]
        limited: FloatArray = np.clip(dof, LIMITS_DEG[:, 0], LIMITS_DEG[:, 1])
        return limited
