# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Estimates of the network in cubes of a frame; all cubes of a call are one batch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
import time

from dense_hand_pose.camera.crop import BACKGROUND, crop_depth, CropWindow
from dense_hand_pose.camera.depth_image import DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.detection.proposals import Candidate
from dense_hand_pose.runtimes.base import Backend
from dense_hand_pose.tracking.handedness import side_log_odds
import numpy as np
import numpy.typing as npt

from .config import EstimatorConfig
from .crop_symmetries import run_views
from .hand_score import combined_score, hand_scores, probability_log_odds

Array = npt.NDArray[np.float32]
Point = npt.NDArray[np.float64]

STAGES = ('localize', 'crop', 'network')
MIN_FOREGROUND_PX = 100
"""A crop with fewer foreground pixels (of 16,384) is empty."""
MIN_Z_M = 0.01


class StageClock:
    """Adds up the time of each stage of a frame; ``with clock.stage('crop'): ...``."""

    def __init__(self) -> None:
        self._begin = time.perf_counter()
        self._spent_s = dict.fromkeys(STAGES, 0.0)
        self._stage, self._stage_begin = '', 0.0

    def stage(self, name: str) -> 'StageClock':
        """Choose the stage that the next ``with`` block belongs to."""
        self._stage = name
        return self

    def __enter__(self) -> None:
        """Begin the stage."""
        self._stage_begin = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        """Add the time of the block to its stage."""
        self._spent_s[self._stage] += time.perf_counter() - self._stage_begin

    def stages_ms(self) -> dict[str, float]:
        """Return the milliseconds of each stage, and 'total' since the clock was made."""
        total_s = time.perf_counter() - self._begin
        return {name: 1000.0 * s for name, s in {**self._spent_s, 'total': total_s}.items()}


@dataclass(frozen=True)
class DepthFrame:
    """A checked depth image, its camera, its settings, its number and time, its clock."""

    depth: DepthImage
    unit_m: float
    intrinsics: Intrinsics
    config: EstimatorConfig
    max_hands: int
    number: int
    time_s: float
    clock: StageClock

    def contains(self, point_m: Point) -> bool:
        """Return whether a point (3,) lies between the nearest and the farthest depth."""
        return bool(self.config.depth_min_m <= point_m[2] <= self.config.depth_max_m)


@dataclass(frozen=True)
class CropEstimate:
    """
    The network's estimate in one cube: row ``index`` of the result of a batch.

    cube_m (3,): centre of the cube; network_score in [0, 1]: whether it is a hand, by the estimate
    alone; side_log_odds of a right hand; detector_log_odds: the localizer's opinion of the place
    (Candidate.log_odds).
    """

    result: Result
    index: int
    cube_m: Array
    network_score: float
    side_log_odds: float
    detector_log_odds: float = 0.0

    @cached_property
    def score(self) -> float:
        """Return whether it is a hand, in [0, 1], by network and localizer together."""
        return combined_score(self.network_score, self.detector_log_odds)

    @cached_property
    def joints_m(self) -> Array:
        """Return the joints (21, 3), metres, all in front of the camera."""
        joints: Array = self.result.joints_m[self.index].copy()
        joints[:, 2] = np.maximum(joints[:, 2], MIN_Z_M)
        return joints

    @cached_property
    def center_m(self) -> Point:
        """Return the mean of the joints (3,)."""
        center: Point = self.joints_m.mean(axis=0).astype(np.float64)
        return center

    @cached_property
    def confidence(self) -> float:
        """Return the mean confidence of the joints."""
        return float(self.result.confidence[self.index].mean())

    def is_hand(self, config: EstimatorConfig) -> bool:
        """Return whether the scores suffice for a hand that is tracked."""
        return self.confidence >= config.min_confidence and self.score >= config.min_score

    def with_log_odds(self, log_odds: float) -> 'CropEstimate':
        """Return the estimate with another opinion of the localizer."""
        return replace(self, detector_log_odds=log_odds)

    def is_new_hand(self, config: EstimatorConfig) -> bool:
        """Return whether the scores suffice for a hand that is not tracked yet."""
        return self.is_hand(config) and self.score >= config.min_new_score


def estimate_crops(
    backend: Backend, frame: DepthFrame, candidates: Sequence[Candidate]
) -> list[CropEstimate | None]:
    """Run the network once on a cube around each candidate; None for an empty cube."""
    config = frame.config
    with frame.clock.stage('crop'):
        windows: dict[int, CropWindow] = {}
        crops = []
        for place, candidate in enumerate(candidates):
            x, y, z = (float(value) for value in candidate.center_m)
            if z <= config.depth_min_m / 2:
                continue
            window = CropWindow((x, y, z), config.cube_size_m, frame.intrinsics)
            crop = crop_depth(frame.depth, window, frame.unit_m)
            if np.count_nonzero(crop < BACKGROUND) >= MIN_FOREGROUND_PX:
                windows[place] = window
                crops.append(crop)
    estimates: list[CropEstimate | None] = [None] * len(candidates)
    if not crops:
        return estimates
    with frame.clock.stage('network'):
        centers = np.array([window.center_m for window in windows.values()], np.float32)
        sizes = np.full(len(centers), config.cube_size_m, np.float32)
        result = run_views(backend, np.stack(crops), centers, sizes, config.decoding, config.views)
    scores, sides = hand_scores(result), _sides(result)
    for i, place in enumerate(windows):
        estimates[place] = CropEstimate(
            result, i, centers[i], float(scores[i]), float(sides[i]), candidates[place].log_odds
        )
    return estimates


def _sides(result: Result) -> Point:
    """Return the log odds (N,) of right hands: the network's, or else those of the joints."""
    side = result.side
    if side is None:
        return side_log_odds(result.joints_m)
    return probability_log_odds((1.0 + side) / 2.0)
