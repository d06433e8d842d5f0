# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Every frame of a bag through the estimator that the node uses, one after the other.

Nothing depends on time: the same bag, weights and machine give the same numbers. Unlike the node,
which keeps to the newest frame when the camera is faster, no frame is left out.
"""

from collections.abc import Callable, Iterable, Iterator
import time

from dense_hand_pose.bags.frames import BagFrame
from dense_hand_pose.bags.messages import NO_VERDICT, Verdict
from dense_hand_pose.camera.camera_info import intrinsics_of
from dense_hand_pose.camera.depth_image import depth_from_image, is_valid
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.estimator import HandPose, HandPoseEstimator
import numpy as np

from .records import FrameRecord, HAND

Progress = Callable[[Iterable[BagFrame]], Iterable[BagFrame]]


def estimate_offline(
    frames: Iterable[BagFrame], estimator: HandPoseEstimator
) -> Iterator[FrameRecord]:
    """Yield the answer to each frame; the track begins anew, and where the stamps fall back."""
    estimator.reset()
    for frame in frames:
        if frame.restarts:
            estimator.reset()
        if frame.cause:
            yield _dropped(frame, frame.cause)
            continue
        try:
            yield _estimate(frame, estimator)
        except InputError as error:
            yield _dropped(frame, error.cause)


def _estimate(frame: BagFrame, estimator: HandPoseEstimator) -> FrameRecord:
    """Return the answer to a frame; InputError for one that cannot be used."""
    begin = time.perf_counter()
    depth, unit_m = depth_from_image(frame.image)
    height, width = depth.shape
    intrinsics = intrinsics_of(frame.info, width, height, frame.rectified)
    decoded = time.perf_counter()
    stamp_s = 1e-9 * frame.stamp_ns
    pose = estimator.estimate(depth, intrinsics, unit_m=unit_m, stamp_s=stamp_s)
    end = time.perf_counter()
    outcome = HAND if pose is not None else 'no_hand'
    if pose is None and not is_valid(depth).any():
        outcome = 'no_valid_depth'
    stages_ms = {} if pose is None else dict(pose.stages_ms)
    stages_ms.pop('total', None)
    return FrameRecord(
        stamp_ns=frame.stamp_ns,
        received_ns=frame.received_ns,
        frame_id=frame.frame_id,
        outcome=outcome,
        **_of_pose(pose),
        verdict=NO_VERDICT if pose is None else Verdict(pose.side, pose.score, pose.side_score),
        latency_ms=1000.0 * (end - begin),
        stages_ms={'decode_message': 1000.0 * (decoded - begin), **stages_ms},
    )


def _of_pose(
    pose: HandPose | None,
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Return what a record holds of a pose."""
    if pose is None:
        return {}
    return {
        'joints_m': pose.joints.astype(np.float64),
        'confidence': pose.confidence.astype(np.float64),
        'spread_m': pose.spread.astype(np.float64),
    }


def _dropped(frame: BagFrame, cause: str) -> FrameRecord:
    """Return the record of a frame that could not be used."""
    return FrameRecord(
        stamp_ns=frame.stamp_ns,
        received_ns=frame.received_ns,
        frame_id=frame.frame_id,
        outcome=cause,
    )
