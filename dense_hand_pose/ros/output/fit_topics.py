# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Topics of a fitted hand beside its joints: palm, angles, pinch, and joints before the fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dense_hand_pose.kinematics.urdf import JOINT_NAMES, joint_positions
from geometry_msgs.msg import Point, Pose, PoseArray, PoseStamped, Quaternion
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from .messages import pose_array
from ..qos import Publishers

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose
    from dense_hand_pose.kinematics.fitted_hand import FittedHand


class FitTopics:
    """
    ~/palm, ~/joint_states, ~/pinch and ~/joints_raw of hand 0, ~/hand_1/palm of hand 1 and so on.

    A hand that is not tracked or not fitted gets no message, nor does a topic without subscribers.
    """

    def __init__(self, publishers: Publishers, max_hands: int, qos: QoSProfile) -> None:
        """Create the topics of all hands."""
        self._palm, self._states, self._pinch, self._raw = (
            [publishers.add(kind, topic, qos) for topic in _of_hands(name, max_hands)]
            for kind, name in (
                (PoseStamped, 'palm'),
                (JointState, 'joint_states'),
                (JointState, 'pinch'),
                (PoseArray, 'joints_raw'),
            )
        )

    def publish(
        self, header: Header, hands: Sequence[HandPose], shown: Sequence[HandPose]
    ) -> None:
        """Publish the hands of one frame; shown: the same, smoothed if enabled."""
        for pose in hands:
            if pose.fit is not None and _heard(self._raw[pose.hand_id]):
                self._raw[pose.hand_id].publish(pose_array(header, pose.raw_joints))
        for pose in shown:
            if pose.fit is None:
                continue
            for topics, build in (
                (self._palm, palm_pose),
                (self._states, joint_state),
                (self._pinch, pinch_state),
            ):
                if _heard(topics[pose.hand_id]):
                    topics[pose.hand_id].publish(build(header, pose.fit))


def palm_pose(header: Header, hand: FittedHand) -> PoseStamped:
    """Return the pose of OpenXR's palm."""
    (px, py, pz), (x, y, z, w) = hand.palm_position.tolist(), hand.palm_quaternion.tolist()
    return PoseStamped(
        header=header,
        pose=Pose(position=Point(x=px, y=py, z=pz), orientation=Quaternion(x=x, y=y, z=z, w=w)),
    )


def joint_state(header: Header, hand: FittedHand) -> JointState:
    """Return the positions of the URDF's joints, <side>_index_mcp_flexion and so on; radians."""
    names = [f'{hand.side}_{name}' for name in JOINT_NAMES]
    return JointState(header=header, name=names, position=joint_positions(hand.angles).tolist())


def pinch_state(header: Header, hand: FittedHand) -> JointState:
    """Return <side>_pinch, metres from thumb's to index tip, and <side>_grasp, 0 open 1 closed."""
    return JointState(
        header=header,
        name=[f'{hand.side}_pinch', f'{hand.side}_grasp'],
        position=[hand.pinch_m, hand.grasp],
    )


def _of_hands(name: str, max_hands: int) -> list[str]:
    """Return the topic of each hand."""
    return [f'~/{name}', *(f'~/hand_{number}/{name}' for number in range(1, max_hands))]


def _heard(publisher: object) -> bool:
    return publisher.get_subscription_count() > 0  # type: ignore[attr-defined]
