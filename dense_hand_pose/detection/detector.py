# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hands in whole depth frames, found by a small network (network/detector.py)."""

from collections.abc import Sequence
import math

from dense_hand_pose.camera.depth_image import check_depth, DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.camera.letterbox import encode_thumbnail, Thumbnail
from dense_hand_pose.network.weight_file import find_weights, WeightsError
from dense_hand_pose.runtimes.detector import DetectorRuntime, load_runtime
from dense_hand_pose.runtimes.model import Model

from .detections import Detection, detections
from .proposals import Proposal, Views, WHOLE
from .tiles import agreed, PARTS, views_of

DEFAULT = 'detector'
MIN_SCORE, MAX_HANDS = 0.5, 4
PROPOSED_SCORE, MOST_PROPOSED = 0.05, 10
"""What is proposed is looked at before it counts: far below the score that alone is a hand."""
NEUTRAL_SCORE, EVIDENCE = 0.135, 1.0
"""The score that tells nothing, and the weight of the others' log odds. With them 0.7 % of 7,200
random scenes without a hand show one (tools.choose_neutral_score, EstimatorConfig.min_new_score
0.7); the weight is from 1,300 scenes with and without. They belong to the shipped pair of detector
and verdict."""
_LEAST_SCORE = 0.01


class HandDetector:
    """Finds hands in whole depth frames. Not thread-safe: one thread owns a detector."""

    search_every = 4
    check_every = 30
    parts = len(PARTS)

    def __init__(
        self,
        runtime: DetectorRuntime,
        min_score: float = MIN_SCORE,
        max_hands: int = MAX_HANDS,
    ) -> None:
        """Take what runs the network; ValueError for a score or a number out of range."""
        if not 0.0 < min_score <= 1.0:
            raise ValueError(f'min_score = {min_score}: expected more than 0, at most 1')
        if max_hands < 1:
            raise ValueError(f'max_hands = {max_hands}: expected 1 or more')
        self._runtime, self.min_score, self.max_hands = runtime, min_score, max_hands

    @classmethod
    def load(
        cls,
        name: str = DEFAULT,
        backend: str = 'auto',
        threads: int = 0,
        *,
        min_score: float = MIN_SCORE,
        max_hands: int = MAX_HANDS,
        precision: str = 'auto',
    ) -> 'HandDetector':
        """
        Load a shipped detector by name, or a .safetensors file.

        ``precision``: 'auto' is bfloat16 where OpenVINO and the CPU have it, else float32.

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
        return cls(load_runtime(model, backend, threads, precision), min_score, max_hands)

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
        Return the hands with centres between near_m and far_m, the likeliest first.

        depth: (H, W), ``unit_m`` metres a unit; NaN, Inf, 0 and negative depths are invalid. What
        lies out of the range is seen nevertheless: an arm tells where its hand is. Raises
        ValueError for arrays of a wrong shape or type.
        """
        check_depth(depth, unit_m)
        thumbnail = Thumbnail.of(depth.shape[1], depth.shape[0])
        frame = encode_thumbnail(thumbnail.thin(depth, unit_m), thumbnail, intrinsics)
        maps = self._runtime.run(frame)
        found = detections(maps, thumbnail, intrinsics, self.min_score, 2 * self.max_hands)
        within = [one for one in found if near_m <= one.center_m[2] <= far_m]
        return within[: self.max_hands]

    def propose(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        near_m: float,
        far_m: float,
        views: Views = WHOLE,
    ) -> list[Proposal]:
        """Return the detections in some views as places to look at (localizer.Localizer)."""
        taken = views_of(depth, intrinsics, views)
        found = [self.detect(view.depth, unit_m, view.intrinsics, near_m, far_m) for view in taken]
        together = agreed(taken, found, self.min_score)[: self.max_hands]
        return [Proposal(one.center_m, one.score, evidence_of(scores)) for one, scores in together]


def evidence_of(scores: Sequence[float]) -> float:
    """
    Return what a place's scores in several views add to the log odds of a hand that is seen there.

    That is 0 if all of them are the neutral score.
    """
    mean = sum(_log_odds(score) for score in scores) / len(scores)
    return EVIDENCE * (mean - _log_odds(NEUTRAL_SCORE))


def _log_odds(score: float) -> float:
    limited = min(max(score, _LEAST_SCORE), 1.0 - _LEAST_SCORE)
    return math.log(limited / (1.0 - limited))
