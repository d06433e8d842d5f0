# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The One-Euro filter on joints (Casiez, Roussel, Vogel: 1 EUR Filter, CHI 2012).

A low-pass filter whose cut-off rises with the speed: still hands do not tremble, and fast ones
do not lag. Each joint has one cut-off, by its speed in space, so that the result is the same for
every orientation of the camera.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math
from typing import Protocol, TypeVar

from dense_hand_pose.config_fields import bounded, check_fields
import numpy as np
import numpy.typing as npt

_SPEED_CUTOFF_HZ = 1.0
"""The cut-off of the speed's own filter, the paper's d_cutoff."""


@dataclass(frozen=True, kw_only=True)
class SmoothingConfig:
    """
    How strongly joints are smoothed.

    ``min_cutoff_hz``: cut-off for a joint at rest, lower is smoother; ``beta``: by how many Hz the
    cut-off rises for each metre per second, higher lags less; ``max_gap_s``: a longer gap between
    frames restarts the filter.
    """

    min_cutoff_hz: float = bounded(1.5, 0.01, 100.0, 'Hz')
    beta: float = bounded(20.0, 0.0, 1000.0)
    max_gap_s: float = bounded(0.5, 0.001, 60.0, 's')

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        check_fields(self)


class OneEuroFilter:
    """
    Smooth the joints of one hand from frame to frame.

    Times are those of the frames: the result does not depend on the frame rate or on the time of
    processing. Not thread-safe.
    """

    def __init__(self, config: SmoothingConfig | None = None) -> None:
        self.config = config or SmoothingConfig()
        self._joints_m = self._velocity = np.zeros((0, 3))
        self._time_s: float | None = None

    def reset(self) -> None:
        """Restart: the next joints are returned as they are."""
        self._time_s = None

    def __call__(
        self, joints_m: npt.NDArray[np.floating], time_s: float
    ) -> npt.NDArray[np.float32]:
        """
        Return joints (J, 3), metres, smoothed with those before.

        Restarts where time does not rise, after a gap, and for another number of joints.
        """
        joints = np.array(joints_m, dtype=np.float64)
        gap_s = math.inf if self._time_s is None else time_s - self._time_s
        if not 0.0 < gap_s <= self.config.max_gap_s or joints.shape != self._joints_m.shape:
            self._joints_m, self._velocity = joints, np.zeros_like(joints)
        else:
            velocity = (joints - self._joints_m) / gap_s
            self._velocity += _share(_SPEED_CUTOFF_HZ, gap_s) * (velocity - self._velocity)
            speed = np.linalg.norm(self._velocity, axis=1, keepdims=True)
            share = _share(self.config.min_cutoff_hz + self.config.beta * speed, gap_s)
            self._joints_m = self._joints_m + share * (joints - self._joints_m)
        self._time_s = time_s
        return self._joints_m.astype(np.float32)


class Hand(Protocol):
    """A tracked hand: joints (21, 3), the number of its track, and of its frames so far."""

    joints: npt.NDArray[np.float32]
    hand_id: int
    frames_seen: int


H = TypeVar('H', bound=Hand)


class Smoother:
    """One-Euro filters of tracked hands, one for each hand_id."""

    def __init__(self) -> None:
        self._filters: dict[int, OneEuroFilter] = {}

    def reset(self) -> None:
        """Restart every filter; may be called from another thread."""
        self._filters = {}

    def __call__(self, hands: Sequence[H], time_s: float, config: SmoothingConfig) -> list[H]:
        """Return the hands of the frame of a time, smoothed; a new track has a new filter."""
        filters = self._filters
        numbers = {hand.hand_id for hand in hands}
        for gone in set(filters) - numbers:
            del filters[gone]
        smoothed = []
        for hand in hands:
            if hand.frames_seen == 1 or hand.hand_id not in filters:
                filters[hand.hand_id] = OneEuroFilter()
            own = filters[hand.hand_id]
            own.config = config
            joints = own(hand.joints, time_s)
            smoothed.append(replace(hand, joints=joints))  # type: ignore[type-var]
        return smoothed


def _share(
    cutoff_hz: float | npt.NDArray[np.float64], gap_s: float
) -> float | npt.NDArray[np.float64]:
    """Return the weight of the new value: 1 / (1 + tau / T), tau = 1 / (2 pi f)."""
    turn = 2.0 * math.pi * cutoff_hz * gap_s
    return turn / (turn + 1.0)
