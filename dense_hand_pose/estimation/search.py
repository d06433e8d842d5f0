# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Search for hands: in the full frame, or at a few candidates beside tracks.

Full-frame search: estimate a pose at each candidate, then refine the best. Search beside tracks
(background search): every few frames a few candidates join the batch of the tracks. A promising
one that is no hand yet is estimated again in the next frame, centred on its own estimate. While as
many hands are tracked as wanted, the localizer checks now and then whether another candidate is
the better hand.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dense_hand_pose.detection.proposals import Candidate, Localizer, TileSet, WHOLE_FRAME
from dense_hand_pose.detection.tiles import TileSchedule
from dense_hand_pose.runtimes.base import Backend
from dense_hand_pose.tracking.tracker import GATE_M, SAME_HAND_M, Track, TrackSet
import numpy as np
import numpy.typing as npt

from .config import EstimatorConfig
from .crop_estimate import CropEstimate, DepthFrame, estimate_crops

Point = npt.NDArray[np.float64]

_LARGEST_BATCH = 4
"""Largest batch of the runtimes; more cubes are split (runtimes)."""
_REFINEMENTS = 2
_SPARE_FINALISTS = 2
"""Number of candidates beyond max_hands that are refined."""
_HOPELESS_SCORE = 0.00125
"""Candidates of the detector below this score are not refined; it belongs to the weights."""
_CANDIDATES = 2
"""New candidates of one search beside tracks; the others have their turn in the next."""
_PROMISING = 0.1
"""Share of min_score above which a candidate is estimated again."""
_LEAD_FRAMES = 1
_LIKELY_SCORE = 0.5
"""Least score of a candidate that may replace a track."""
_LOST_SOONER = 2
"""Search this many times more often just after a track was lost."""


@dataclass(frozen=True)
class BesideTracks:
    """
    The estimates of a frame with tracks.

    tracked: for each active track the hand in its cube, None for no hand; found: the hands at
    other places, the best first; doubtful: numbers of the tracks that no candidate is near.
    """

    tracked: list[CropEstimate | None]
    found: list[CropEstimate]
    doubtful: frozenset[int] = frozenset()


