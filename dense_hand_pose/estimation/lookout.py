# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Where else to look while hands are followed: few cubes, in few frames.

The cubes go through the network with those of the followed hands. A promising place that shows
no hand yet is looked at again in the next frame, around what was seen there. Where as many hands
are followed as are wanted, a localiser that can tell is asked now and then whether one of them is
none.
"""

from collections.abc import Sequence

from dense_hand_pose.detection.proposals import Localizer, Proposal, Views, WHOLE
from dense_hand_pose.tracking.tracker import JUMP_M, Track, Tracker
import numpy as np
import numpy.typing as npt

from .config import EstimatorConfig
from .crop_estimate import Frame, Seen
from .rota import Rota
from .search import is_apart, is_in_range, propose

Point = npt.NDArray[np.float64]

_CUBES = 2
"""So many new places are looked at in a search; the others have their turn in the next."""
_PROMISING = 0.1
"""Of the least score that a hand must have."""
_LEAD_FRAMES = 1
_LIKELY_SCORE = 0.5
"""Of the localiser, for a place to be looked at instead of a followed hand."""
_LOST_SOONER = 2
"""So many times as often is searched while a hand is missed that was followed a moment ago."""


class Lookout:
    """
    Looks for further hands.

    searches: how often the localiser was asked; doubtful: the followed hands that are none if what
    was proposed instead is one.
    """

    def __init__(self, localizer: Localizer, rota: Rota) -> None:
        self.searches = 0
        self.doubtful: list[Track] = []
        self._localizer, self._rota = localizer, rota
        self._waited = 0
        self._tried: list[Point] = []
        self._lead: Proposal | None = None
        self._lead_frames = 0

    def reset(self) -> None:
        """Forget what looked promising, and where it was looked already."""
        self._waited, self._lead, self._tried = 0, None, []

    def places(
        self, frame: Frame, config: EstimatorConfig, tracker: Tracker[Seen], max_hands: int
    ) -> list[Proposal]:
        """Return where to look in this frame beside the expected places of living tracks."""
        living, self.doubtful = tracker.living, []
        if len(living) >= max_hands:
            return self._rivals(frame, config, living)
        lost = [track.expected_m for track in tracker.lost]
        places = [Proposal(place, 0.0) for place in lost if is_in_range(place, config)]
        if self._lead is not None:
            places.append(self._lead)
        self._waited += 1
        if self._waited >= (config.search_every or self._pace(bool(lost))):
            self._waited = 0
            views = WHOLE if lost else self._rota.quick()
            places += self._proposed(frame, config, living, views)
        return [
            place
            for number, place in enumerate(places)
            if is_apart(place.center_m, [track.expected_m for track in living], JUMP_M / 2)
            and is_apart(place.center_m, [one.center_m for one in places[:number]], JUMP_M / 4)
        ]

    def _pace(self, lost: bool) -> int:
        """Return after how many frames to search; sooner where a hand was lost a moment ago."""
        every = self._localizer.search_every
        return max(1, every // _LOST_SOONER) if lost else every

    def _proposed(
        self, frame: Frame, config: EstimatorConfig, living: Sequence[Track], views: Views
    ) -> list[Proposal]:
        """
        Ask the localiser; return the most promising places away from living tracks.

        Those that were looked at in vain come last, until all have had their turn.
        """
        self.searches += 1
        taken = [track.expected_m for track in living]
        free = [
            place
            for place in propose(frame, self._localizer, config, views)
            if is_apart(place.center_m, taken, JUMP_M)
        ]
        fresh = [place for place in free if is_apart(place.center_m, self._tried, JUMP_M / 2)]
        if len(fresh) < _CUBES:  # a new round
            self._tried = []
        again = [place for place in free if all(place is not one for one in fresh)]
        chosen = [*fresh, *again][:_CUBES]
        self._tried += [place.center_m for place in chosen]
        return chosen

    def _rivals(
        self, frame: Frame, config: EstimatorConfig, living: Sequence[Track]
    ) -> list[Proposal]:
        """
        Return likely hands elsewhere, where a hand that is followed may be none.

        It may where none is proposed near by: else nothing is looked at.
        """
        self._lead, self._tried = None, []
        self._waited += 1
        if not 0 < self._localizer.check_every <= self._waited:
            return []
        self._waited = 0
        self.searches += 1
        proposed = propose(frame, self._localizer, config)
        known = [place.center_m for place in proposed]
        self.doubtful = [one for one in living if is_apart(one.expected_m, known, JUMP_M)]
        if not self.doubtful:
            return []
        taken = [track.expected_m for track in living]
        likely = [place for place in proposed if place.score >= _LIKELY_SCORE]
        return [place for place in likely if is_apart(place.center_m, taken, JUMP_M)][:_CUBES]

    def learn(self, seen: Sequence[Seen | None], config: EstimatorConfig) -> None:
        """Take what was seen at the places: the best of those that are no hands yet is a lead."""
        unsure = [one for one in seen if one is not None and not one.is_new_hand(config)]
        best = max(unsure, key=lambda one: one.score, default=None)
        self._lead_frames += 1
        if best is not None and best.score >= _PROMISING * config.min_score:
            if self._lead is None:
                self._lead_frames = 0
            lead = Proposal(best.center_m, best.score, best.evidence)
            self._lead = lead if self._lead_frames < _LEAD_FRAMES else None
        else:
            self._lead = None
