# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A topic of poses for each hand: ~/joints for hand 0, ~/hand_1/joints for hand 1, and so on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geometry_msgs.msg import PoseArray
from rclpy.qos import QoSProfile
from std_msgs.msg import Header

from .messages import pose_array
from .publishers import Publishers

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose


class JointTopics:
    """Publish the poses of every hand for every frame: an empty array where it is not seen."""

    def __init__(
        self, publishers: Publishers, topic: str, max_hands: int, qos: QoSProfile
    ) -> None:
        """Create the topic of hand 0, and below ~/hand_1 and so on those of the others."""
        others = [topic.replace('~', f'~/hand_{number}') for number in range(1, max_hands)]
        self._topics = [publishers.add(PoseArray, name, qos) for name in (topic, *others)]

    def publish(self, header: Header, hands: Sequence[HandPose]) -> None:
        """Publish the hands of one frame."""
        joints = {pose.hand_id: pose.joints for pose in hands}
        for number, topic in enumerate(self._topics):
            topic.publish(pose_array(header, joints.get(number)))
