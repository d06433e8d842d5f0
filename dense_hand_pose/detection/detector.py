# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Detects hands in full depth frames by a small network (network/detector.py)."""

from collections.abc import Sequence
from typing import Final

from dense_hand_pose.camera.depth_image import check_depth, DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.camera.letterbox import Letterbox
from dense_hand_pose.codec.detector_input import encode_letterbox
from dense_hand_pose.network.score_settings import log_odds, ScoreSettings
from dense_hand_pose.network.weight_file import find_weights, WeightsError
from dense_hand_pose.runtimes.base import Model, Runtime
from dense_hand_pose.runtimes.precision import DETECTOR_INPUT, DETECTOR_OUTPUT
from dense_hand_pose.runtimes.registry import make_detector
import numpy as np

from .detections import decode_detections, Detection
from .nearest_surface import propose_centers
from .proposals import Candidate, SURFACES, TileCandidates, TileSet, WHOLE_FRAME
from .tiles import CORNERS, merge_candidates, scores_at, tiles_of

DEFAULT = 'detector'
MIN_SCORE, MAX_DETECTIONS = 0.5, 4
PROPOSED_SCORE, MOST_PROPOSED = 0.05, 10
"""Thresholds of candidates: the network decides about each, so a low score suffices."""
SCORES: Final = ScoreSettings()
"""What scores mean where the weights of the pose network have no entry."""
PROPOSED_SURFACES = 1
"""Number of places on the nearest surfaces that are candidates without a detection: compact and
cut hands that the detector misses are nearest to the camera as a rule."""
_SURFACES_TILE = 2
"""Surfaces are searched with the whole frame and this tile: in the first search of a frame, in
every third frame beside tracks, and in every fourth of a room without a hand."""
_SURFACE_APART_M = 0.025
"""A place on a surface that is nearer to a detection is that detection."""
_LEAST_SCORE = 0.01


