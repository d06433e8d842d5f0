# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The hands of a source's frames."""

from collections.abc import Iterable, Iterator

from dense_hand_pose.estimator import HandPose, HandPoseEstimator

from .source import LiveFrame


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
