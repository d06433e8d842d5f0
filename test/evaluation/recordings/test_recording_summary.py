# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of recordings whose every number is known."""

from dataclasses import replace
import json
from typing import Any

from dense_hand_pose.evaluation.recordings.records import FrameRecord, Recording
from dense_hand_pose.evaluation.recordings.stability import line_fit, stability
from dense_hand_pose.evaluation.recordings.summary import summarise_recording, summarise_timing
from dense_hand_pose.evaluation.recordings.tables import figure_rows, figures_table
import numpy as np
import pytest

RATE_HZ = 50.0
HAND = np.random.default_rng(1).normal((0.0, 0.0, 0.5), 0.05, (21, 3))


def record(place: int, joints_m: Any = None, outcome: str = '', **fields: Any) -> FrameRecord:
    """Return the record of a frame; a hand where joints are given."""
    said = outcome or ('no_hand' if joints_m is None else 'hand')
    stamp = round(place / RATE_HZ * 1e9)
    return FrameRecord(
        stamp_ns=stamp, received_ns=stamp, frame_id='c', outcome=said, joints_m=joints_m, **fields
    )


def test_white_noise_at_rest_is_the_jitter() -> None:
    noise = np.random.default_rng(2)
    frames = [record(i, HAND + noise.normal(0.0, 0.002, HAND.shape)) for i in range(1000)]
    found = stability(frames)
    assert found['jitter_rest_mm'] == pytest.approx(2.0 * np.sqrt(3.0), rel=0.03)
    assert found['windows_at_rest'] == found['windows'] > 90
    # The length of a bone between two noisy ends varies by sqrt(2) of the noise.
    assert found['bone_sd_mm'] == pytest.approx(2.0 * np.sqrt(2.0), rel=0.03)


@pytest.mark.parametrize('period_ns', [50_000_000, 33_333_333, 10_000_000])
def test_the_date_of_a_recording_changes_no_figure(period_ns: int) -> None:
    noise = np.random.default_rng(4)
    joints = [HAND + noise.normal(0.0, 0.002, HAND.shape) for _ in range(300)]

    def found(begin_ns: int) -> dict[str, Any]:
        stamps = [begin_ns + period_ns * i for i in range(len(joints))]
        frames = zip(stamps, joints, strict=True)
        return stability([replace(record(0, hand), stamp_ns=stamp) for stamp, hand in frames])

    assert found(1_767_225_600_123_456_789) == found(0)


def test_a_straight_motion_is_neither_jitter_nor_rest() -> None:
    frames = [record(i, HAND + np.array([0.3, 0.0, 0.1]) * i / RATE_HZ) for i in range(100)]
    found = stability(frames)
    assert found['jitter_all_mm'] == pytest.approx(0.0, abs=1e-9)
    assert found['windows_at_rest'] == 0
    assert np.isnan(found['jitter_rest_mm'])
    assert found['bone_sd_mm'] == pytest.approx(0.0, abs=1e-9)


def test_a_line_fit_is_that_of_polyfit() -> None:
    noise = np.random.default_rng(3)
    times = np.sort(noise.uniform(5.0, 6.0, 9))
    joints = noise.normal(size=(9, 4, 3))
    drift, jitter = line_fit(times, joints)
    slope, intercept = np.polyfit(times, joints.reshape(9, 12), 1)
    residual = joints.reshape(9, 12) - times[:, None] * slope - intercept
    assert drift == pytest.approx(np.linalg.norm(slope.reshape(4, 3), axis=1).mean())
    variance = (residual**2).sum(axis=0).reshape(4, 3).sum(axis=1) / 7
    assert jitter == pytest.approx(np.sqrt(variance).mean())


def test_a_gap_ends_a_window() -> None:
    there = [record(i, HAND) for i in range(15)]
    back = [record(i + 100, HAND + 0.2) for i in range(15)]
    found = stability([*there, *back])
    assert found['windows'] == 0  # neither run is as long as a window


def recording() -> Recording:
    """Return six frames: 10 and 25 mm off, missed, dropped, false, no truth."""
    sure: dict[str, Any] = {'confidence': np.full(21, 0.6), 'spread_m': np.full(21, 0.01)}
    frames = [
        record(0, HAND + np.array([0.01, 0.0, 0.0]), latency_ms=10.0, **sure),
        record(1, HAND + np.array([0.0, 0.025, 0.0]), latency_ms=30.0, **sure),
        record(2),
        record(3, outcome='no_camera_info'),
        record(4, HAND, latency_ms=20.0, stages_ms={'crop': 2.0}),
        record(5, HAND),
    ]
    truth = {f.stamp_ns: HAND for f in frames[:4]}
    return Recording(frames, {**truth, frames[4].stamp_ns: None})


def test_every_figure_of_a_small_recording() -> None:
    figures = summarise_recording(recording())
    assert (figures['frames'], figures['frames_answered'], figures['frames_with_hand']) == (
        6,
        5,
        4,
    )
    assert figures['dropped_by_cause'] == {'no_camera_info': 1}
    assert figures['camera_rate_hz'] == RATE_HZ
    assert figures['presence'] == {'share': 0.8, 'losses': 1, 'longest_absence_s': 0.0}
    assert figures['confidence'] == {'mean': 0.6, 'p5': 0.6}
    accuracy = figures['accuracy']
    assert accuracy['frames_with_truth'] == 4
    assert (accuracy['missed_hands'], accuracy['false_hands']) == (1, 1)
    assert accuracy['mean_joint_error_mm'] == 17.5
    assert accuracy['median_joint_error_mm'] == 17.5
    thirds = {'10': 0.0, '20': 0.3333, '30': 0.6667, '40': 0.6667}
    assert accuracy['frames_under_mm'] == thirds
    assert accuracy['per_joint']['wrist']['mean_joint_error_mm'] == 17.5
    timing = summarise_timing(recording().frames)
    assert timing['latency_ms'] == {'p50': 20.0, 'p95': 29.0, 'p99': 29.8, 'max': 30.0}
    assert timing['rate_hz_at_median'] == 50.0
    assert timing['stages_ms']['crop']['p50'] == 2.0
    assert 'mean joint error, mm' in figures_table(figure_rows(figures, timing))


def test_without_hands_and_truth_nothing_is_nan() -> None:
    empty = Recording([record(0), record(1, outcome='short_data')], {})
    figures, timing = summarise_recording(empty), summarise_timing(empty.frames)
    json.dumps([figures, timing], allow_nan=False)
    assert figures['accuracy'] is None
    assert figures['stability']['jitter_rest_mm'] is None
    assert 'jitter at rest, mm' in figures_table(figure_rows(figures, timing))
