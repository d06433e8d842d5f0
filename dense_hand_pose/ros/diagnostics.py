# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""/diagnostics: counters, stage times as percentiles, and a warning when no image arrives."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
import threading
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
import numpy as np
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode

from .frame_counters import CAUSES, Counts, FrameCounters

WINDOW = 300
"""Frames that the percentiles cover: ten seconds at 30 Hz."""

PERCENTILES = (50, 95, 99)


class Timings:
    """Milliseconds by stage over the newest WINDOW frames, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, deque[float]] = {}

    def add(self, stages_ms: Mapping[str, float]) -> None:
        """Take the times of one frame."""
        with self._lock:
            for stage, milliseconds in stages_ms.items():
                window = self._windows.setdefault(stage, deque(maxlen=WINDOW))
                window.append(milliseconds)

    def percentiles(self) -> dict[str, tuple[float, ...]]:
        """Return the PERCENTILES of each stage."""
        with self._lock:
            copies = {stage: list(window) for stage, window in self._windows.items()}
        return {
            stage: tuple(np.percentile(values, PERCENTILES).tolist())
            for stage, values in copies.items()
        }


class Diagnostics:
    """Turn the counters into a DiagnosticStatus, once a period."""

    def __init__(self, name: str, counters: FrameCounters, timings: Timings) -> None:
        self._name = name
        self._counters = counters
        self._timings = timings
        self._last = counters.counts()
        self._last_time = time.monotonic()

    def status(self, state: str, facts: Mapping[str, object], silent: bool) -> DiagnosticStatus:
        """
        Return the status since the last call.

        `state`: the lifecycle state; `facts`: entries that are sent unchanged; `silent`: whether
        no image came for too long.
        """
        counts, now = self._counters.counts(), time.monotonic()
        seconds = max(now - self._last_time, 1e-3)
        level, message = self._verdict(state, counts, silent)
        values: dict[str, object] = {'lifecycle_state': state, **facts}
        for what in ('images', 'camera_infos', 'pairs'):
            came = counts.received[what] - self._last.received[what]
            values[f'{what.removesuffix("s")}_rate_hz'] = _rate(came, seconds)
        answers = counts.hands + counts.empty - self._last.hands - self._last.empty
        values['result_rate_hz'] = _rate(answers, seconds)
        values.update(_totals(counts))
        for stage, percentiles in sorted(self._timings.percentiles().items()):
            for percent, milliseconds in zip(PERCENTILES, percentiles, strict=True):
                values[f'{stage}_ms_p{percent}'] = f'{milliseconds:.2f}'
        self._last, self._last_time = counts, now
        pairs = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
        return DiagnosticStatus(
            level=level,
            name=self._name,
            message=message,
            hardware_id=str(facts.get('image_topic', '')),
            values=pairs,
        )

    def _verdict(self, state: str, counts: Counts, silent: bool) -> tuple[bytes, str]:
        """Return the level and its reason."""
        if state != 'active':
            return DiagnosticStatus.OK, state
        if silent:
            return DiagnosticStatus.ERROR, 'no images arrive'
        for severity in ('error', 'warn'):
            for cause, count in sorted((counts.causes - self._last.causes).items()):
                if CAUSES[cause].severity == severity:
                    return DiagnosticStatus.WARN, f'{cause}: {count} images'
        return DiagnosticStatus.OK, 'working'


def _rate(count: int, seconds: float) -> str:
    """Return a rate in Hz."""
    return f'{count / seconds:.2f}'


def _totals(counts: Counts) -> dict[str, int]:
    """Return the totals since the node started."""
    totals = {
        'images': counts.images,
        'camera_infos': counts.received['camera_infos'],
        'pairs': counts.received['pairs'],
        'lost_by_middleware': counts.received['lost'],
        'answered_hand': counts.hands,
        'answered_empty': counts.empty,
        'dropped': counts.dropped,
        'under_way': counts.in_flight,
    }
    causes = {f'cause.{cause}': count for cause, count in sorted(counts.causes.items())}
    return {**totals, **causes}


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
        counters: FrameCounters,
        timings: Timings,
        values: Callable[[], dict[str, Any]],
        facts: Callable[[], dict[str, object]],
    ) -> None:
        """Take the node, its counters, and functions that return parameters and other facts."""
        self.steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._node = node
        self._counters = counters
        self._values = values
        self._facts = facts
        self._silence = SilenceWatch()
        self._topics: Sequence[str] = ()
        self._diagnostics = Diagnostics(node.get_fully_qualified_name(), counters, timings)
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
        images = self._counters.counts().images
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
            f'no image for {limit_s} s: {", ".join(counted)}. {self._transport_text()}Remap '
            'image_rect and camera_info to topics that are published, and compare their QoS: '
            'ros2 topic info -v'
        )

    def _transport_text(self) -> str:
        """Return what to set where images are published, but with another transport."""
        types = dict(self._node.get_topic_names_and_types())
        raw = self._node.resolve_topic_name('image_rect')
        compressed = f'{raw}/compressedDepth'
        expected = compressed in self._topics
        if compressed in types and not expected and not self._node.count_publishers(raw):
            return f'{compressed} is published: set camera.image_transport to compressedDepth. '
        if 'sensor_msgs/msg/CompressedImage' in types.get(raw, []):
            base = raw.removesuffix('/compressedDepth')
            return (
                f'{raw} is published as CompressedImage: remap image_rect to {base}, and set '
                'camera.image_transport to compressedDepth. '
            )
        return ''
