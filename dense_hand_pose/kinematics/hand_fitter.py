# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Fit the hands of a stream: one shape and, where asked, one filter for each hand."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .fit import fit_hands, HandFit
from .fitted_hand import build_hand, FittedHand, LEFT, MIRROR
from .noise import joint_sigma_m
from .pose_filter import HandSmoother, PoseFilterConfig
from .shape_track import ShapeConfig, ShapeTrack
from .skeleton import JOINTS

FloatArray = npt.NDArray[np.float64]

FRAME_S = 1.0 / 30.0
"""The time between frames without stamps."""
_LONGEST_STEP_S = 0.1


class Estimate(NamedTuple):
    """Joints (21, 3) in metres with confidences and spreads (21,), and the hand's side."""

    joints_m: npt.NDArray[np.floating]
    confidence: npt.NDArray[np.floating]
    spread_m: npt.NDArray[np.floating]
    side: str


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """
    How joints become a hand.

    ``shape``: how bones are estimated over time; ``smoothing``: of the pose; None for none.
    """

    shape: ShapeConfig = field(default_factory=ShapeConfig)
    smoothing: PoseFilterConfig | None = None


class HandFitter:
    """The fit of one hand over the frames of a stream; not thread-safe."""

    def __init__(self, config: FitConfig | None = None) -> None:
        self.config = config or FitConfig()
        self._shape = ShapeTrack(self.config.shape)
        smoothing = self.config.smoothing
        self._smoother = None if smoothing is None else HandSmoother(smoothing)
        self._time_s: float | None = None
        self._before: HandFit | None = None
        self._side = ''

    def __call__(self, estimate: Estimate, time_s: float | None = None) -> FittedHand:
        """
        Return the hand of an estimate; its time in seconds, or 1/30 s after the one before.

        The result is finite and its angles are within their limits, whatever the joints are.
        """
        before_s = self._time_s
        now_s = (before_s or 0.0) + FRAME_S if time_s is None else time_s
        step_s = FRAME_S if before_s is None else now_s - before_s
        self._time_s = now_s
        held = self._shape.held
        follows = self._before is not None and estimate.side == self._side
        start = self._before if follows and 0.0 < step_s <= _LONGEST_STEP_S else None
        confidence = float(np.asarray(estimate.confidence, dtype=np.float64).sum()) / JOINTS
        learning = self._shape.wants(confidence, min(step_s, _LONGEST_STEP_S))
        fit = fit_hands(*_as_right(estimate), self._shape.known(), start=start, learning=learning)
        self._before, self._side = fit, estimate.side
        if learning and fit.seen is not None:
            self._shape.learn(fit.seen)
        hand = build_hand(
            estimate.side,
            fit.turn[0],
            fit.wrist_m[0],
            fit.angles_rad[0],
            fit.shape_m[0],
            held,
            fit.joints_m[0],
        )
        return hand if self._smoother is None else self._smoother(hand, now_s)


def fit_once(estimates: list[Estimate]) -> list[FittedHand]:
    """Return the hands of estimates that have no past, fitted together."""
    if not estimates:
        return []
    seen = [_as_right(one) for one in estimates]
    joints, sigma = (np.concatenate([one[i] for one in seen]) for i in (0, 1))
    fit = fit_hands(joints, sigma)
    columns = zip(fit.turn, fit.wrist_m, fit.angles_rad, fit.shape_m, strict=True)
    return [build_hand(one.side, *row) for one, row in zip(estimates, columns, strict=True)]


def _as_right(estimate: Estimate) -> tuple[FloatArray, FloatArray]:
    """Return joints (1, 21, 3) of a right hand, and the scales (1, 21) of their errors."""
    joints = np.asarray(estimate.joints_m, dtype=np.float64)[None]
    sigma = joint_sigma_m(
        np.asarray(estimate.confidence)[None], np.asarray(estimate.spread_m)[None]
    )
    return (joints * MIRROR if estimate.side == LEFT else joints), sigma
