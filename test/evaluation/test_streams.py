# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a stream whose every number is known."""

import json
import math
from pathlib import Path

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.rosbag import write_bag
from dense_hand_pose.demo.stream import BAG_TOPICS, TOPICS
from dense_hand_pose.evaluation.streams import measure, read_stream, StreamMetrics
import numpy as np
import pytest
from support import recordings
from support.recordings import MS

START_NS = 1_700_000_000_000_000_000
PERIOD_NS = 100 * MS
TRUTH = np.linspace(0.3, 0.5, 63).reshape(21, 3)
IMAGE = np.full((4, 6), 500, dtype=np.uint16)


def camera_messages(count: int) -> list[RawMessage]:
    """Return `count` depth frames with ground truth, 10 Hz."""
    messages = []
    for place in range(count):
        stamp = START_NS + place * PERIOD_NS
        messages.append(recordings.depth(TOPICS.depth, stamp, stamp + MS, IMAGE))
        messages.append(recordings.poses(TOPICS.truth, stamp, stamp + MS, TRUTH))
    return messages


def result(place: int, latency_ms: int, offset_mm: float | None) -> RawMessage:
    """Return the answer to a frame: the truth moved along x, or no hand."""
    stamp = START_NS + place * PERIOD_NS
    joints = np.empty((0, 3))
    if offset_mm is not None:
        joints = TRUTH + np.array([offset_mm / 1000, 0.0, 0.0])
    return recordings.poses(TOPICS.joints, stamp, stamp + latency_ms * MS, joints)


def measured(folder: Path, messages: list[RawMessage], books: dict[str, int]) -> StreamMetrics:
    """Return the figures of a bag with these messages and this last account."""
    before = recordings.diagnostics(TOPICS.diagnostics, START_NS, TOPICS.node, {'images': 0})
    end = START_NS + 100 * PERIOD_NS
    other = recordings.diagnostics(TOPICS.diagnostics, end, '/other', {'images': 77})
    last = recordings.diagnostics(TOPICS.diagnostics, end + 1, TOPICS.node, books)
    write_bag(folder / 'bag', BAG_TOPICS, [before, *messages, other, last])
    return measure(read_stream(folder / 'bag', TOPICS))


def test_every_figure_of_a_stream_without_losses(tmp_path: Path) -> None:
    answers = [result(0, 40, 10), result(2, 60, 25), result(4, 80, None), result(6, 100, 35)]
    books = {'images': 8, 'dropped': 4, 'under_way': 0, 'cause.replaced': 3, 'cause.no_hand': 1}
    books['cause.too_old'] = 1
    metrics = measured(tmp_path, camera_messages(8) + answers, books)
    assert (metrics.frames, metrics.answered, metrics.hands) == (8, 4, 3)
    assert metrics.dropped_by_cause == {'replaced': 3, 'too_old': 1}
    assert (metrics.dropped, metrics.lost) == (4, 0)
    assert metrics.camera_rate_hz == pytest.approx(10.0)
    assert metrics.rate_hz == pytest.approx(3 / 0.66)
    assert metrics.latency_p50_ms == pytest.approx(70.0)
    assert metrics.latency_p95_ms == pytest.approx(97.0)
    assert metrics.mean_joint_error_mm == pytest.approx(70 / 3)
    assert metrics.median_joint_error_mm == pytest.approx(25.0)
    assert metrics.frames_under_mm == pytest.approx({'20': 0.25, '30': 0.5, '40': 0.75})


def test_frames_that_never_reached_the_node_are_lost(tmp_path: Path) -> None:
    books = {'images': 3, 'dropped': 2, 'under_way': 0, 'cause.replaced': 2}
    metrics = measured(tmp_path, [*camera_messages(5), result(0, 10, 0.0)], books)
    assert (metrics.lost, metrics.lost_frames, metrics.lost_results) == (2, 2, 0)


def test_results_that_never_reached_the_recorder_are_lost(tmp_path: Path) -> None:
    books = {'images': 5, 'dropped': 1, 'under_way': 0, 'cause.replaced': 1}
    metrics = measured(tmp_path, [*camera_messages(5), result(0, 10, 0.0)], books)
    assert (metrics.lost, metrics.lost_frames, metrics.lost_results) == (3, 0, 3)


def test_a_node_that_never_answers_has_no_figures(tmp_path: Path) -> None:
    metrics = measured(tmp_path, camera_messages(2), {'images': 2, 'dropped': 2})
    assert metrics.answered == metrics.hands == 0
    assert math.isnan(metrics.mean_joint_error_mm)
    values = json.loads(json.dumps(metrics.as_json(), allow_nan=False))
    assert values['rate_hz'] is None
    assert values['frames_under_mm'] == {'20': None, '30': None, '40': None}


def test_json_has_the_agreed_names(tmp_path: Path) -> None:
    metrics = measured(tmp_path, [*camera_messages(2), result(0, 10, 1.0)], {'images': 2})
    agreed = {
        'frames',
        'rate_hz',
        'latency_p50_ms',
        'latency_p95_ms',
        'dropped',
        'mean_joint_error_mm',
        'frames_under_mm',
    }
    assert agreed <= metrics.as_json().keys()
