# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What a recorded stream holds about the node: frames, truth, results and the node's books.

Everything comes from the bag: depth frames, results and ground truth are matched by header.stamp,
the books of the node by its last /diagnostics message. Its figures are in stream_metrics.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dense_hand_pose.bags.raw import stamp_ns
from dense_hand_pose.bags.rosbag import read_bag
from dense_hand_pose.bags.topics import StreamTopics
import numpy as np
import numpy.typing as npt

Joints = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """The node's answer to a frame: when it was received and its joints (21, 3), or None."""

    received_ns: int
    joints_m: Joints | None


@dataclass(frozen=True, kw_only=True)
class Account:
    """What the node says in its diagnostics about the images that it received."""

    images: int
    dropped: int
    under_way: int

    @classmethod
    def of(cls, books: Mapping[str, str]) -> 'Account':
        """Return the account in the values of a diagnostics message; 0 where there is none."""
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
    results: dict[int, Result] = field(default_factory=dict)
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
            stream.results[stamp] = Result(entry.received_ns, joints)
    return stream


def positions(pose_array: Any) -> Joints:
    """Return the positions of a PoseArray, (N, 3)."""
    points = [pose.position for pose in pose_array.poses]
    return np.array([[p.x, p.y, p.z] for p in points], dtype=np.float64).reshape(-1, 3)


def node_status(diagnostics: Any, node: str) -> dict[str, str]:
    """Return the values that a DiagnosticArray holds for a node, empty if it has none."""
    found = [status for status in diagnostics.status if status.name == node]
    return {pair.key: pair.value for status in found for pair in status.values}
