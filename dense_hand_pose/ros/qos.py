# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Publishers with overridable QoS, and logs of incompatible QoS and lost messages."""

from typing import Any

from rclpy.lifecycle import LifecycleNode
from rclpy.lifecycle.publisher import LifecyclePublisher
from rclpy.qos import qos_policy_name_from_kind, QoSPolicyKind, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions

from .frame_counters import FrameCounters
from .logs import LimitedLog

try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks


def subscription_events(
    log: LimitedLog, topic: str, counters: FrameCounters, followed: bool
) -> SubscriptionEventCallbacks:
    """
    Return callbacks that log a publisher whose QoS does not fit and count lost messages.

    followed: the reliability is not that of the user, and will be changed for such a publisher.
    """

    def incompatible(event: Any) -> None:
        if followed and event.last_policy_kind == QoSPolicyKind.RELIABILITY:
            return
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        log(
            'error',
            f'incompatible publisher of {topic}',
            f'{topic}: a publisher offers a {policy} that this node cannot accept: nothing will '
            'arrive from it.',
            f'Set qos_overrides.{topic}.subscription.'
            f'{policy.lower().removesuffix("_qos_policy")}, or change the publisher.',
        )

    def lost(event: Any) -> None:
        for _ in range(event.total_count_change):
            counters.count_received('lost')
        log(
            'warn',
            f'lost on {topic}',
            f'{topic}: the middleware lost {event.total_count} messages so far.',
            'Images beyond 0.5 MB overflow the shared memory of Fast DDS: start the camera with '
            ' FASTRTPS_DEFAULT_PROFILES_FILE=<share>/dense_hand_pose/config/'
            f'fastdds_large_images.xml, or set qos_overrides.{topic}.subscription.reliability '
            'to reliable.',
        )

    return SubscriptionEventCallbacks(incompatible_qos=incompatible, message_lost=lost)


def publisher_events(log: LimitedLog, topic: str) -> PublisherEventCallbacks:
    """Return callbacks that log a subscriber whose QoS does not fit."""

    def incompatible(event: Any) -> None:
        policy = qos_policy_name_from_kind(event.last_policy_kind)
        log(
            'warn',
            f'incompatible subscriber of {topic}',
            f'{topic}: a subscriber requests a {policy} that this node does not offer: it will '
            'receive nothing.',
            'Change the subscriber.',
        )

    return PublisherEventCallbacks(incompatible_qos=incompatible)


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
