# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Order and restarts of the synchroniser, case by case."""

from dense_hand_pose.ros.frame_counters import FrameCounters
from dense_hand_pose.ros.input.synchronizer import Frame, Synchronizer
from dense_hand_pose.ros.logs import LimitedLog
from sensor_msgs.msg import CameraInfo, Image


def at(kind: type, milliseconds: int) -> Image | CameraInfo:
    message = kind()
    message.header.stamp.sec, rest = divmod(milliseconds, 1000)
    message.header.stamp.nanosec = rest * 1_000_000
    return message


class Bench:
    """A synchronizer with everything that it passes on."""

    def __init__(self, mode: str = 'exact', queue_size: int = 3) -> None:
        self.counters = FrameCounters(LimitedLog(lambda *_: None))
        self.frames: list[int] = []
        self.restarts = 0
        self.synchronizer = Synchronizer(mode, queue_size, self.counters, self.take, self.restart)

    def take(self, frame: Frame) -> None:
        """Take a frame."""
        self.frames.append(frame.stamp_ns // 1_000_000)

    def restart(self) -> None:
        """Count a restart."""
        self.restarts += 1

    def send(self, milliseconds: int) -> None:
        """Send an image and its camera_info."""
        self.synchronizer.add_image(at(Image, milliseconds))
        self.synchronizer.add_info(at(CameraInfo, milliseconds))

    def causes(self) -> dict[str, int]:
        """Return the drops by cause."""
        return dict(self.counters.counts().causes)


def test_images_that_the_queue_forgets_are_written_down() -> None:
    bench = Bench(queue_size=3)
    for milliseconds in range(0, 500, 100):
        bench.synchronizer.add_image(at(Image, milliseconds))
    assert bench.causes() == {'no_camera_info': 2}
    for milliseconds in range(0, 500, 100):
        bench.synchronizer.add_info(at(CameraInfo, milliseconds))
    assert bench.frames == [200, 300, 400]
    assert bench.counters.counts().images == 5


def test_a_looping_source_starts_anew() -> None:
    bench = Bench(queue_size=2)
    bench.send(10_000)
    bench.synchronizer.add_image(at(Image, 10_100))
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
    bench.synchronizer.add_info(at(CameraInfo, -5000))
    for milliseconds in (-5000, -4000, 1000):
        bench.send(milliseconds)
    assert bench.frames == [1000]
    assert bench.causes() == {'too_old': 2}
    assert bench.counters.counts().in_flight == 1  # the one that was passed on


def test_latest_info_goes_with_every_image() -> None:
    bench = Bench('latest_info')
    bench.synchronizer.add_image(at(Image, 10))
    bench.synchronizer.add_info(at(CameraInfo, 5))
    bench.synchronizer.add_image(at(Image, 20))
    bench.synchronizer.add_image(at(Image, 30))
    assert bench.frames == [20, 30]
    assert bench.causes() == {'no_camera_info': 1}


def test_latest_info_outlives_a_jump_of_time() -> None:
    bench = Bench('latest_info')
    bench.synchronizer.add_info(at(CameraInfo, 5))
    for milliseconds in (9000, 20, 30):  # a bag that loops
        bench.synchronizer.add_image(at(Image, milliseconds))
    bench.synchronizer.restart()  # the clock went back
    bench.synchronizer.add_image(at(Image, 10))
    assert bench.frames == [9000, 30, 10]
    assert bench.causes() == {'time_backwards': 1}
