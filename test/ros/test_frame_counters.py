# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Counters of images, and their log lines."""

from dense_hand_pose.ros import logs
from dense_hand_pose.ros.frame_counters import CAUSES, EMPTY_ANSWERS, FrameCounters
from dense_hand_pose.ros.logs import LimitedLog
import pytest


class Log(list):
    """The lines that a counters logged."""

    def __call__(self, severity: str, message: str) -> None:
        """Take a line."""
        self.append((severity, message))


def test_each_cause_is_logged_once_a_period_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log()
    counters = FrameCounters(LimitedLog(log))
    counters.source = '/depth with /info'
    for _ in range(3):
        for cause in CAUSES:
            counters.count_drop(cause, f'{cause} happened')
    assert len(log) == sum(bool(cause.severity) for cause in CAUSES.values())
    for severity, line in log:
        (cause,) = [c for c in CAUSES if f'({c})' in line]
        assert severity == CAUSES[cause].severity
        assert line.startswith('/depth with /info: ')
        assert CAUSES[cause].remedy in line
    monkeypatch.setattr(logs, 'LOG_PERIOD_S', 0.0)
    counters.count_drop('bad_step', 'again')
    assert '3 times since the last' in log[-1][1]


def test_the_counters_add_up() -> None:
    counters = FrameCounters(LimitedLog(Log()))
    for _ in range(len(CAUSES) + 3):
        counters.count_received('images')
    counters.count_hand()
    for cause in CAUSES:
        counters.count_drop(cause, '')
    counts = counters.counts()
    assert (counts.hands, counts.empty) == (1, len(EMPTY_ANSWERS))
    assert counts.dropped == len(CAUSES) - len(EMPTY_ANSWERS)
    assert counts.in_flight == 2
    assert 'bad_step 1' in str(counts)
