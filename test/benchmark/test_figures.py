# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The statistics against numpy, and what becomes of them in JSON and Markdown."""

import json
import math

from dense_hand_pose.benchmark.figures import as_json, RosRow, Row, StartRow
from dense_hand_pose.benchmark.report import markdown, plain, ros_table, stage_table, start_table
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

TIMES = st.lists(st.floats(0.001, 1e4), min_size=1, max_size=200)


@given(TIMES)
def test_percentiles_are_numpys(times_ms: list[float]) -> None:
    row = Row.of('cpu', 'float32', 'crop', times_ms)
    expected = [np.percentile(times_ms, percent) for percent in (50, 95, 99)]
    found = [row.p50_ms, row.p95_ms, row.p99_ms]
    np.testing.assert_allclose(found, expected, rtol=0, atol=5.1e-5)
    assert math.isclose(row.max_ms, max(times_ms), abs_tol=5.1e-5)
    assert row.p50_ms <= row.p95_ms <= row.p99_ms <= row.max_ms


def test_of_one_to_a_hundred() -> None:
    row = Row.of('cpu', 'float32', 'crop', [float(i) for i in range(100, -1, -1)])
    assert (row.p50_ms, row.p95_ms, row.p99_ms, row.max_ms) == (50.0, 95.0, 99.0, 100.0)


def test_no_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="cpu float32: no time of stage 'crop'"):
        Row.of('cpu', 'float32', 'crop', [])


def test_json_has_no_nan() -> None:
    (row,) = as_json([Row('cpu', 'float32', 'crop', 1.0, float('nan'), 2.0, 3.0)])
    assert json.loads(json.dumps(row, allow_nan=False)) == {
        'backend': 'cpu',
        'precision': 'float32',
        'stage': 'crop',
        'p50_ms': 1.0,
        'p95_ms': None,
        'p99_ms': 2.0,
        'max_ms': 3.0,
    }


def test_tables() -> None:
    rows = [Row('openvino', 'bfloat16', 'network', 4.0, 5.25, 6.0, 12.5)]
    assert markdown(stage_table(rows)).splitlines() == [
        '| backend | precision | stage | p50 ms | p95 ms | p99 ms | max ms |',
        '| --- | --- | --- | ---: | ---: | ---: | ---: |',
        '| openvino | bfloat16 | network | 4.00 | 5.25 | 6.00 | 12.50 |',
    ]
    heading, line = plain(stage_table(rows)).splitlines()
    assert heading.index('stage') == line.index('network')
    assert heading.rindex('max ms') + len('max ms') == len(line)
    ros = RosRow(
        backend='cpu',
        precision='float32',
        camera_hz=60.0,
        seconds=50.0,
        frames=3000,
        rate_hz=48.25,
        latency_p50_ms=20.0,
        latency_p95_ms=30.0,
        latency_p99_ms=31.0,
        latency_max_ms=40.0,
        dropped={'replaced': 587, 'too_old': 1},
        lost=0,
        cpu_cores=1.126,
    )
    (_, _, line) = markdown(ros_table([ros])).splitlines()
    assert line == (
        '| cpu | float32 | 587 replaced, 1 too_old | 60 | 50 | 3000 | 48.2 | 20.0 | 30.0 | 31.0 '
        '| 40.0 | 0 | 1.13 |'
    )


def test_starts_are_told_by_median_and_maximum() -> None:
    row = StartRow.of('openvino', 9.0, [2.0, 4.0, 2.5], [0.05, 0.07])
    (_, _, line) = markdown(start_table([row])).splitlines()
    assert line == '| openvino | warm | 3 | 9.00 | 2.50 | 4.00 | 60 | 70 |'
    assert as_json([row])[0]['ready_p50_s'] == 2.5
    with pytest.raises(ValueError, match='no start was timed'):
        StartRow.of('openvino', 9.0, [], [0.05])
