# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Fit the kinematic hand to the hands of a frame, with a memory for each track."""

from collections.abc import Sequence

from dense_hand_pose.kinematics.fitted_hand import FittedHand, LEFT, RIGHT
from dense_hand_pose.kinematics.hand_fitter import Estimate, fit_once, FitConfig, HandFitter
from dense_hand_pose.tracking.tracker import TrackMatch

from .crop_estimate import CropEstimate


class HandFits:
    """The fitters of the hands that are tracked, by hand_id."""

    def __init__(self) -> None:
        self._config: FitConfig | None = None
        self._fitters: dict[int, HandFitter] = {}

    def reset(self) -> None:
        """Forget all hands."""
        self._fitters = {}

    def fit(
        self,
        matches: Sequence[TrackMatch[CropEstimate]],
        config: FitConfig | None,
        stamp_s: float | None,
    ) -> list[FittedHand | None]:
        """Return the fitted hands of a frame; None for each without a configuration."""
        if config != self._config:
            self.reset()
            self._config = config
        if config is None:
            return [None] * len(matches)
        out: list[FittedHand | None] = []
        for one in matches:
            track = one.track
            if track.frames == 1 or track.hand_id not in self._fitters:
                self._fitters[track.hand_id] = HandFitter(config)
            estimate = estimate_of(one.observation, track.side_log_odds)
            out.append(self._fitters[track.hand_id](estimate, stamp_s))
        return out


def fit_alone(estimate: CropEstimate, config: FitConfig | None) -> FittedHand | None:
    """Return the fitted hand of an estimate without a track; None without a configuration."""
    if config is None:
        return None
    return fit_once([estimate_of(estimate, estimate.side_log_odds)])[0]


def estimate_of(estimate: CropEstimate, side_log_odds: float) -> Estimate:
    """Return the input of a fit, with the likelier side."""
    result, i = estimate.result, estimate.index
    side = RIGHT if side_log_odds >= 0.0 else LEFT
    return Estimate(estimate.joints_m, result.confidence[i], result.spread_m[i], side)
