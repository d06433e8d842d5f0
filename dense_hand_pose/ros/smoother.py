# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""One-Euro filters for the hands that are followed, each with its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from dense_hand_pose.tracking.smoothing import OneEuroFilter, SmoothingConfig

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose


class Smoother:
    """Smooth the joints of hands by hand_id; a hand that is new, or was gone, begins anew."""

    def __init__(self) -> None:
        self._filters: dict[int, OneEuroFilter] = {}

    def reset(self) -> None:
        """Begin anew with every hand; may be called from another thread."""
        self._filters = {}

    def __call__(
        self, hands: Sequence[HandPose], time_s: float, config: SmoothingConfig
    ) -> list[HandPose]:
        """Return the hands of the frame of a time, smoothed with those before."""
        filters = self._filters
        numbers = {pose.hand_id for pose in hands}
        for gone in set(filters) - numbers:
            del filters[gone]
        smoothed = []
        for pose in hands:
            if pose.frames_seen == 1 or pose.hand_id not in filters:
                filters[pose.hand_id] = OneEuroFilter()
            own = filters[pose.hand_id]
            own.config = config
            smoothed.append(replace(pose, joints=own(pose.joints, time_s)))
        return smoothed
