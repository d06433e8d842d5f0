# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever others send, the node logs one line a kind and minute, and each line is short."""

from dense_hand_pose.ros import limited_log
from dense_hand_pose.ros.frame_counters import CAUSES, FrameCounters
from dense_hand_pose.ros.inputs import FrameReader
from dense_hand_pose.ros.limited_log import LimitedLog, MAX_CHARACTERS
from dense_hand_pose.ros.qos import publisher_events
from dense_hand_pose.ros.synchronizer import Frame
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
    monkeypatch.setattr(limited_log, 'LOG_PERIOD_S', 0.0)
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
