# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node's publishers for results, and what goes out on each for one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TYPE_CHECKING

from dense_hand_pose.ros.answer import Answer
from dense_hand_pose.ros.debug_messages import debug_image, votes_cloud
from dense_hand_pose.ros.markers import delete_markers, hand_markers, MarkerStyle
from dense_hand_pose.ros.messages import joint_names, joints_cloud, pose_array
from dense_hand_pose.ros.publishers import Publishers
from dense_hand_pose.ros.settings import smoothing_config
from dense_hand_pose.ros.transforms import joint_transforms, tf_message_type
from dense_hand_pose.smoothing import OneEuroFilter
from geometry_msgs.msg import PoseArray
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import Image, PointCloud2
from std_msgs.msg import Header, String
from visualization_msgs.msg import MarkerArray

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose

RESULT = QoSProfile(depth=5)
LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)
DEBUG = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
TF = QoSProfile(depth=100)
"""As tf2_ros publishes transforms."""


class Outputs:
    """
    Publish poses always, everything else while somebody listens.

    Everything bears the header of the image, as it came.
    """

    def __init__(self, node: LifecycleNode, values: Mapping[str, Any]) -> None:
        """
        Create the publishers.

        Raises MissingPackageError where a wanted one needs another package, and what a bad
        qos_overrides raises; none is left then.
        """
        self._publishers = Publishers(node)
        self._tf_type = tf_message_type() if values['publish.tf'] else None
        self._tf_prefix = values['publish.tf_prefix']
        try:
            self._create(values)
        except BaseException:
            self._publishers.destroy()
            raise
        self._filter = OneEuroFilter()
        self._shown: Header | None = None
        self.configure(values)

    def _create(self, values: Mapping[str, Any]) -> None:
        """Create the publishers that are wanted."""
        add = self._publishers.add
        self._joints = add(PoseArray, '~/joints', RESULT)
        self._smoothed = add(PoseArray, '~/joints_smoothed', RESULT)
        self._names = add(String, '~/joint_names', LATCHED)
        self._cloud = self._markers = self._image = self._votes = self._tf = None
        if values['publish.cloud']:
            self._cloud = add(PointCloud2, '~/joints_cloud', RESULT)
        if values['publish.markers']:
            self._markers = add(MarkerArray, '~/markers', RESULT)
        if values['publish.debug']:
            self._image = add(Image, '~/debug/image', DEBUG)
            self._votes = add(PointCloud2, '~/debug/votes', DEBUG)
        if self._tf_type is not None:
            self._tf = add(self._tf_type, '/tf', TF)

    def configure(self, values: Mapping[str, Any]) -> None:
        """Use other marker sizes and smoothing from the next frame on."""
        self._style = MarkerStyle(
            joint_diameter_m=values['publish.joint_diameter_m'],
            bone_width_m=values['publish.bone_width_m'],
            lifetime_s=values['publish.marker_lifetime_s'],
        )
        self._smoothing = smoothing_config(values)

    @property
    def hand_present(self) -> bool:
        """Return whether the last answer was a hand."""
        return self._shown is not None

    def announce(self, names: Sequence[str]) -> None:
        """Publish the names of the joints, for those who come later too."""
        self._names.publish(joint_names(names))

    def forget(self) -> None:
        """Begin to smooth anew."""
        self._filter.reset()

    def publish(self, answer: Answer) -> None:
        """Publish the answer for one image."""
        header, pose = answer.header, answer.pose
        self._joints.publish(pose_array(header, None if pose is None else pose.joints))
        if _heard(self._cloud):
            self._cloud.publish(joints_cloud(header, pose))
        self._show(header, self._smooth(answer))
        if _heard(self._votes):
            self._votes.publish(votes_cloud(header, pose))
        if _heard(self._image):
            self._image.publish(debug_image(answer))

    def _smooth(self, answer: Answer) -> HandPose | None:
        """Return the hand as markers and /tf show it; publish it where it is smoothed."""
        pose, config = answer.pose, self._smoothing
        if pose is None or config is None:
            self._filter.reset()
        else:
            self._filter.config = config
            pose = replace(pose, joints=self._filter(pose.joints, answer.time_s))
        if config is not None:
            joints = None if pose is None else pose.joints
            self._smoothed.publish(pose_array(answer.header, joints))
        return pose

    def _show(self, header: Header, pose: HandPose | None) -> None:
        """Publish markers and frames."""
        if pose is None:
            self._remove_markers(header)
            return
        self._shown = header
        if _heard(self._markers):
            self._markers.publish(hand_markers(header, pose, self._style))
        if _heard(self._tf):
            frames = joint_transforms(header, pose.joints, self._tf_prefix)
            self._tf.publish(self._tf_type(transforms=frames))

    def _remove_markers(self, header: Header) -> None:
        """Take the markers of a hand away that is no longer seen."""
        if self._shown is not None and self._markers is not None:
            self._markers.publish(delete_markers(header))
        self._shown = None

    def clear(self) -> None:
        """Take away what is still shown, before the publishers fall silent."""
        if self._shown is not None:
            self._remove_markers(self._shown)

    def destroy(self) -> None:
        """Remove the publishers from the node."""
        self._publishers.destroy()


def _heard(publisher: Any) -> bool:
    """Return whether there is a publisher and somebody listens to it."""
    return publisher is not None and publisher.get_subscription_count() > 0
