# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The One-Euro filter (Casiez, Roussel, Vogel: 1 EUR Filter, CHI 2012) on palm pose and angles.

A low-pass filter whose cut-off rises with the speed, on three kinds of motion: the palm's place
has one cut-off, its turn has one, and each angle has its own. Bones keep their length, which a
filter on points does not see to.
"""

from dataclasses import dataclass
import math

import numpy as np
import numpy.typing as npt

from .rotations import rotation_of_vector, vector_of_rotation

FloatArray = npt.NDArray[np.float64]

_SPEED_CUTOFF_HZ = 1.0
"""The cut-off of the speed's own filter, the paper's d_cutoff."""


@dataclass(frozen=True, kw_only=True)
class PoseFilterConfig:
    """
    How strongly a fitted hand is smoothed.

    ``min_cutoff_hz``: cut-off at rest, lower is smoother; ``beta_m``: by how many Hz the cut-off
    of the palm's place rises for each metre per second, ``beta_rad``: that of turn and angles for
    each radian per second; ``max_gap_s``: after a longer gap between frames the filter restarts.
    """

    min_cutoff_hz: float = 1.0
    beta_m: float = 60.0
    beta_rad: float = 3.0
    max_gap_s: float = 0.5

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        if not (math.isfinite(self.min_cutoff_hz) and self.min_cutoff_hz > 0.0):
            raise ValueError(f'min_cutoff_hz = {self.min_cutoff_hz}: expected a positive number')
        for name in ('beta_m', 'beta_rad'):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise ValueError(f'{name} = {value}: expected 0 or a positive number')
        if not self.max_gap_s > 0.0:
            raise ValueError(f'max_gap_s = {self.max_gap_s}: expected a positive number')


@dataclass(frozen=True)
class PalmState:
    """Where a hand is: turn (3, 3) palm to camera, place_m (3,), angles_rad (A,)."""

    turn: FloatArray
    place_m: FloatArray
    angles_rad: FloatArray


class PoseFilter:
    """
    Smooth the pose of one hand from frame to frame; not thread-safe.

    Times are those of the frames: the result does not depend on when a frame is processed.
    """

    def __init__(self, config: PoseFilterConfig | None = None) -> None:
        self.config = config or PoseFilterConfig()
        self._state: PalmState | None = None
        self._time_s = -math.inf
        self._speed = np.zeros(0)

    def reset(self) -> None:
        """Forget the past: the next pose comes out as it goes in."""
        self._state = None

    def __call__(self, state: PalmState, time_s: float) -> PalmState:
        """
        Return the pose smoothed with those before.

        Restarts where time does not rise and after a gap.
        """
        gap_s, before = time_s - self._time_s, self._state
        self._time_s = time_s
        if before is None or not 0.0 < gap_s <= self.config.max_gap_s:
            self._speed = np.zeros(6 + len(state.angles_rad))
            self._state = state
            return state
        turn = vector_of_rotation(before.turn.T @ state.turn)
        move = np.concatenate([
            turn, state.place_m - before.place_m, state.angles_rad - before.angles_rad
        ])  # fmt: skip
        self._speed += _share(_SPEED_CUTOFF_HZ, gap_s) * (move / gap_s - self._speed)
        move *= _share(self._cutoffs_hz(), gap_s)
        self._state = PalmState(
            before.turn @ rotation_of_vector(move[:3]),
            before.place_m + move[3:6],
            before.angles_rad + move[6:],
        )
        return self._state

    def _cutoffs_hz(self) -> FloatArray:
        """Return the cut-off (6 + A,) of each coordinate."""
        config, speed = self.config, np.abs(self._speed)
        speed[:3] = math.sqrt(float(speed[:3] @ speed[:3]))
        speed[3:6] = math.sqrt(float(speed[3:6] @ speed[3:6]))
        out: FloatArray = speed * config.beta_rad
        out[3:6] = speed[3:6] * config.beta_m
        return out + config.min_cutoff_hz


def _share(cutoff_hz: float | FloatArray, gap_s: float) -> float | FloatArray:
    """Return the weight of the new value: 1 / (1 + tau / T), tau = 1 / (2 pi f)."""
    turn = 2.0 * math.pi * cutoff_hz * gap_s
    return turn / (turn + 1.0)
