# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A look at cubes of a frame: all of them go through the network in one batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dense_hand_pose.camera.crop import BACKGROUND, crop_depth, CropWindow
from dense_hand_pose.camera.depth_image import DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.runtimes.base import Backend, Result
from dense_hand_pose.tracking.handedness import side_log_odds
import numpy as np
import numpy.typing as npt

from .clock import Clock
from .config import EstimatorConfig
from .hand_score import hand_scores, probability_log_odds

Array = npt.NDArray[np.float32]
Point = npt.NDArray[np.float64]

MIN_FOREGROUND_PX = 100
"""Crop pixels (of 16,384) below which there is nothing to look at."""
MIN_Z_M = 0.01


@dataclass(frozen=True)
class Frame:
    """A depth frame that was checked, and the clock that runs for it."""

    depth: DepthImage
    unit_m: float
    intrinsics: Intrinsics
    clock: Clock


@dataclass(frozen=True)
class Seen:
    """
    What the network saw in one cube: row ``index`` of a batch's result.

    cube_m (3,): the centre of the cube; own_score in [0, 1] of being a hand, by what is seen
    alone; side_log_odds of a right hand; evidence: what the localiser knew of the place
    (localizer.Proposal).
    """

    result: Result
    index: int
    cube_m: Array
    own_score: float
    side_log_odds: float
    evidence: float = 0.0

    @cached_property
    def score(self) -> float:
        """Return the score in [0, 1] of being a hand, by all that is known."""
        if self.evidence == 0.0:
            return self.own_score
        odds = probability_log_odds(np.array(self.own_score)) + self.evidence
        return float(1.0 / (1.0 + np.exp(-odds)))

    @cached_property
    def joints_m(self) -> Array:
        """Return the joints (21, 3), all before the camera."""
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
        """Say whether this is to be reported as a hand that is known already."""
        return self.confidence >= config.min_confidence and self.score >= config.min_score

    def is_new_hand(self, config: EstimatorConfig) -> bool:
        """Say whether this is to be reported as a hand where none was known."""
        return self.is_hand(config) and self.score >= config.min_new_score


def look(
    backend: Backend,
    frame: Frame,
    centers: Sequence[npt.NDArray[np.floating]],
    config: EstimatorConfig,
    evidence: Sequence[float] | None = None,
) -> list[Seen | None]:
    """
    Run the network once, on a cube around each centre; None for a cube that is empty.

    ``evidence``: what is known of each of the places; nothing if None.
    """
    size_m = config.cube_size_m
    with frame.clock.stage('crop'):
        windows: dict[int, CropWindow] = {}
        crops = []
        for place, (x, y, z) in enumerate(np.asarray(centers, np.float64).reshape(-1, 3)):
            if z <= config.depth_min_m / 2:
                continue
            window = CropWindow((float(x), float(y), float(z)), size_m, frame.intrinsics)
            crop = crop_depth(frame.depth, window, frame.unit_m)
            if np.count_nonzero(crop < BACKGROUND) >= MIN_FOREGROUND_PX:
                windows[place] = window
                crops.append(crop)
    seen: list[Seen | None] = [None] * len(centers)
    if not crops:
        return seen
    with frame.clock.stage('network'):
        at = np.array([window.center_m for window in windows.values()], np.float32)
        sizes = np.full(len(at), size_m, np.float32)
        result = backend.run(np.stack(crops), at, sizes, config.decoding())
    scores, sides = hand_scores(result), _sides(result)
    for i, place in enumerate(windows):
        known = 0.0 if evidence is None else evidence[place]
        seen[place] = Seen(result, i, at[i], float(scores[i]), float(sides[i]), known)
    return seen


def _sides(result: Result) -> Point:
    """Return the log odds (N,) of right hands: the network's own, or else those of the joints."""
    side = result.side
    if side is None:
        return side_log_odds(result.joints_m)
    return probability_log_odds((1.0 + side) / 2.0)
