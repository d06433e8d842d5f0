# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node's publishers for results, and what goes out on each for one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TYPE_CHECKING

from dense_hand_pose.ros.events import publisher_events
from dense_hand_pose.ros.markers import delete_markers, hand_markers, MarkerStyle
from dense_hand_pose.ros.messages import joint_names, joints_cloud, pose_array
from geometry_msgs.msg import PoseArray
from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import Header, String
from visualization_msgs.msg import MarkerArray

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPose

LATCHED = QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL)


class Outputs:
    """
    Publish poses always, clouds and markers while somebody listens.

    Everything bears the header of the image, as it came.
    """

    def __init__(self, node: LifecycleNode, values: Mapping[str, Any]) -> None:
        self._node = node
        self._joints = self._publisher(PoseArray, '~/joints')
        self._names = self._publisher(String, '~/joint_names', LATCHED)
        self._cloud = self._markers = None
        if values['publish.cloud']:
            self._cloud = self._publisher(PointCloud2, '~/joints_cloud')
        if values['publish.markers']:
            self._markers = self._publisher(MarkerArray, '~/markers')
        self._shown: Header | None = None
        self.configure(values)

    def _publisher(
        self, message_type: Any, topic: str, qos: QoSProfile | int = 5
    ) -> LifecyclePublisher:
        """Create a publisher that logs subscribers it cannot serve."""
        events = publisher_events(self._node.get_logger(), topic)
        return self._node.create_lifecycle_publisher(
            message_type, topic, qos, event_callbacks=events
        )

    def configure(self, values: Mapping[str, Any]) -> None:
        """Use other marker sizes from the next frame on."""
        self._style = MarkerStyle(
            joint_diameter_m=values['publish.joint_diameter_m'],
            bone_width_m=values['publish.bone_width_m'],
            lifetime_s=values['publish.marker_lifetime_s'],
        )

    @property
    def hand_present(self) -> bool:
        """Return whether the last answer was a hand."""
        return self._shown is not None

    def announce(self, names: Sequence[str]) -> None:
        """Publish the names of the joints, for those who come later too."""
        self._names.publish(joint_names(names))

    def publish(self, header: Header, pose: HandPose | None) -> None:
        """Publish the answer for one image."""
        self._joints.publish(pose_array(header, None if pose is None else pose.joints))
        if self._cloud is not None and self._cloud.get_subscription_count():
            self._cloud.publish(joints_cloud(header, pose))
        if pose is None:
            self._remove_markers(header)
            return
        self._shown = header
        if self._markers is not None and self._markers.get_subscription_count():
            self._markers.publish(hand_markers(header, pose, self._style))

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
        for publisher in (self._joints, self._names, self._cloud, self._markers):
            if publisher is not None:
                self._node.destroy_lifecycle_publisher(publisher)
