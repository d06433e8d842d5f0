# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Memory of the places that were estimated without a hand, so that no place is estimated needlessly.

A place is due again after ROUND_FRAMES frames, at once where the localizer's opinion now suffices
for a hand, and later where the estimate was far from a hand and the depth there has not changed.
"""

from dataclasses import dataclass

from dense_hand_pose.camera.crop import crop_depth, CropWindow
from dense_hand_pose.detection.proposals import Candidate
from dense_hand_pose.tracking.tracker import SAME_HAND_M
import numpy as np
import numpy.typing as npt

from .crop_estimate import DepthFrame
from .hand_score import combined_score

Point = npt.NDArray[np.float64]

ROUND_FRAMES = 3
"""Frames within which all tiles are searched once and all candidates estimated."""
_SETTLED_FRAMES = 15
"""Frames after which a place is estimated again even if nothing has changed there."""
_SAME_PLACE_M = 0.08
"""A cube shows what is this near to its centre."""
_SETTLED_SCORE = 0.1
"""Network scores below it are no hand by a margin that noise does not bridge."""
_STEP_PX = 4
_CHANGED_DEPTH = 0.103
"""
Normalised depth by which a changed pixel differs: 15.45 mm in a cube of 300 mm.

Between the steps of depth images (depth_image.BETWEEN_STEPS_M), as every threshold of depth.
"""
_CHANGED_SHARE = 0.03
"""Share of changed pixels of a place that has changed."""


@dataclass(frozen=True)
class _Tried:
    window: CropWindow
    depth: npt.NDArray[np.float32]
    network_score: float
    frame: int


class TriedPlaces:
    """The places that were estimated in the last frames without a new hand."""

    def __init__(self) -> None:
        self._tried: list[_Tried] = []

    def reset(self) -> None:
        """Forget all places."""
        self._tried = []

    def add(self, frame: DepthFrame, center_m: Point, network_score: float) -> None:
        """Note the score of a place (3,) in a frame; it replaces earlier ones there."""
        x, y, z = (float(value) for value in center_m)
        if z <= 0.0:
            return
        window = CropWindow((x, y, z), frame.config.cube_size_m, frame.intrinsics)
        self._tried = [
            one
            for one in self._tried
            if frame.number - one.frame <= _SETTLED_FRAMES and _gap_m(one, center_m) >= SAME_HAND_M
        ]
        self._tried.append(_Tried(window, _thinned(frame, window), network_score, frame.number))

    def is_due(self, frame: DepthFrame, candidate: Candidate) -> bool:
        """Return whether a candidate is to be estimated in a frame."""
        gaps = sorted(
            ((_gap_m(one, candidate.center_m), one) for one in self._tried), key=lambda o: o[0]
        )
        if not gaps or gaps[0][0] >= _SAME_PLACE_M:
            return True
        gap_m, tried = gaps[0]
        age = frame.number - tried.frame
        score = combined_score(tried.network_score, candidate.log_odds)
        if score >= frame.config.min_new_score:
            return True
        if age < ROUND_FRAMES and gap_m < SAME_HAND_M:
            return False
        if tried.network_score >= _SETTLED_SCORE or age >= _SETTLED_FRAMES:
            return True
        return _has_changed(frame, tried)


def _has_changed(frame: DepthFrame, tried: _Tried) -> bool:
    now = _thinned(frame, tried.window)
    return bool((np.abs(now - tried.depth) > _CHANGED_DEPTH).mean() > _CHANGED_SHARE)


def _thinned(frame: DepthFrame, window: CropWindow) -> npt.NDArray[np.float32]:
    """Return every _STEP_PX-th pixel of a crop in both directions."""
    crop = crop_depth(frame.depth, window, frame.unit_m)
    return np.array(crop[::_STEP_PX, ::_STEP_PX])


def _gap_m(tried: _Tried, center_m: Point) -> float:
    return float(np.linalg.norm(np.array(tried.window.center_m) - center_m))
