# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Mailbox, ledger and pairing, without a node."""

import threading

from dense_hand_pose.ros import limited_log
from dense_hand_pose.ros.frame_counters import CAUSES, EMPTY_ANSWERS, Ledger
from dense_hand_pose.ros.frame_mailbox import Mailbox
from dense_hand_pose.ros.limited_log import LimitedLog
from dense_hand_pose.ros.synchronizer import Frame, Pairing
from dense_hand_pose.ros.timings import Timings, WINDOW
import pytest
from sensor_msgs.msg import CameraInfo, Image


class Log(list):
    """The lines that a ledger logged."""

    def __call__(self, severity: str, message: str) -> None:
        """Take a line."""
        self.append((severity, message))


def at(kind: type, milliseconds: int) -> Image | CameraInfo:
    message = kind()
    message.header.stamp.sec, rest = divmod(milliseconds, 1000)
    message.header.stamp.nanosec = rest * 1_000_000
    return message


def test_mailbox_keeps_the_newest_and_hands_back_what_nobody_took() -> None:
    mailbox: Mailbox[int] = Mailbox()
    assert mailbox.put(1) is None
    assert mailbox.put(2) == 1
    assert len(mailbox) == 1
    assert mailbox.take() == 2
    assert mailbox.put(3) is None
    assert mailbox.close() == 3
    assert mailbox.take() is None
    assert mailbox.put(4) == 4


def test_mailbox_loses_nothing_between_threads() -> None:
    mailbox: Mailbox[int] = Mailbox()
    taken: list[int] = []

    def consume() -> None:
        while (item := mailbox.take()) is not None:
            taken.append(item)

    consumer = threading.Thread(target=consume)
    consumer.start()
    replaced = [old for item in range(5000) if (old := mailbox.put(item)) is not None]
    left = mailbox.close()
    consumer.join(timeout=60)
    assert not consumer.is_alive()
    rest = [left] if left is not None else []
    assert sorted(taken + replaced + rest) == list(range(5000))
    assert taken == sorted(taken)


def test_each_cause_is_logged_once_a_period_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log()
    ledger = Ledger(LimitedLog(log))
    ledger.source = '/depth with /info'
    for _ in range(3):
        for cause in CAUSES:
            ledger.no_result(cause, f'{cause} happened')
    assert len(log) == sum(bool(cause.severity) for cause in CAUSES.values())
    for severity, line in log:
        (cause,) = [c for c in CAUSES if f'({c})' in line]
        assert severity == CAUSES[cause].severity
        assert line.startswith('/depth with /info: ')
        assert CAUSES[cause].remedy in line
    monkeypatch.setattr(limited_log, 'LOG_PERIOD_S', 0.0)
    ledger.no_result('bad_step', 'again')
    assert '3 times since the last' in log[-1][1]


def test_the_books_add_up() -> None:
    ledger = Ledger(LimitedLog(Log()))
    for _ in range(len(CAUSES) + 3):
        ledger.receive('images')
    ledger.hand()
    for cause in CAUSES:
        ledger.no_result(cause, '')
    counts = ledger.counts()
    assert (counts.hands, counts.empty) == (1, len(EMPTY_ANSWERS))
    assert counts.dropped == len(CAUSES) - len(EMPTY_ANSWERS)
    assert counts.under_way == 2
    assert 'bad_step 1' in str(counts)


class Bench:
    """A pairing with everything that it passes on."""

    def __init__(self, mode: str = 'exact', queue_size: int = 3) -> None:
        self.ledger = Ledger(LimitedLog(Log()))
        self.frames: list[int] = []
        self.restarts = 0
        self.pairing = Pairing(mode, queue_size, self.ledger, self.take, self.restart)

    def take(self, frame: Frame) -> None:
        """Take a frame."""
        self.frames.append(frame.stamp_ns // 1_000_000)

    def restart(self) -> None:
        """Count a restart."""
        self.restarts += 1

    def send(self, milliseconds: int) -> None:
        """Send an image and its camera_info."""
        self.pairing.add_image(at(Image, milliseconds))
        self.pairing.add_info(at(CameraInfo, milliseconds))

    def causes(self) -> dict[str, int]:
        """Return the drops by cause."""
        return dict(self.ledger.counts().causes)


def test_images_that_the_queue_forgets_are_written_down() -> None:
    bench = Bench(queue_size=3)
    for milliseconds in range(0, 500, 100):
        bench.pairing.add_image(at(Image, milliseconds))
    assert bench.causes() == {'no_camera_info': 2}
    for milliseconds in range(0, 500, 100):
        bench.pairing.add_info(at(CameraInfo, milliseconds))
    assert bench.frames == [200, 300, 400]
    assert bench.ledger.counts().images == 5


def test_a_looping_source_starts_anew() -> None:
    bench = Bench(queue_size=2)
    bench.send(10_000)
    bench.pairing.add_image(at(Image, 10_100))
    for milliseconds in (0, 100, 200):
        bench.send(milliseconds)
    assert bench.frames == [10_000, 100, 200]
    assert bench.restarts == 1
    # the first of the new round, and the one of the old round that waited
    assert bench.causes() == {'time_backwards': 2}


def test_a_late_image_is_dropped_and_a_repeated_one_too() -> None:
    bench = Bench()
    for milliseconds in (1000, 900, 1000, 1100):
        bench.send(milliseconds)
    assert bench.frames == [1000, 1100]
    assert bench.restarts == 0
    assert bench.causes() == {'time_backwards': 1, 'repeated_stamp': 1}


def test_stamps_before_1970_are_kept_from_message_filters() -> None:
    # Upstream's raises for them out of the subscription's callback, and never lets go of its lock.
    bench = Bench()
    bench.pairing.add_info(at(CameraInfo, -5000))
    for milliseconds in (-5000, -4000, 1000):
        bench.send(milliseconds)
    assert bench.frames == [1000]
    assert bench.causes() == {'too_old': 2}
    assert bench.ledger.counts().under_way == 1  # the one that was passed on


def test_latest_info_goes_with_every_image() -> None:
    bench = Bench('latest_info')
    bench.pairing.add_image(at(Image, 10))
    bench.pairing.add_info(at(CameraInfo, 5))
    bench.pairing.add_image(at(Image, 20))
    bench.pairing.add_image(at(Image, 30))
    assert bench.frames == [20, 30]
    assert bench.causes() == {'no_camera_info': 1}


def test_latest_info_outlives_a_jump_of_time() -> None:
    bench = Bench('latest_info')
    bench.pairing.add_info(at(CameraInfo, 5))
    for milliseconds in (9000, 20, 30):  # a bag that loops
        bench.pairing.add_image(at(Image, milliseconds))
    bench.pairing.rebuild()  # the clock went back
    bench.pairing.add_image(at(Image, 10))
    assert bench.frames == [9000, 30, 10]
    assert bench.causes() == {'time_backwards': 1}


def test_timings_cover_the_newest_frames() -> None:
    timings = Timings()
    for milliseconds in range(1000 + WINDOW):
        timings.add({'network': float(milliseconds)})
    p50, p95, p99 = timings.percentiles()['network']
    assert p50 == pytest.approx(1000 + WINDOW / 2, abs=1)
    assert 1000 < p50 < p95 < p99 < 1000 + WINDOW
