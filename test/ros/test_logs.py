# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node logs one short line a kind and minute, and the messages of the library."""

import logging
import os
import subprocess
import sys

from dense_hand_pose.ros import logs
from dense_hand_pose.ros.frame_counters import CAUSES, FrameCounters
from dense_hand_pose.ros.input.frame_reader import FrameReader
from dense_hand_pose.ros.input.synchronizer import Frame
from dense_hand_pose.ros.logs import LimitedLog, log_through_ros, MAX_CHARACTERS, RosHandler
from dense_hand_pose.ros.qos import publisher_events
from hypothesis import given
from hypothesis import strategies as st
import pytest
from rclpy.qos import QoSPolicyKind
from sensor_msgs.msg import CameraInfo, Image

LONG = 2_000_000


@given(st.lists(st.tuples(st.sampled_from('abc'), st.text(max_size=40)), max_size=50))
def test_each_kind_is_logged_once_a_period(messages: list[tuple[str, str]]) -> None:
    lines: list[str] = []
    log = LimitedLog(lambda _, line: lines.append(line))
    for kind, message in messages:
        log('warn', kind, message)
    assert len(lines) == len({kind for kind, _ in messages})
    assert all(line.isprintable() for line in lines)


def test_what_was_not_logged_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    log = LimitedLog(lambda _, line: lines.append(line))
    for _ in range(5):
        log('warn', 'kind', 'it happened.', 'Do something.')
    monkeypatch.setattr(logs, 'LOG_PERIOD_S', 0.0)
    log('warn', 'kind', 'it happened.', 'Do something.')
    assert lines == [
        'it happened. Do something.',
        'it happened. (5 times since the last such message) Do something.',
    ]


@pytest.mark.parametrize('cause', [c for c, known in CAUSES.items() if known.severity])
def test_a_quotation_of_megabytes_is_cut(cause: str) -> None:
    lines: list[str] = []
    counters = FrameCounters(LimitedLog(lambda _, line: lines.append(line)))
    counters.count_drop(cause, f'the encoding is {LONG * "x"!r}')
    (line,) = lines
    assert len(line) <= MAX_CHARACTERS + 1 + len(CAUSES[cause].remedy)


def test_a_lens_that_changes_in_every_frame_is_logged_once() -> None:
    lines: list[str] = []
    reader = FrameReader('/image_raw', 'raw', LimitedLog(lambda _, line: lines.append(line)))
    image = Image(width=8, height=8, encoding='16UC1', step=16, data=bytes(128))
    for number in range(1, 301):
        info = CameraInfo(width=8, height=8, distortion_model='plumb_bob')
        info.d = [1e-4 * number, 0.0, 0.0, 0.0, 0.0]
        info.k[0] = info.k[4] = 8.0
        info.k[8] = 1.0
        reader.read(Frame(image, info))
    assert len(lines) == 1


def test_subscribers_that_do_not_fit_are_logged_once() -> None:
    class Event:
        last_policy_kind = QoSPolicyKind.DURABILITY

    lines: list[str] = []
    events = publisher_events(LimitedLog(lambda _, line: lines.append(line)), '~/markers')
    for _ in range(539):
        events.incompatible_qos(Event())
    assert len(lines) == 1
    assert '~/markers' in lines[0] and 'DURABILITY' in lines[0]


_PROGRAM = """
import logging
from dense_hand_pose.ros.logs import log_through_ros
log_through_ros()
log = logging.getLogger('dense_hand_pose.runtimes.registry')
for _ in range(2):
    log.debug('of no interest')
    log.info('backend auto: %s', 'openvino')
    log.warning('slow')
    log.error('broken')
"""


def test_messages_keep_their_severity() -> None:
    done = subprocess.run(
        [sys.executable, '-c', _PROGRAM],
        env={**os.environ, 'RCUTILS_COLORIZED_OUTPUT': '0'},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    said = done.stdout + done.stderr
    for severity, text in (
        ('INFO', 'backend auto: openvino'),
        ('WARN', 'slow'),
        ('ERROR', 'broken'),
    ):
        lines = [line for line in said.splitlines() if line.endswith(text)]
        assert len(lines) == 2
        assert all(f'[{severity}]' in line and '[dense_hand_pose]' in line for line in lines)
    assert 'of no interest' not in said


def test_a_second_node_does_not_double_the_messages() -> None:
    library = logging.getLogger('dense_hand_pose')
    before, level = list(library.handlers), library.level
    try:
        log_through_ros()
        log_through_ros()
        assert sum(isinstance(handler, RosHandler) for handler in library.handlers) == 1
    finally:
        library.handlers[:] = before
        library.setLevel(level)
