# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the worker hands to the publishers for one image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
from std_msgs.msg import Header

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose


@dataclass(frozen=True)
class Answer:
    """
    The hands in an image, in the order of their hand_id, and the image itself.

    depth: (H, W) in units of unit_m metres; the header is the image's, as it came.
    """

    header: Header
    hands: Sequence[HandPose]
    depth: np.ndarray
    unit_m: float
    intrinsics: Intrinsics

    @property
    def time_s(self) -> float:
        """Return the stamp in seconds."""
        return self.header.stamp.sec + 1e-9 * self.header.stamp.nanosec
