# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hear what the nodes publish, and refuse what must never come out."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable
import math
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseArray
import numpy as np
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import PointCloud2
from sensor_msgs_py import point_cloud2
from visualization_msgs.msg import MarkerArray

_DEPTH = 500
KEPT_BOOKS = 4
"""A node that was held up reports at once and again soon, before it has worked off its queue."""


def stamp_of(header: Any) -> int:
    """Return the stamp of a header in nanoseconds."""
    return header.stamp.sec * 1_000_000_000 + header.stamp.nanosec


class Audience:
    """
    Subscribe to the results of the nodes in some namespaces; a context manager.

    answers: by namespace and stamp (ns) the joints (21, 3) or None; counts: the newest accounts of
    each node with their stamps (ns), the last one last; wrong: what must not be, in words.
    """

    def __init__(self, namespaces: tuple[str, ...]) -> None:
        self.answers: dict[str, dict[int, np.ndarray | None]] = {n: {} for n in namespaces}
        self.counts: dict[str, deque[tuple[int, dict[str, str]]]] = defaultdict(
            lambda: deque(maxlen=KEPT_BOOKS)
        )
        self.wrong: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context)
        self._node = rclpy.create_node('audience', context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._listen(DiagnosticArray, '/diagnostics', self._take_counts)
        for name in namespaces:
            for kind, topic, take in (
                (PoseArray, 'joints', self._take_joints),
                (PointCloud2, 'joints_cloud', self._take_cloud),
                (MarkerArray, 'markers', self._take_markers),
            ):
                full = f'{name}/hand_pose/{topic}'
                self._listen(kind, full, lambda m, take=take, name=name: take(name, m))

    def __enter__(self) -> 'Audience':
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the ROS graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.try_shutdown(context=self._context)

    def until(self, condition: Callable[[], Any], patience_s: float) -> Any:
        """Listen until the condition holds or the time is up; return its last value."""
        deadline = time.monotonic() + patience_s
        while not (value := condition()) and time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.05)
        return value

    def _listen(self, kind: type, topic: str, take: Callable[[Any], None]) -> None:
        def counted(message: Any) -> None:
            self.messages[topic] += 1
            take(message)

        self._node.create_subscription(kind, topic, counted, _DEPTH)

    def _take_counts(self, message: DiagnosticArray) -> None:
        for status in message.status:
            counts = {value.key: value.value for value in status.values}
            namespace = status.name.rpartition('/')[0]
            self.counts[namespace].append((stamp_of(message.header), counts))
            if any(value.lower() in ('nan', 'inf', '-inf') for value in counts.values()):
                self.wrong['a number in the diagnostics is not finite'] += 1

    def _take_joints(self, namespace: str, message: PoseArray) -> None:
        stamp = self._check_header(namespace, message.header)
        if stamp in self.answers[namespace]:
            self.wrong['a stamp was answered twice'] += 1
        numbers = [
            (p.position.x, p.position.y, p.position.z,
             p.orientation.x, p.orientation.y, p.orientation.z, p.orientation.w)
            for p in message.poses
        ]  # fmt: skip
        if len(numbers) not in (0, 21):
            self.wrong[f'{len(numbers)} poses'] += 1
        self._check_finite('joints', np.array(numbers, dtype=float))
        joints = np.array(numbers)[:, :3] if len(numbers) == 21 else None
        self.answers[namespace][stamp] = joints

    def _take_cloud(self, namespace: str, message: PointCloud2) -> None:
        self._check_header(namespace, message.header)
        for name in ('x', 'y', 'z', 'confidence', 'spread'):
            values = point_cloud2.read_points(message, field_names=[name])[name]
            self._check_finite('joints_cloud', np.asarray(values, dtype=float))

    def _take_markers(self, namespace: str, message: MarkerArray) -> None:
        for marker in message.markers:
            self._check_header(namespace, marker.header)
            for point in marker.points:
                if not all(math.isfinite(value) for value in (point.x, point.y, point.z)):
                    self.wrong['markers: a number is not finite'] += 1

    def _check_header(self, namespace: str, header: Any) -> int:
        if header.frame_id != f'{namespace.strip("/")}_optical_frame':
            self.wrong[f'{namespace}: frame {header.frame_id!r}'] += 1
        return stamp_of(header)

    def _check_finite(self, what: str, values: np.ndarray) -> None:
        if not np.isfinite(values).all():
            self.wrong[f'{what}: a number is not finite'] += 1
