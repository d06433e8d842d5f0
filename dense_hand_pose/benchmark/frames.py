# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The frames that everybody gets: a synthetic hand in motion, rendered beforehand."""

from collections.abc import Iterator
from dataclasses import dataclass

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.synthesis.hand_stream import GestureSequence
import numpy as np
import numpy.typing as npt

RATE_HZ = 30.0
_KEPT = 300
"""Pictures in memory (184 MB); a longer run shows them again."""


@dataclass(frozen=True)
class TimedFrame:
    """A raw frame (480, 640) in millimetres, and the mean of the true joints (3,), metres."""

    depth_mm: npt.NDArray[np.uint16]
    intrinsics: Intrinsics
    center_m: npt.NDArray[np.float64]


class Film:
    """``count`` frames of a gesture sequence at 30 Hz."""

    def __init__(self, count: int, seed: int = 0) -> None:
        sequence = GestureSequence(seed=seed)
        frames = [sequence.frame(i / RATE_HZ) for i in range(min(count, _KEPT))]
        self.count = count
        self._frames = [
            TimedFrame(f.depth_mm, f.intrinsics, f.joints_m.mean(axis=0)) for f in frames
        ]

    def part(self, begin: int, length: int) -> Iterator[TimedFrame]:
        """Yield some frames; after the last one the first follows."""
        for i in range(begin, begin + length):
            yield self._frames[i % len(self._frames)]
