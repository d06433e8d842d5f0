# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The answers to the frames of a bag: the estimator's, or those that a bag holds.

Every frame goes through the estimator that the node uses, one after the other. Nothing depends on
time: the same bag, weights and machine give the same numbers. Unlike the node, which keeps to the
newest frame when the camera is faster, no frame is left out.

Recorded answers are those that the node gave while the bag was recorded. Images and answers are
matched by header.stamp. Where they are in one bag, latency is the receipt of the answer minus that
of its image; where the answers were recorded apart, while the bag of the images was replayed, it
is the receipt minus the stamp, on the clock of the replay.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
import time

from dense_hand_pose.bags.camera_stream import Joints, joints_of
from dense_hand_pose.bags.frames import BagFrame
from dense_hand_pose.bags.messages import Certainty, CloudError, NO_VERDICT, read_cloud, Verdict
from dense_hand_pose.bags.raw import decode
from dense_hand_pose.bags.reader import BagFile
from dense_hand_pose.bags.topics import CLOUD, POSES, ResultTopics
from dense_hand_pose.camera.camera_info import stamp_ns
from dense_hand_pose.camera.depth_image import is_valid
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.estimator import HandPose, HandPoseEstimator

from .records import FrameRecord, HAND, HandRecord

_LONGEST_MS = 60_000.0
"""More is no latency: two clocks that have nothing to do with each other."""


def estimate_offline(
    frames: Iterable[BagFrame], estimator: HandPoseEstimator
) -> Iterator[FrameRecord]:
    """Yield the answer to each frame; a new track begins, also where the stamps fall back."""
    estimator.reset()
    for frame in frames:
        if frame.restarts:
            estimator.reset()
        if frame.cause:
            yield _dropped(frame, frame.cause, frame.reason)
            continue
        try:
            yield _estimate(frame, estimator)
        except InputError as error:
            yield _dropped(frame, error.cause, str(error))


def _estimate(frame: BagFrame, estimator: HandPoseEstimator) -> FrameRecord:
    """Return the answer to a frame; InputError for one that cannot be used."""
    begin = time.perf_counter()
    depth, unit_m, intrinsics = frame.read()
    decoded = time.perf_counter()
    stamp_s = 1e-9 * frame.stamp_ns
    if estimator.config.max_hands > 1:
        poses = estimator.estimate_hands(depth, intrinsics, unit_m=unit_m, stamp_s=stamp_s)
    else:
        pose = estimator.estimate(depth, intrinsics, unit_m=unit_m, stamp_s=stamp_s)
        poses = [] if pose is None else [pose]
    end = time.perf_counter()
    hands = [_hand(pose) for pose in poses]
    outcome = HAND if hands else 'no_hand'
    if not hands and not is_valid(depth).any():
        outcome = 'no_valid_depth'
    stages_ms = dict(poses[0].stages_ms) if poses else {}
    stages_ms.pop('total', None)
    return FrameRecord(
        stamp_ns=frame.stamp_ns,
        received_ns=frame.received_ns,
        frame_id=frame.frame_id,
        outcome=outcome,
        **(vars(hands[0]) if hands else {}),
        others=hands[1:],
        latency_ms=1000.0 * (end - begin),
        stages_ms={'decode_message': 1000.0 * (decoded - begin), **stages_ms},
    )


def _hand(pose: HandPose) -> HandRecord:
    """Return what a record holds of a pose."""
    return HandRecord(
        hand_id=pose.hand_id,
        joints_m=pose.joints.astype('f8'),
        confidence=pose.confidence.astype('f8'),
        spread_m=pose.spread.astype('f8'),
        verdict=Verdict(pose.side, pose.score, pose.side_score),
    )


def _dropped(frame: BagFrame, cause: str, reason: str) -> FrameRecord:
    """Return the record of a frame that could not be used."""
    return FrameRecord(
        stamp_ns=frame.stamp_ns,
        received_ns=frame.received_ns,
        frame_id=frame.frame_id,
        outcome=cause,
        reason=reason,
    )


@dataclass
class RecordedAnswers:
    """By stamp: receipt and joints of each answer, and the cloud's values where recorded."""

    joints: dict[int, tuple[int, Joints | None]] = field(default_factory=dict)
    certainty: dict[int, Certainty] = field(default_factory=dict)


def read_answers(bag: BagFile, topics: ResultTopics) -> RecordedAnswers:
    """
    Read the node's answers; messages that cannot be read are left out.

    Raises BagError for answers of other than 21 joints.
    """
    answers = RecordedAnswers()
    wanted = [name for name in (topics.joints, topics.cloud) if name is not None]
    for raw in bag.messages(wanted):
        is_cloud = raw.topic == topics.cloud
        try:
            message = decode(raw, CLOUD if is_cloud else POSES)
            certainty = read_cloud(message) if is_cloud else None
        except (InputError, CloudError):
            continue
        if certainty is not None:
            answers.certainty[stamp_ns(message)] = certainty
        else:
            joints = joints_of(message, raw.topic)
            answers.joints[stamp_ns(message)] = (raw.received_ns, joints)
    return answers


def recorded_answers(
    frames: Iterable[BagFrame], answers: RecordedAnswers, same_bag: bool
) -> Iterator[FrameRecord]:
    """Yield the record of each frame; one that nothing answered has the outcome 'unanswered'."""
    for frame in frames:
        received_ns, joints = answers.joints.get(frame.stamp_ns, (None, None))
        if frame.cause == 'repeated_stamp' or received_ns is None:
            outcome, joints, latency_ms = frame.cause or 'unanswered', None, None
            if outcome == 'no_camera_info':  # the node may have had other settings
                outcome = 'unanswered'
        else:
            outcome = 'no_hand' if joints is None else HAND
            begin_ns = frame.received_ns if same_bag else frame.stamp_ns
            latency_ms = (received_ns - begin_ns) / 1e6
        certainty = answers.certainty.get(frame.stamp_ns)
        if joints is None or certainty is None or len(certainty.confidence) != len(joints):
            certainty = None
        known = latency_ms is not None and 0.0 <= latency_ms <= _LONGEST_MS
        yield FrameRecord(
            stamp_ns=frame.stamp_ns,
            received_ns=frame.received_ns,
            frame_id=frame.frame_id,
            outcome=outcome,
            reason=frame.reason if outcome == frame.cause else '',
            joints_m=joints,
            confidence=None if certainty is None else certainty.confidence.astype('f8'),
            spread_m=None if certainty is None else certainty.spread_m.astype('f8'),
            verdict=NO_VERDICT if certainty is None else certainty.verdict,
            latency_ms=latency_ms if known else None,
        )
