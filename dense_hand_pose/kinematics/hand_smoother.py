# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Smooth a fitted hand over time: pose_filter.py on its palm and angles, bones as they are."""

from .fitted_hand import build_hand, FittedHand
from .pose_filter import PalmState, PoseFilter, PoseFilterConfig
from .skeleton import PLACES

_MIDDLE = 2


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
