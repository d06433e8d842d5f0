# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
How the hand of the synthetic camera moves: gestures in turn, palm or back, a slow wave.

Everything is a smooth function of time and of the seed; nothing depends on the frames before.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .anatomy import LIMITS_DEG, WRIST_DEVIATION, WRIST_FLEXION
from .gestures import GESTURE_DOF, GESTURES
from ..scenes.viewpoint import facing_rotation, rotation_from_vector

FloatArray = npt.NDArray[np.float64]
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
