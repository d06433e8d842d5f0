# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Smooth the hands of the node: fitted ones by palm and angles, others joint by joint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dense_hand_pose.kinematics.pose_filter import HandSmoother, PoseFilterConfig
from dense_hand_pose.tracking.smoothing import Smoother, SmoothingConfig
import numpy as np

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose

_BETA_M, _BETA_RAD = 3.0, 0.15
"""With the default smoothing.beta these give the values of PoseFilterConfig."""


class HandPoseSmoother:
    """The filters of tracked hands, one for each hand_id; a new track has a new filter."""

    def __init__(self) -> None:
        self._points = Smoother()
        self._fits: dict[int, HandSmoother] = {}

    def reset(self) -> None:
        """Restart every filter; may be called from another thread."""
        self._points.reset()
        self._fits = {}

    def __call__(
        self, hands: Sequence[HandPose], time_s: float, config: SmoothingConfig
    ) -> list[HandPose]:
        """Return the hands of the frame of a time, smoothed with those before."""
        points = self._points([hand for hand in hands if hand.fit is None], time_s, config)
        smoothed = {hand.hand_id: hand for hand in points}
        fits = self._fits
        for gone in set(fits) - {hand.hand_id for hand in hands if hand.fit is not None}:
            del fits[gone]
        for hand in hands:
            if hand.fit is None:
                continue
            if hand.frames_seen == 1 or hand.hand_id not in fits:
                fits[hand.hand_id] = HandSmoother()
            own = fits[hand.hand_id]
            own.config = pose_filter_config(config)
            fit = own(hand.fit, time_s)
            joints = fit.joints.astype(np.float32)
            smoothed[hand.hand_id] = replace(hand, joints=joints, fit=fit)
        return [smoothed[hand.hand_id] for hand in hands]


def pose_filter_config(config: SmoothingConfig) -> PoseFilterConfig:
    """Return the settings of palm and angles that go with those of points."""
    return PoseFilterConfig(
        min_cutoff_hz=config.min_cutoff_hz,
        beta_m=_BETA_M * config.beta,
        beta_rad=_BETA_RAD * config.beta,
        max_gap_s=config.max_gap_s,
    )
