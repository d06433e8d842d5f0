# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Search for hands: in the full frame, or at candidates beside tracks.

Full-frame search: estimate a pose at each candidate, then refine the best. Search beside tracks:
ROUND_FRAMES frames take the whole frame and each tile once, so that they find what a full-frame
search would find; the candidates join the batch of the tracks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dense_hand_pose.detection.proposals import (
    Candidate,
    Localizer,
    TileCandidates,
    TileSet,
    WHOLE_FRAME,
)  # fmt: skip
from dense_hand_pose.detection.tiles import ROUND_FRAMES, TileSchedule
from dense_hand_pose.network.score_settings import ScoreSettings
from dense_hand_pose.runtimes.base import Backend
from dense_hand_pose.tracking.tracker import GATE_M, SAME_HAND_M, Track, TrackSet
import numpy as np
import numpy.typing as npt

from .crop_estimate import CropEstimate, DepthFrame, estimate_crops
from .tried_places import TriedPlaces

Point = npt.NDArray[np.float64]

_LARGEST_BATCH = 4
"""Largest batch of the runtimes; more cubes are split (runtimes)."""
HOPELESS_SCORE = ScoreSettings().hopeless_score
_REFINEMENTS = 2
_SPARE_FINALISTS = 2
"""Number of candidates beyond max_hands that are refined."""
_CANDIDATES = 4
"""New candidates of one frame beside tracks; the others have their turn in the next."""
_OTHER_M = 0.07
"""Candidates nearer than this to a track are its hand."""
_LIKELY_SCORE = 0.5
"""Least score of a candidate that may replace a track."""


@dataclass(frozen=True)
class BesideTracks:
    """
    The estimates of a frame with tracks.

    tracked: for each active track the hand in its cube, None for no hand; sure: numbers of the
    tracks that a search of this frame would report, too; found: the hands at other places, the
    best first; doubtful: numbers of the tracks that no candidate is near.
    """

    tracked: list[CropEstimate | None]
    sure: frozenset[int]
    found: list[CropEstimate]
    doubtful: frozenset[int] = frozenset()


