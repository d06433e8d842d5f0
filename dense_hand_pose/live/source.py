# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Sources of depth frames: iterables that can be closed; and the hands of their frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from dense_hand_pose.camera.depth_image import DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.estimator import HandPose, HandPoseEstimator


class SourceError(RuntimeError):
    """A source cannot be opened or goes silent; the message has the remedy."""


@dataclass(frozen=True)
class LiveFrame:
    """
    A depth image (H, W) in units of unit_m metres, its intrinsics, and its time in seconds.

    restarts: time fell back, as in a bag that loops; no hand goes on.
    """

    depth: DepthImage
    unit_m: float
    intrinsics: Intrinsics
    stamp_s: float
    restarts: bool = False


class Source(Protocol):
    """Frames in the order of their time; ``close`` releases the device or file."""

    name: str

    def __iter__(self) -> Iterator[LiveFrame]:
        """Yield frames; SourceError where the source fails."""
        ...

    def close(self) -> None:
        """Release what the source holds; may be called twice."""
        ...


def track_hands(
    frames: Iterable[LiveFrame], estimator: HandPoseEstimator
) -> Iterator[tuple[LiveFrame, list[HandPose]]]:
    """Yield each frame with its hands; the estimator follows them from frame to frame."""
    estimator.reset()
    for frame in frames:
        if frame.restarts:
            estimator.reset()
        hands = estimator.estimate_hands(
            frame.depth, frame.intrinsics, unit_m=frame.unit_m, stamp_s=frame.stamp_s
        )
        yield frame, hands
