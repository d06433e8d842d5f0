# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Record topics as they come off the wire: nothing is deserialized while a stream runs.

The time of receipt is the middleware's, so it does not depend on when Python gets to run.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
import time
from typing import Any

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.rosbag import BagTopic
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSDurabilityPolicy, QoSProfile, QoSReliabilityPolicy

QUEUE_DEPTH = 300
"""Ten seconds of a 30 Hz camera may wait before one is lost."""


def message_class(type_name: str) -> Any:
    """Return the class of a type name such as 'sensor_msgs/msg/Image'."""
    package, _, name = type_name.split('/')
    return getattr(import_module(f'{package}.msg'), name)


class Recorder:
    """
    Subscribe to topics and keep every message in `messages`, serialized, in order of arrival.

    A context manager. Nothing is received but inside `spin`. Used from one thread.
    """

    def __init__(self, topics: Sequence[BagTopic], name: str = 'hand_pose_recorder') -> None:
        self.messages: list[RawMessage] = []
        self._context = Context()
        rclpy.init(args=[], context=self._context)
        self._node = rclpy.create_node(
            name, context=self._context, enable_rosout=False, start_parameter_services=False
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        for topic in topics:
            self.subscribe(topic)

    def __enter__(self) -> Recorder:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the ROS graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def subscribe(self, topic: BagTopic) -> None:
        """Store what comes on a topic; best effort matches every publisher, latched asks more."""
        durability = QoSDurabilityPolicy.VOLATILE
        if topic.latched:
            durability = QoSDurabilityPolicy.TRANSIENT_LOCAL
        reliability = QoSReliabilityPolicy.BEST_EFFORT
        if topic.reliable:
            reliability = QoSReliabilityPolicy.RELIABLE
        qos = QoSProfile(depth=QUEUE_DEPTH, reliability=reliability, durability=durability)

        def store(data: bytes, info: dict[str, int]) -> None:
            received_ns = info['received_timestamp'] or time.time_ns()
            self.messages.append(RawMessage(topic.name, received_ns, data))

        self._node.create_subscription(
            message_class(topic.type_name), topic.name, store, qos, raw=True
        )

    def spin(self, timeout_s: float) -> None:
        """Receive for `timeout_s` seconds."""
        end = time.monotonic() + timeout_s
        while (left := end - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left)

    def latest(self, topic: str) -> RawMessage | None:
        """Return the last message of a topic so far."""
        found = (message for message in reversed(self.messages) if message.topic == topic)
        return next(found, None)

    def count(self, topic: str) -> int:
        """Return how many messages of a topic came so far."""
        return sum(message.topic == topic for message in self.messages)
