# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Recorded streams of the node: frames, truth, results and counters, and their figures.

Everything comes from the bag: depth frames, results and ground truth are matched by header.stamp,
the counters of the node by its last /diagnostics message. Figures: rate, latency, drops and, with
ground truth, errors.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dense_hand_pose.bags.rosbag import read_bag
from dense_hand_pose.bags.topics import StreamTopics
from dense_hand_pose.camera.camera_info import stamp_ns
import numpy as np
import numpy.typing as npt

from .figures import error_figures, rate_hz, rounded
from .metrics import joint_errors
from .metrics.joint_errors import frames_under, joint_errors_m

Joints = npt.NDArray[np.float64]


@dataclass(frozen=True)
class NodeResult:
    """The node's answer to a frame: when it was received and its joints (21, 3), or None."""

    received_ns: int
    joints_m: Joints | None


@dataclass(frozen=True, kw_only=True)
class Account:
    """The counters of received images in the node's diagnostics."""

    images: int
    dropped: int
    under_way: int

    @classmethod
    def of(cls, books: Mapping[str, str]) -> 'Account':
        """Return the account in the values of a diagnostics message; 0 for missing ones."""
        return cls(**{key: int(books.get(key, 0)) for key in ('images', 'dropped', 'under_way')})

    def lost(self, frames: int, results: int) -> tuple[int, int]:
        """Return how many of `frames` never reached the node, and how many results a listener."""
        sent = self.images - self.dropped - self.under_way
        return max(0, frames - self.images), max(0, sent - results)


@dataclass
class Stream:
    """A recorded stream by header.stamp (nanoseconds); ``books`` is the node's last account."""

    frames: set[int] = field(default_factory=set)
    truth: dict[int, Joints] = field(default_factory=dict)
    results: dict[int, NodeResult] = field(default_factory=dict)
    books: dict[str, str] = field(default_factory=dict)


def read_stream(bag: Path, topics: StreamTopics) -> Stream:
    """Read what the metrics need from a bag; a recording without diagnostics has empty books."""
    stream = Stream()
    names = (topics.depth, topics.truth, topics.joints, topics.diagnostics)
    for entry in read_bag(bag, names):
        if entry.topic == topics.diagnostics:
            stream.books.update(node_status(entry.message, topics.node))
            continue
        stamp = stamp_ns(entry.message)
        if entry.topic == topics.depth:
            stream.frames.add(stamp)
        elif entry.topic == topics.truth and entry.message.poses:
            stream.truth[stamp] = positions(entry.message)
        elif entry.topic == topics.joints:
            joints = positions(entry.message) if entry.message.poses else None
            stream.results[stamp] = NodeResult(entry.received_ns, joints)
    return stream


def positions(pose_array: Any) -> Joints:
    """Return the positions of a PoseArray, (N, 3)."""
    points = [pose.position for pose in pose_array.poses]
    return np.array([[p.x, p.y, p.z] for p in points], dtype=np.float64).reshape(-1, 3)


def node_status(diagnostics: Any, node: str) -> dict[str, str]:
    """Return the values that a DiagnosticArray holds for a node, empty if it has none."""
    found = [status for status in diagnostics.status if status.name == node]
    return {pair.key: pair.value for status in found for pair in status.values}


THRESHOLDS_MM = joint_errors.THRESHOLDS_MM[1:]


