# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Where else to look while hands are followed and more are wanted: few cubes, in few frames.

The cubes go through the network with those of the followed hands. A promising place that shows
no hand yet is looked at again in the next frame, around what was seen there.
"""

from collections.abc import Sequence

from dense_hand_pose.localization.localizer import Localizer
from dense_hand_pose.localization.tracker import JUMP_M, Track, Tracker
import numpy as np
import numpy.typing as npt

from .config import EstimatorConfig
from .look import Frame, Seen
from .search import is_apart, propose

Point = npt.NDArray[np.float64]

_CUBES = 2
"""So many new places are looked at in a search; the others have their turn in the next."""
_PROMISING = 0.1
"""Of the least score that a hand must have."""
_LEAD_FRAMES = 1


class Lookout:
    """Looks for further hands; ``searches`` counts how often the localiser was asked."""

    def __init__(self, localizer: Localizer) -> None:
        self.searches = 0
        self._localizer = localizer
        self._waited = 0
        self._turn = 0
        self._lead: Point | None = None
        self._lead_frames = 0

    def reset(self) -> None:
        """Forget what looked promising."""
        self._waited, self._lead = 0, None

    def places(
        self, frame: Frame, config: EstimatorConfig, tracker: Tracker[Seen], max_hands: int
    ) -> list[Point]:
        """Return where to look in this frame beside the expected places of living tracks."""
        living = tracker.living
        if len(living) >= max_hands:
            self.reset()
            return []
        places = [track.expected_m for track in tracker.lost if track.expected_m[2] > 0.0]
        if self._lead is not None:
            places.append(self._lead)
        self._waited += 1
        if self._waited >= (config.search_every or self._localizer.search_every):
            self._waited = 0
            places += self._proposed(frame, config, living)
        return [
            place
            for number, place in enumerate(places)
            if is_apart(place, [track.expected_m for track in living], JUMP_M / 2)
            and is_apart(place, places[:number], JUMP_M / 4)
        ]

    def _proposed(
        self, frame: Frame, config: EstimatorConfig, living: Sequence[Track]
    ) -> list[Point]:
        """Ask the localiser; return the places whose turn it is, away from living tracks."""
        self.searches += 1
        taken = [track.expected_m for track in living]
        free = [
            proposal.center_m
            for proposal in propose(frame, self._localizer, config)
            if is_apart(proposal.center_m, taken, JUMP_M)
        ]
        chosen = [free[(self._turn + i) % len(free)] for i in range(min(_CUBES, len(free)))]
        self._turn += len(chosen)
        return chosen

    def learn(self, seen: Sequence[Seen | None], config: EstimatorConfig) -> None:
        """Take what was seen at the places: the best of those that are no hands yet is a lead."""
        unsure = [one for one in seen if one is not None and not one.is_hand(config)]
        best = max(unsure, key=lambda one: one.score, default=None)
        self._lead_frames += 1
        if best is not None and best.score >= _PROMISING * config.min_score:
            if self._lead is None:
                self._lead_frames = 0
            self._lead = best.center_m if self._lead_frames < _LEAD_FRAMES else None
        else:
            self._lead = None
