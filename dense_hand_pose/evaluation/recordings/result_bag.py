# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The answers of an evaluation as a bag: the topics that the node would have published."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from dense_hand_pose.bags.messages import MessageWriter
from dense_hand_pose.bags.rosbag import BagTopic, RawMessage, write_bag
from dense_hand_pose.bags.topics import CLOUD, POSES
from dense_hand_pose.skeleton import HAND_21

from .records import Recording

RESULT_TOPICS: Final = (
    BagTopic(name='/hand_pose/joints', type_name=POSES),
    BagTopic(name='/hand_pose/joints_cloud', type_name=CLOUD),
    BagTopic(name='/hand_pose/joint_names', type_name='std_msgs/msg/String', latched=True),
)


def write_results(folder: Path, recording: Recording) -> int:
    """
    Write a new bag with the answers and return how many messages it holds.

    Each bears the header of its image and the image's time of receipt. Raises FileExistsError
    when ``folder`` exists.
    """
    return write_bag(folder, RESULT_TOPICS, _messages(recording))


def _messages(recording: Recording) -> Iterator[RawMessage]:
    """Yield the names of the joints and the answer to each frame that was looked at."""
    joints, cloud, names = (topic.name for topic in RESULT_TOPICS)
    answered = [frame for frame in recording.frames if frame.answered]
    for place, frame in enumerate(answered):
        make = MessageWriter(frame.stamp_ns, frame.received_ns, frame.frame_id)
        if place == 0:
            yield make.names(names, HAND_21.joints)
        yield make.poses(joints, frame.joints_m)
        if frame.joints_m is None or frame.confidence is not None:
            certainty = frame.confidence, frame.spread_m
            yield make.cloud(cloud, frame.joints_m, *certainty, frame.verdict)
