# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The answers that a bag already holds: those that the node gave while the bag was recorded.

Images and answers are matched by header.stamp. Where they are in one bag, latency is the receipt
of the answer minus that of its image; where the answers were recorded apart, while the bag of
the images was replayed, it is the receipt minus the stamp, on the clock of the replay.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dense_hand_pose.bags.frames import BagFrame, decode, Joints, joints_of
from dense_hand_pose.bags.messages import Certainty, CloudError, NO_VERDICT, read_cloud
from dense_hand_pose.bags.reader import BagFile
from dense_hand_pose.bags.rosbag import stamp_ns
from dense_hand_pose.bags.topics import CLOUD, POSES, ResultTopics
from dense_hand_pose.camera.input_error import InputError

from .records import FrameRecord, HAND

_LONGEST_MS = 60_000.0
"""More is no latency: two clocks that have nothing to do with each other."""


@dataclass
class RecordedAnswers:
    """By stamp: receipt and joints of each answer, and what the cloud says where recorded."""

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
            if outcome == 'no_camera_info':  # the node may have been told otherwise
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
            joints_m=joints,
            confidence=None if certainty is None else certainty.confidence.astype('f8'),
            spread_m=None if certainty is None else certainty.spread_m.astype('f8'),
            verdict=NO_VERDICT if certainty is None else certainty.verdict,
            latency_ms=latency_ms if known else None,
        )