class HandDetector:
    """Detects hands in full depth frames. Not thread-safe: one thread owns a detector."""

    check_every = 30
    tile_count = len(CORNERS)

    def __init__(
        self,
        runtime: Runtime,
        min_score: float = MIN_SCORE,
        max_detections: int = MAX_DETECTIONS,
        scores: ScoreSettings = SCORES,
        surfaces: int = 0,
    ) -> None:
        """Take the runtime of the network; ValueError for a score or a number out of range."""
        if not 0.0 < min_score <= 1.0:
            raise ValueError(f'min_score = {min_score}: expected more than 0, at most 1')
        if max_detections < 1:
            raise ValueError(f'max_detections = {max_detections}: expected 1 or more')
        self._runtime, self.min_score, self.max_detections = runtime, min_score, max_detections
        self._scores, self._surfaces = scores, surfaces

    @classmethod
    def load(
        cls,
        name: str = DEFAULT,
        backend: str = 'auto',
        threads: int = 0,
        *,
        min_score: float = MIN_SCORE,
        max_detections: int = MAX_DETECTIONS,
        precision: str = 'auto',
        scores: ScoreSettings = SCORES,
        surfaces: int = 0,
    ) -> 'HandDetector':
        """
        Load a shipped detector by name, or a .safetensors file.

        ``precision``: 'auto' is bfloat16 where OpenVINO and the CPU have it, else float32.
        ``scores``: neutral score and weight of the log odds, which belong to the weights of the
        pose network (network/score_settings.py). ``surfaces``: number of places on
        the nearest surfaces that search() adds for the whole frame.

        Raises WeightsError (a ValueError) for a missing or unusable file or one that holds no
        detector, ValueError for an unknown backend, BackendError where it cannot run.
        """
        try:
            model = Model(find_weights(name))
        except WeightsError as error:
            raise WeightsError(
                f'hand detector: {error}; install its weights, or train them with '
                'config/train/detector.yaml, or choose another roi.mode'
            ) from error
        if model.config.task != 'detector':
            raise WeightsError(
                f'{model.path}: a network for task {model.config.task!r}, no hand detector'
            )
        runtime = make_detector(backend, model, threads=threads, precision=precision)
        return cls(runtime, min_score, max_detections, scores, surfaces)

    @property
    def backend_name(self) -> str:
        """Return the name of the runtime: openvino, or cpu for PyTorch."""
        return self._runtime.name

    @property
    def precision(self) -> str:
        """Return what the network computes in: float32 or bfloat16."""
        return self._runtime.precision

    def detect(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        near_m: float,
        far_m: float,
    ) -> list[Detection]:
        """
        Return the hands with centres between near_m and far_m, the best first.

        depth: (H, W), ``unit_m`` metres a unit; NaN, Inf, 0 and negative depths are invalid. The
        network sees depths out of the range, too: an arm points to its hand. Raises ValueError for
        arrays of a wrong shape or type.
        """
        check_depth(depth, unit_m)
        letterbox = Letterbox.of(depth.shape[1], depth.shape[0])
        image = encode_letterbox(letterbox.sample(depth, unit_m), letterbox, intrinsics)
        most = 2 * self.max_detections
        maps = self._runtime.run({DETECTOR_INPUT: image[None]})[DETECTOR_OUTPUT][0]
        found = decode_detections(maps, letterbox, intrinsics, self.min_score, most)
        within = [one for one in found if near_m <= one.center_m[2] <= far_m]
        return within[: self.max_detections]

    def search(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        near_m: float,
        far_m: float,
        tiles: TileSet = WHOLE_FRAME,
    ) -> list[TileCandidates]:
        """Return the detections in tiles as candidates (proposals.Localizer)."""
        height, width = depth.shape
        found = []
        for tile in tiles_of(width, height, intrinsics, tiles):
            part = self.detect(tile.cut(depth), unit_m, tile.intrinsics, near_m, far_m)
            candidates = [Candidate(one.center_m, one.score) for one in part]
            found.append(TileCandidates(tile.number, tile.shows, candidates))
        if self._surfaces and tiles.whole and (_SURFACES_TILE in tiles.tiles or not tiles.tiles):
            most = self._surfaces
            centers = propose_centers(depth, unit_m, intrinsics, near_m, far_m, most)
            nearest = [Candidate(center, 0.0) for center in centers]
            found.append(TileCandidates(SURFACES, lambda _: False, nearest))
        return found

    def fuse(self, found: Sequence[TileCandidates]) -> list[Candidate]:
        """
        Return the best distinct detections of tiles, with the log odds of all their scores.

        Places on the nearest surfaces that are apart from all detections come last.
        """
        tiles = [one for one in found if one.number != SURFACES]
        merged = merge_candidates(tiles, self.min_score)[: self.max_detections]
        places = [place for one in found if one.number == SURFACES for place in one.candidates]
        merged += [
            (place, scores_at(place, tiles, self.min_score) or [self.min_score])
            for place in places
            if all(
                np.linalg.norm(place.center_m - one.center_m) >= _SURFACE_APART_M
                for one, _ in merged
            )
        ]
        return [
            one._replace(log_odds=fused_log_odds(scores, self._scores)) for one, scores in merged
        ]

    def propose(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        near_m: float,
        far_m: float,
        tiles: TileSet = WHOLE_FRAME,
    ) -> list[Candidate]:
        """Return the candidates of some tiles of one frame, the best first."""
        return self.fuse(self.search(depth, unit_m, intrinsics, near_m, far_m, tiles))

    @property
    def missing_log_odds(self) -> float:
        """Return the log odds of a place without a detection."""
        return fused_log_odds([self.min_score], self._scores)


def fused_log_odds(scores: Sequence[float], settings: ScoreSettings = SCORES) -> float:
    """
    Return what the scores of a place in several tiles add to the log odds of a hand there.

    It is 0 if all of them are the neutral score.
    """
    mean = sum(_log_odds(score) for score in scores) / len(scores)
    return settings.detector_weight * (mean - log_odds(settings.neutral_score))


def _log_odds(score: float) -> float:
    return log_odds(min(max(score, _LEAST_SCORE), 1.0 - _LEAST_SCORE))
