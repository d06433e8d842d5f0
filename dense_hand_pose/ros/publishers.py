# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Lifecycle publishers that are created and destroyed together."""

from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions

from .limited_log import LimitedLog
from .qos import publisher_events


class Publishers:
    """Publishers of one node: QoS can be overridden, subscribers that do not fit are logged."""

    def __init__(self, node: LifecycleNode, log: LimitedLog) -> None:
        self._node = node
        self._log = log
        self._publishers: list[LifecyclePublisher] = []

    def add(self, message_type: Any, topic: str, qos: QoSProfile) -> LifecyclePublisher:
        """Create a publisher; raises what a bad qos_overrides raises."""
        publisher = self._node.create_lifecycle_publisher(
            message_type,
            topic,
            qos,
            event_callbacks=publisher_events(self._log, topic),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self._publishers.append(publisher)
        return publisher

    def destroy(self) -> None:
        """Remove the publishers from the node."""
        for publisher in self._publishers:
            self._node.destroy_lifecycle_publisher(publisher)
        self._publishers.clear()
