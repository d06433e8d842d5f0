# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The One-Euro filter (Casiez, Roussel, Vogel: 1 EUR Filter, CHI 2012) on palm and angles.

A low-pass filter whose cut-off rises with the speed, on three kinds of motion: the palm's place
has one cut-off, its turn has one, and each angle has its own. Bones keep their length, which a
filter on points does not see to.
"""

from dataclasses import dataclass
import math

from dense_hand_pose.config_fields import bounded, check_fields
import numpy as np
import numpy.typing as npt

from .fitted_hand import build_hand, FittedHand
from .rotations import rotation_of_vector, vector_of_rotation
from .skeleton import PLACES

FloatArray = npt.NDArray[np.float64]

_SPEED_CUTOFF_HZ = 1.0
"""The cut-off of the speed's own filter, the paper's d_cutoff."""
_MIDDLE = 2


@dataclass(frozen=True, kw_only=True)
class PoseFilterConfig:
    """
    How strongly a fitted hand is smoothed.

    ``min_cutoff_hz``: cut-off at rest, lower is smoother; ``beta_m``: by how many Hz the cut-off
    of the palm's place rises for each metre per second, ``beta_rad``: that of turn and angles for
    each radian per second; ``max_gap_s``: after a longer gap between frames the filter restarts.
    """

    min_cutoff_hz: float = bounded(1.0, 0.01, 100.0, 'Hz')
    beta_m: float = bounded(60.0, 0.0, 10_000.0)
    beta_rad: float = bounded(3.0, 0.0, 1000.0)
    max_gap_s: float = bounded(0.5, 0.001, 60.0, 's')

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        check_fields(self)


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


class HandSmoother:
    """The filter of one hand; not thread-safe."""

    def __init__(self, config: PoseFilterConfig | None = None) -> None:
        self._filter = PoseFilter(config)
        self._side = ''

    @property
    def config(self) -> PoseFilterConfig:
        """Return or set how strongly the hand is smoothed, from the next frame on."""
        return self._filter.config

    @config.setter
    def config(self, config: PoseFilterConfig) -> None:
        self._filter.config = config

    def __call__(self, hand: FittedHand, time_s: float) -> FittedHand:
        """
        Return the hand of a time in seconds smoothed with those before.

        The middle of wrist and middle knuckle is what has a place and a speed: about the wrist
        alone a turn of the palm would move the fingers. Restarts where the side changes.
        """
        if hand.side != self._side:
            self._filter.reset()
            self._side = hand.side
        middle = 0.5 * hand.shape_m[:PLACES].reshape(-1, 3)[_MIDDLE]
        place = hand.wrist_m + hand.turn @ middle
        state = self._filter(PalmState(hand.turn, place, hand.angles), time_s)
        wrist = state.place_m - state.turn @ middle
        return build_hand(hand.side, state.turn, wrist, state.angles_rad, hand.shape_m, hand.held)
