# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the node says about itself: /diagnostics, and a warning when nothing comes in."""

from collections.abc import Callable, Sequence
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode

from .diagnostics import Diagnostics
from .frame_counters import Ledger
from .timings import Timings


class SilenceWatch:
    """Notice when no image came for a while: once for each silence."""

    def __init__(self) -> None:
        self.silent = False
        self._images = -1
        self._since = time.monotonic()

    def restart(self) -> None:
        """Begin to wait for images."""
        self._since, self.silent = time.monotonic(), False

    def check(self, images: int, limit_s: float) -> bool:
        """Take the number of images so far; return whether a silence has just become too long."""
        now = time.monotonic()
        if images != self._images:
            self._images, self._since, self.silent = images, now, False
        before, self.silent = self.silent, now - self._since >= limit_s
        return self.silent and not before


class Reporter:
    """
    Publish /diagnostics once a period, from the node's beginning to its end.

    The period is real time, so it also comes while the ROS clock stands.
    """

    def __init__(
        self,
        node: LifecycleNode,
        ledger: Ledger,
        timings: Timings,
        values: Callable[[], dict[str, Any]],
        facts: Callable[[], dict[str, object]],
    ) -> None:
        """Take the node, its books, and functions that give its parameters and other facts."""
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._node = node
        self._ledger = ledger
        self._values = values
        self._facts = facts
        self._silence = SilenceWatch()
        self._topics: Sequence[str] = ()
        self._diagnostics = Diagnostics(node.get_fully_qualified_name(), ledger, timings)
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        node.create_timer(values()['diagnostics.period_s'], self._report, clock=self.steady)

    def watch(self, topics: Sequence[str]) -> None:
        """Expect data on `topics` from now on; none while the node is not active."""
        self._topics = topics
        self._silence.restart()

    def _report(self) -> None:
        """Publish the diagnostics; warn once in each silence."""
        values = self._values()
        limit_s = values['diagnostics.no_data_s']
        images = self._ledger.counts().images
        if self._topics and self._silence.check(images, limit_s):
            self._node.get_logger().warning(self._silence_text(limit_s))
        facts = {'model': values['model.name_or_path'], **self._facts()}
        state = self._node._state_machine.current_state[1]
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        message.status = [self._diagnostics.status(state, facts, self._silence.silent)]
        self._publisher.publish(message)

    def _silence_text(self, limit_s: float) -> str:
        """Return what to look for when no image arrives."""
        counted = [
            f'{topic} has {self._node.count_publishers(topic)} publishers'
            for topic in self._topics
        ]
        return (
            f'no image for {limit_s} s: {", ".join(counted)}. Remap image_rect and camera_info '
            'to topics that are published, and compare their QoS: ros2 topic info -v'
        )
