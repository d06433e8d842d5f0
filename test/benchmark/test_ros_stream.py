# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node at a rate: figures from a known stream, and the whole once over DDS."""

import json
import os
from pathlib import Path
import subprocess
import sys
import time

from dense_hand_pose.benchmark.ros_stream import cores_between, cpu_seconds, row_of
from dense_hand_pose.evaluation.streams import NodeResult, Stream
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


def test_figures_of_a_known_stream() -> None:
    stream, begin_ns = Stream(), 10**18
    for i in range(101):
        stamp = begin_ns + i * 10_000_000  # 100 Hz
        stream.frames.add(stamp)
        if i % 2 == 0:
            stream.results[stamp] = NodeResult(stamp + (i + 1) * 100_000, np.zeros((21, 3)))
    stream.books = {
        'images': '100',
        'dropped': '49',
        'under_way': '0',
        'backend': 'cpu',
        'cause.replaced': '48',
        'cause.too_old': '1',
        'cause.no_hand': '7',
    }
    samples = [(begin_ns - 10**9, 3.0), (begin_ns, 4.0), (begin_ns + 2 * 10**9, 7.0)]
    row = row_of(stream, 100.0, samples)
    latencies_ms = [(i + 1) / 10 for i in range(0, 101, 2)]
    assert row.latency_p50_ms == pytest.approx(np.percentile(latencies_ms, 50))
    assert row.latency_p99_ms == pytest.approx(np.percentile(latencies_ms, 99))
    assert row.latency_max_ms == pytest.approx(10.1)
    assert (row.backend, row.frames, row.seconds) == ('cpu', 101, 1.0)
    assert row.rate_hz == pytest.approx(50 / 1.01, abs=1e-3)
    assert row.dropped == {'replaced': 48, 'too_old': 1}
    assert row.lost == 1
    assert row.cpu_cores == pytest.approx(1.5)


def test_no_answer_is_an_error() -> None:
    with pytest.raises(ValueError, match='the node answered none of 2 pictures'):
        row_of(Stream(frames={1, 2}), 30.0, [(0, 0.0)])


def test_cpu_time_is_that_of_the_process() -> None:
    before = cpu_seconds(os.getpid())
    until = time.process_time() + 0.3
    while time.process_time() < until:
        pass
    assert 0.25 <= cpu_seconds(os.getpid()) - before <= 2.0
    sleeper = subprocess.Popen(['sleep', '60'])  # noqa: S607
    try:
        assert cpu_seconds(sleeper.pid) < 0.2
    finally:
        sleeper.kill()
        sleeper.wait()


def test_cores_are_interpolated() -> None:
    samples = [(0, 0.0), (10**9, 1.0), (2 * 10**9, 3.0)]
    assert cores_between(samples, 500_000_000, 1_500_000_000) == pytest.approx(1.5)


@pytest.mark.dds
@pytest.mark.slow
def test_the_node_over_dds(tmp_path: Path) -> None:
    file = tmp_path / 'ros.json'
    command = [sys.executable, '-m', 'dense_hand_pose', 'benchmark', '--ros', '--quick']
    command += ['--rate', '10', '--seconds', '2', '--backend', 'cpu', '--json', str(file)]
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'ROS_LOG_DIR': str(tmp_path)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=400.0
    )
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(file.read_text())['ros']
    assert (row['backend'], row['camera_hz']) == ('cpu', 10.0)
    # On a busy machine the camera leaves pictures out that would come late.
    assert 2 <= row['frames'] <= 20
    assert row['rate_hz'] is None or row['rate_hz'] > 0.0
    assert 0.0 < row['latency_p50_ms'] <= row['latency_p99_ms'] <= row['latency_max_ms']
    assert 0.0 < row['cpu_cores'] < len(os.sched_getaffinity(0)) + 0.2
