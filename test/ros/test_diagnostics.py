# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Stage times as percentiles."""

from dense_hand_pose.ros.diagnostics import Timings, WINDOW
import pytest


def test_timings_cover_the_newest_frames() -> None:
    timings = Timings()
    for milliseconds in range(1000 + WINDOW):
        timings.add({'network': float(milliseconds)})
    p50, p95, p99 = timings.percentiles()['network']
    assert p50 == pytest.approx(1000 + WINDOW / 2, abs=1)
    assert 1000 < p50 < p95 < p99 < 1000 + WINDOW