@dataclass(frozen=True, kw_only=True)
class StreamMetrics:
    """
    The figures of a stream; ``as_json`` has the names of metrics.json.

    frames: depth frames that the camera published. answered: frames with a result, of which
    ``hands`` hold a hand. dropped: frames that the node left out knowingly, by cause. lost: frames
    that never reached the node, results that never reached the recorder. Latency: receipt of the
    result minus header.stamp. Errors: over frames with a hand; ``frames_under_mm`` is a share of
    all answered frames, and one without a hand counts as missed. NaN: nothing to measure.
    """

    frames: int
    answered: int
    hands: int
    dropped_by_cause: Mapping[str, int]
    lost_frames: int
    lost_results: int
    camera_rate_hz: float
    rate_hz: float
    latency_p50_ms: float
    latency_p95_ms: float
    mean_joint_error_mm: float
    median_joint_error_mm: float
    p95_joint_error_mm: float
    frames_under_mm: Mapping[str, float]

    @property
    def dropped(self) -> int:
        """Return the number of frames that the node dropped."""
        return sum(self.dropped_by_cause.values())

    @property
    def lost(self) -> int:
        """Return the number of messages that no account explains."""
        return self.lost_frames + self.lost_results

    def as_json(self) -> dict[str, Any]:
        """Return what metrics.json holds; null where there was nothing to measure."""
        values = {
            'frames': self.frames,
            'rate_hz': self.rate_hz,
            'latency_p50_ms': self.latency_p50_ms,
            'latency_p95_ms': self.latency_p95_ms,
            'dropped': self.dropped,
            'mean_joint_error_mm': self.mean_joint_error_mm,
            'frames_under_mm': dict(self.frames_under_mm),
            'median_joint_error_mm': self.median_joint_error_mm,
            'p95_joint_error_mm': self.p95_joint_error_mm,
            'frames_answered': self.answered,
            'frames_with_hand': self.hands,
            'dropped_by_cause': dict(self.dropped_by_cause),
            'lost_messages': self.lost,
            'lost_frames': self.lost_frames,
            'lost_results': self.lost_results,
            'camera_rate_hz': self.camera_rate_hz,
        }
        return {name: rounded(value) for name, value in values.items()}


def measure(stream: Stream) -> StreamMetrics:
    """Return the figures of a stream."""
    stamps = sorted(stream.frames | stream.truth.keys())
    answers = [stream.results[stamp] for stamp in sorted(stream.results)]
    latencies_ms = [(r.received_ns - stamp) / 1e6 for stamp, r in stream.results.items()]
    errors = _errors_m(stream)
    lost_frames, lost_results = Account.of(stream.books).lost(len(stamps), len(answers))
    return StreamMetrics(
        frames=len(stamps),
        answered=len(answers),
        hands=sum(result.joints_m is not None for result in answers),
        dropped_by_cause=_drops(stream.books),
        lost_frames=lost_frames,
        lost_results=lost_results,
        camera_rate_hz=rate_hz(stamps),
        rate_hz=rate_hz([result.received_ns for result in answers]),
        latency_p50_ms=_percentile(latencies_ms, 50),
        latency_p95_ms=_percentile(latencies_ms, 95),
        **error_figures(errors),
        frames_under_mm=_shares(stream, errors),
    )


def _errors_m(stream: Stream) -> npt.NDArray[np.float64]:
    """Return the joint errors (N, J) of the frames that have both a hand and ground truth."""
    pairs = [
        (result.joints_m, stream.truth[stamp])
        for stamp, result in sorted(stream.results.items())
        if result.joints_m is not None and stamp in stream.truth
    ]
    if not pairs:
        return np.empty((0, 0))
    estimated, true = (np.stack(column) for column in zip(*pairs, strict=True))
    return joint_errors_m(estimated, true)


def _shares(stream: Stream, errors_m: npt.NDArray[np.float64]) -> dict[str, float]:
    """Return the shares of answered frames with every joint under each threshold."""
    known = sum(stamp in stream.truth for stamp in stream.results)
    if not known:
        return {str(threshold): float('nan') for threshold in THRESHOLDS_MM}
    found = len(errors_m) / known
    return {
        str(threshold): found * frames_under(errors_m, threshold) if len(errors_m) else 0.0
        for threshold in THRESHOLDS_MM
    }


def _drops(books: Mapping[str, str]) -> dict[str, int]:
    """Return the frames that the node dropped, by cause; an empty answer is no drop."""
    answered_empty = ('no_hand', 'no_valid_depth')
    counts = {
        key.removeprefix('cause.'): int(value)
        for key, value in books.items()
        if key.startswith('cause.')
    }
    return {cause: n for cause, n in counts.items() if n and cause not in answered_empty}


def _percentile(values: Any, percent: float) -> float:
    """Return a percentile, NaN of nothing."""
    return float(np.percentile(values, percent)) if np.size(values) else float('nan')