class HandSearch:
    """Finds hands by a localizer's candidates and the network's estimates there."""

    def __init__(
        self, backend: Backend, localizer: Localizer, hopeless_score: float = HOPELESS_SCORE
    ) -> None:
        """Take network and localizer; detections below ``hopeless_score`` are not refined."""
        self._backend, self._localizer = backend, localizer
        self._hopeless_score = hopeless_score
        self._schedule, self._tried = TileSchedule(localizer.tile_count), TriedPlaces()
        self._searches = 0
        self.reset()

    @property
    def searches(self) -> int:
        """Return the number of frames in which the localizer was used."""
        return self._searches

    def reset(self) -> None:
        """Forget all frames."""
        self._schedule.reset()
        self._tried.reset()
        self._tiles: dict[int, tuple[int, TileCandidates]] = {}
        self._waited = 0
        self._borderline = False

    def warm_up(self, frame: DepthFrame) -> None:
        """
        Run the network on one cube and on several, and the localizer; nothing is remembered.

        Batches of one and of several cubes are different graphs to a runtime.
        """
        z = 0.5 * (frame.config.depth_min_m + frame.config.depth_max_m)
        candidate = Candidate(np.array([0.0, 0.0, z]), 1.0)
        for count in (1, _LARGEST_BATCH):
            for _ in range(2):
                self._estimate(frame, [candidate] * count)
        self._localizer.fuse(self._localize(frame, WHOLE_FRAME))

    def full_frame(
        self, frame: DepthFrame, remembered: Sequence[Point] = ()
    ) -> list[CropEstimate]:
        """
        Return up to max_hands hands of a frame, the best first.

        remembered: places (3,) of lost tracks, which are candidates, too.
        """
        self._searches += 1
        proposed = self._candidates(frame, self._schedule.full_search())
        due = [one for one in proposed if self._tried.is_due(frame, one)]
        candidates = due + _places(frame, remembered, proposed)
        first = _distinct(self._estimate(frame, candidates))
        estimates = self._refine(frame, first, frame.max_hands)
        self._note(frame, due, [*first, *estimates])
        return [one for one in estimates[: frame.max_hands] if one.is_hand(frame.config)]

    def alongside(self, frame: DepthFrame, tracks: TrackSet) -> BesideTracks:
        """Return the hands at the predicted places of active tracks and at a few candidates."""
        reached = [track for track in tracks.active if frame.contains(track.expected_m)]
        proposed = self._propose(frame, tracks)
        others, doubtful = self._others(frame, tracks, proposed or [])
        expected = [Candidate(track.expected_m, 1.0) for track in reached]
        lost = _places(frame, [track.expected_m for track in tracks.lost], expected + others)
        estimates = self._estimate(frame, expected + others + lost)
        count = len(reached)
        at_tracks, elsewhere = estimates[:count], estimates[count:]
        hands = {
            track.hand_id: estimate
            for track, estimate in zip(reached, at_tracks, strict=True)
            if estimate is not None and estimate.is_hand(frame.config)
        }
        sure = self._sure(frame, hands, proposed)
        return BesideTracks(
            [hands.get(track.hand_id) for track in tracks.active],
            sure,
            self._further(frame, others, elsewhere),
            frozenset(track.hand_id for track in doubtful),
        )

    def _propose(self, frame: DepthFrame, tracks: TrackSet) -> list[Candidate] | None:
        """Return the candidates of the last tiles; None in a frame without a search."""
        self._waited += 1
        if len(tracks.active) < frame.max_hands or self._borderline:
            due = self._waited >= max(1, frame.config.search_every)
            tiles = self._schedule.round_step() if due else TileSet(whole=False)
        else:
            due = 0 < self._localizer.check_every <= self._waited
            tiles = WHOLE_FRAME
        if not due:
            return None
        self._waited = 0
        if not (tiles.whole or tiles.tiles):
            return None
        self._searches += 1
        return self._candidates(frame, tiles)

    def _others(
        self, frame: DepthFrame, tracks: TrackSet, proposed: Sequence[Candidate]
    ) -> tuple[list[Candidate], list[Track]]:
        """Return the candidates to estimate beside the tracks, and the doubtful tracks."""
        expected = [track.expected_m for track in tracks.active]
        if len(expected) < frame.max_hands:
            apart = [one for one in proposed if _is_apart(one.center_m, expected, _OTHER_M)]
            return [one for one in apart if self._tried.is_due(frame, one)][:_CANDIDATES], []
        likely = [one for one in proposed if one.score >= _LIKELY_SCORE]
        if any(track.unsure_s > 0.0 for track in tracks.active):
            # A track may be on a thing that its hand passed or put down: the hand is beside it.
            apart = [one for one in likely if _is_apart(one.center_m, expected, SAME_HAND_M)]
            return apart[:_CANDIDATES], []
        known = [one.center_m for one in proposed if one.score > 0.0]
        doubtful = [one for one in tracks.active if _is_apart(one.expected_m, known, GATE_M)]
        if not doubtful:
            return [], []
        rivals = [one for one in likely if _is_apart(one.center_m, expected, GATE_M)]
        return rivals[:_CANDIDATES], doubtful

    def _further(
        self,
        frame: DepthFrame,
        candidates: Sequence[Candidate],
        estimates: Sequence[CropEstimate | None],
    ) -> list[CropEstimate]:
        """Return the hands beside the tracks; those that are no new hand yet are refined."""
        first = _distinct(estimates)
        sure = [one for one in first if one.is_new_hand(frame.config)]
        unsure = [one for one in first if not one.is_new_hand(frame.config)]
        refined = self._refine(frame, unsure, frame.max_hands) if candidates else unsure
        self._note(frame, candidates, [*first, *refined])
        return _distinct(one for one in [*sure, *refined] if one.is_hand(frame.config))

    def _refine(
        self, frame: DepthFrame, estimates: list[CropEstimate], hands: int
    ) -> list[CropEstimate]:
        """Return the best estimates, centred on the estimates before."""
        for _ in range(_REFINEMENTS):
            estimates = estimates[: hands + _SPARE_FINALISTS]
            closer = [
                Candidate(one.center_m, one.score, one.detector_log_odds)
                for one in estimates
                if not one.detector_log_odds or one.score >= self._hopeless_score
            ]
            estimates = _distinct([*estimates, *self._estimate(frame, closer)])
        return estimates

    def _note(
        self,
        frame: DepthFrame,
        candidates: Sequence[Candidate],
        estimates: Sequence[CropEstimate],
    ) -> None:
        """Note the best network score at each candidate."""
        for candidate in candidates:
            scores = [
                one.network_score
                for one in estimates
                if not _is_apart(one.center_m, [candidate.center_m], GATE_M)
            ]
            self._tried.add(frame, candidate.center_m, max(scores, default=0.0))

    def _sure(
        self,
        frame: DepthFrame,
        hands: dict[int, CropEstimate],
        proposed: list[Candidate] | None,
    ) -> frozenset[int]:
        """Return the numbers of the hands that a search of the frame would report as new ones."""
        worst = self._localizer.missing_log_odds
        doubted = {
            number: one
            for number, one in hands.items()
            if not one.with_log_odds(min(worst, 0.0)).is_new_hand(frame.config)
        }
        self._borderline = bool(doubted)
        if doubted and proposed is None:
            proposed = self._localizer.fuse(self._recent(frame))
        refuted = set()
        for number, one in doubted.items():
            gaps = [
                (float(np.linalg.norm(candidate.center_m - one.center_m)), candidate.log_odds)
                for candidate in proposed or []
            ]
            gap_m, log_odds = min(gaps, default=(np.inf, worst))
            opinion = log_odds if gap_m < _OTHER_M else worst
            if not one.with_log_odds(opinion).is_new_hand(frame.config):
                refuted.add(number)
        return frozenset(hands) - refuted

    def _candidates(self, frame: DepthFrame, tiles: TileSet) -> list[Candidate]:
        """Search tiles; return the candidates of the newest search of each tile."""
        for found in self._localize(frame, tiles):
            self._tiles[found.number] = (frame.number, found)
        return self._localizer.fuse(self._recent(frame))

    def _recent(self, frame: DepthFrame) -> list[TileCandidates]:
        """Return what tiles showed in the last frames, or in this one alone without tracking."""
        oldest = frame.number
        if frame.config.roi_mode == 'tracked':
            oldest -= max(ROUND_FRAMES, self._localizer.tile_count) - 1
        self._tiles = {n: one for n, one in self._tiles.items() if one[0] >= oldest}
        return [found for _, (_, found) in sorted(self._tiles.items())]

    def _localize(self, frame: DepthFrame, tiles: TileSet) -> list[TileCandidates]:
        near_m, far_m = frame.config.depth_min_m, frame.config.depth_max_m
        with frame.clock.stage('localize'):
            return self._localizer.search(
                frame.depth, frame.unit_m, frame.intrinsics, near_m, far_m, tiles
            )

    def _estimate(
        self, frame: DepthFrame, candidates: Sequence[Candidate]
    ) -> list[CropEstimate | None]:
        return estimate_crops(self._backend, frame, candidates)


def _places(
    frame: DepthFrame, places: Sequence[Point], others: Sequence[Candidate]
) -> list[Candidate]:
    """Return places (3,) within the depth range as candidates, but those of other candidates."""
    known = [one.center_m for one in others]
    inside = [place for place in places if frame.contains(place)]
    return [Candidate(one, 0.0) for one in inside if _is_apart(one, known, SAME_HAND_M)]


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