class HandSearch:
    """Finds hands by a localizer's candidates and the network's estimates there."""

    def __init__(self, backend: Backend, localizer: Localizer) -> None:
        self._backend, self._localizer = backend, localizer
        self._schedule = TileSchedule(localizer.tile_count)
        self._searches = 0
        self.reset()

    @property
    def searches(self) -> int:
        """Return the number of frames in which the localizer was used."""
        return self._searches

    def reset(self) -> None:
        """Forget all frames."""
        self._schedule.reset()
        self._waited = 0
        self._tried: list[Point] = []
        self._lead: Candidate | None = None
        self._lead_frames = 0

    def warm_up(self, frame: DepthFrame) -> None:
        """
        Run the network on one cube and on several, and the localizer; nothing is remembered.

        Batches of one and of several cubes are different graphs to a runtime.
        """
        x, y, z = 0.0, 0.0, 0.5 * (frame.config.depth_min_m + frame.config.depth_max_m)
        candidate = Candidate(np.array([x, y, z]), 1.0)
        for count in (1, _LARGEST_BATCH):
            for _ in range(2):
                self._estimate(frame, [candidate] * count)
        self._find(frame, (), WHOLE_FRAME)

    def full_frame(
        self, frame: DepthFrame, remembered: Sequence[Point] = ()
    ) -> list[CropEstimate]:
        """
        Return up to max_hands hands of a frame, the best first.

        remembered: places (3,) of lost tracks, which are candidates, too. Each refinement centres
        the cubes on the estimates before.
        """
        self._searches += 1
        return self._find(frame, remembered, self._schedule.full_search())

    def _find(
        self, frame: DepthFrame, remembered: Sequence[Point], tiles: TileSet
    ) -> list[CropEstimate]:
        candidates = self._propose(frame, tiles)
        known = [one.center_m for one in candidates]
        candidates += [
            Candidate(place, 0.0)
            for place in remembered
            if frame.contains(place) and _is_apart(place, known, SAME_HAND_M)
        ]
        estimates = _distinct(self._estimate(frame, candidates))
        for _ in range(_REFINEMENTS):
            estimates = estimates[: frame.max_hands + _SPARE_FINALISTS]
            if not estimates:
                return []
            closer = [_refined(one) for one in estimates if not _is_hopeless(one)]
            estimates = _distinct([*estimates, *self._estimate(frame, closer)])
        return [one for one in estimates[: frame.max_hands] if one.is_hand(frame.config)]

    def alongside(self, frame: DepthFrame, tracks: TrackSet) -> BesideTracks:
        """Return the hands at the predicted places of active tracks and at a few candidates."""
        active = tracks.active
        reached = [track for track in active if frame.contains(track.expected_m)]
        doubtful: list[Track] = []
        if len(active) < frame.max_hands:
            others = self._further_hands(frame, tracks)
        else:
            others, doubtful = self._rivals(frame, active)
        expected = [Candidate(track.expected_m, 1.0) for track in reached]
        estimates = self._estimate(frame, expected + others)
        elsewhere = estimates[len(reached) :]
        self._choose_lead(elsewhere, frame.config)
        hands = {
            track.hand_id: estimate
            for track, estimate in zip(reached, estimates, strict=False)
            if estimate is not None and estimate.is_hand(frame.config)
        }
        found = [one for one in elsewhere if one is not None and one.is_hand(frame.config)]
        return BesideTracks(
            [hands.get(track.hand_id) for track in active],
            _distinct(found),
            frozenset(track.hand_id for track in doubtful),
        )

    def _further_hands(self, frame: DepthFrame, tracks: TrackSet) -> list[Candidate]:
        """Return the candidates beside fewer tracks than hands are wanted."""
        lost = [track.expected_m for track in tracks.lost]
        candidates = [Candidate(place, 0.0) for place in lost if frame.contains(place)]
        if self._lead is not None:
            candidates.append(self._lead)
        expected = [track.expected_m for track in tracks.active]
        self._waited += 1
        if self._waited >= (frame.config.search_every or self._interval(bool(lost))):
            self._waited = 0
            tiles = WHOLE_FRAME if lost else self._schedule.next_tile()
            candidates += self._untried(frame, expected, tiles)
        return [
            one
            for number, one in enumerate(candidates)
            if _is_apart(one.center_m, expected, GATE_M / 2)
            and _is_apart(one.center_m, [o.center_m for o in candidates[:number]], GATE_M / 4)
        ]

    def _interval(self, lost: bool) -> int:
        """Return the number of frames between two searches."""
        every = self._localizer.search_every
        return max(1, every // _LOST_SOONER) if lost else every

    def _untried(
        self, frame: DepthFrame, expected: Sequence[Point], tiles: TileSet
    ) -> list[Candidate]:
        """Return the best candidates away from the tracks; those tried without success last."""
        self._searches += 1
        free = [
            one for one in self._propose(frame, tiles) if _is_apart(one.center_m, expected, GATE_M)
        ]
        fresh = [one for one in free if _is_apart(one.center_m, self._tried, GATE_M / 2)]
        if len(fresh) < _CANDIDATES:  # all had their turn
            self._tried = []
        again = [one for one in free if all(one is not other for other in fresh)]
        chosen = [*fresh, *again][:_CANDIDATES]
        self._tried += [one.center_m for one in chosen]
        return chosen

    def _rivals(
        self, frame: DepthFrame, active: Sequence[Track]
    ) -> tuple[list[Candidate], list[Track]]:
        """
        Return likely hands elsewhere and the tracks without a candidate near them.

        Nothing where each track has a candidate.
        """
        self._lead, self._tried = None, []
        self._waited += 1
        if not 0 < self._localizer.check_every <= self._waited:
            return [], []
        self._waited = 0
        self._searches += 1
        candidates = self._propose(frame, WHOLE_FRAME)
        known = [one.center_m for one in candidates]
        doubtful = [one for one in active if _is_apart(one.expected_m, known, GATE_M)]
        if not doubtful:
            return [], []
        expected = [track.expected_m for track in active]
        likely = [one for one in candidates if one.score >= _LIKELY_SCORE]
        rivals = [one for one in likely if _is_apart(one.center_m, expected, GATE_M)]
        return rivals[:_CANDIDATES], doubtful

    def _choose_lead(
        self, estimates: Sequence[CropEstimate | None], config: EstimatorConfig
    ) -> None:
        """Keep the best estimate that is no hand yet for the next frame, once."""
        unsure = [one for one in estimates if one is not None and not one.is_new_hand(config)]
        best = max(unsure, key=lambda one: one.score, default=None)
        self._lead_frames += 1
        if best is not None and best.score >= _PROMISING * config.min_score:
            if self._lead is None:
                self._lead_frames = 0
            self._lead = _refined(best) if self._lead_frames < _LEAD_FRAMES else None
        else:
            self._lead = None

    def _propose(self, frame: DepthFrame, tiles: TileSet) -> list[Candidate]:
        near_m, far_m = frame.config.depth_min_m, frame.config.depth_max_m
        with frame.clock.stage('localize'):
            return self._localizer.propose(
                frame.depth, frame.unit_m, frame.intrinsics, near_m, far_m, tiles
            )

    def _estimate(
        self, frame: DepthFrame, candidates: Sequence[Candidate]
    ) -> list[CropEstimate | None]:
        return estimate_crops(self._backend, frame, candidates)


def _refined(estimate: CropEstimate) -> Candidate:
    """Return the candidate that is centred on an estimate."""
    return Candidate(estimate.center_m, estimate.score, estimate.detector_log_odds)


def _is_hopeless(estimate: CropEstimate) -> bool:
    return estimate.detector_log_odds != 0.0 and estimate.score < _HOPELESS_SCORE


def _distinct(estimates: Iterable[CropEstimate | None]) -> list[CropEstimate]:
    """Return the estimates, the best first, one for each hand."""
    ordered = sorted((one for one in estimates if one is not None), key=lambda one: -one.score)
    kept: list[CropEstimate] = []
    for one in ordered:
        if _is_apart(one.center_m, [other.center_m for other in kept], SAME_HAND_M):
            kept.append(one)
    return kept


def _is_apart(point: Point, others: Sequence[Point], least_m: float) -> bool:
    """Return whether a point (3,) is at least least_m away from all others."""
    return all(float(np.linalg.norm(point - other)) >= least_m for other in others)
