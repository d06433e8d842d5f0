# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever came before, sound pairs are paired within a second, and every image is counted."""

from collections import Counter
from dataclasses import dataclass, field

from dense_hand_pose.ros.frame_counters import FrameCounters
from dense_hand_pose.ros.input.synchronizer import (
    Frame,
    INFOS_KEPT,
    stamp_ns,
    StampQueue,
    Synchronizer,
)
from dense_hand_pose.ros.logs import LimitedLog
from hypothesis import given
from hypothesis import strategies as st
import pytest
from rclpy.duration import Duration
from sensor_msgs.msg import CameraInfo, Image
from std_srvs.srv import Trigger
from support.node_fixture import running_node

PERIOD_NS = 33_333_333
NOW_NS = 1_800_000_000 * 10**9
DAY_NS = 86_400 * 10**9
# Near now, a while off, a day off, before 1970, and close enough to sound stamps to be mistaken.
STAMPS = st.one_of(
    st.integers(NOW_NS - 2 * 10**9, NOW_NS + 2 * 10**9),
    st.integers(NOW_NS - DAY_NS, NOW_NS + DAY_NS),
    st.integers(-(10**9), 10**9),
    st.integers(-40, 40).map(lambda frames: NOW_NS + frames * PERIOD_NS),
)
NOISE = st.lists(st.tuples(st.booleans(), STAMPS), max_size=60)


def message(kind: type, stamp: int) -> Image | CameraInfo:
    made = kind()
    made.header.stamp.sec, made.header.stamp.nanosec = divmod(stamp, 10**9)
    return made


@dataclass
class Bench:
    """A synchroniser, what it passed on, and what it logged."""

    mode: str
    queue_size: int
    frames: list[Frame] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.counters = FrameCounters(LimitedLog(lambda _, line: self.lines.append(line)))
        self.synchronizer = Synchronizer(
            self.mode, self.queue_size, self.counters, self.frames.append, lambda: None
        )

    def feed(self, is_image: bool, stamp: int) -> None:
        """Send one message."""
        if is_image:
            self.synchronizer.add_image(message(Image, stamp))
        else:
            self.synchronizer.add_info(message(CameraInfo, stamp))

    def waiting(self) -> int:
        """Return the images that are neither passed on nor dropped."""
        counts = self.counters.counts()
        return counts.images - len(self.frames) - counts.dropped


@given(
    mode=st.sampled_from(['exact', 'latest_info']),
    queue_size=st.integers(1, 12),
    noise=NOISE,
    start=STAMPS.filter(lambda stamp: stamp >= 0),
    image_first=st.booleans(),
)
def test_sound_pairs_are_answered_within_a_second_after_anything(
    mode: str, queue_size: int, noise: list[tuple[bool, int]], start: int, image_first: bool
) -> None:
    bench = Bench(mode, queue_size)
    for is_image, stamp in noise:
        bench.feed(is_image, stamp)
    assert 0 <= bench.waiting() <= queue_size
    before = len(bench.frames)
    sound = [start + index * PERIOD_NS for index in range(40)]
    for stamp in sound:
        bench.feed(image_first, stamp)
        bench.feed(not image_first, stamp)
    passed = [frame.stamp_ns for frame in bench.frames[before:]]
    # A second is 30 frames; the first of a restarted source is dropped.
    assert set(sound[31:]) <= set(passed)
    assert passed == sorted(set(passed))
    if mode == 'exact':
        assert all(f.stamp_ns == stamp_ns(f.info) for f in bench.frames)


@given(mode=st.sampled_from(['exact', 'latest_info']), queue_size=st.integers(1, 5), noise=NOISE)
def test_every_image_is_passed_on_dropped_or_waits(
    mode: str, queue_size: int, noise: list[tuple[bool, int]]
) -> None:
    bench = Bench(mode, queue_size)
    for is_image, stamp in noise:
        bench.feed(is_image, stamp)
        assert 0 <= bench.waiting() <= (queue_size if mode == 'exact' else 0)
    bench.synchronizer.restart('deactivated')
    assert bench.waiting() == 0
    images = Counter(stamp for is_image, stamp in noise if is_image)
    assert not Counter(frame.stamp_ns for frame in bench.frames) - images


@given(size=st.integers(1, 5), stamps=st.lists(st.integers(0, 20), max_size=40))
def test_a_queue_keeps_the_newest_arrivals(size: int, stamps: list[int]) -> None:
    queue: StampQueue[Image] = StampQueue(size)
    for stamp in stamps:
        queue.put(message(Image, stamp))
    newest = list(dict.fromkeys(reversed(stamps)))[:size]
    assert len(queue) == len(newest)
    for stamp in range(21):
        assert (queue.take(stamp) is not None) is (stamp in newest)


@pytest.mark.parametrize('queue_size', [1, 10])
@pytest.mark.parametrize('ahead_s', [-3600.0, 0.5, 30.0, 86_400.0])
def test_infos_of_another_time_are_logged_and_keep_nothing_from_pairing(
    queue_size: int, ahead_s: float
) -> None:
    bench = Bench('exact', queue_size)
    bench.feed(True, NOW_NS - PERIOD_NS)
    for index in range(INFOS_KEPT):
        bench.feed(False, NOW_NS + int(ahead_s * 1e9) + index * PERIOD_NS)
    for index in range(300):
        bench.feed(False, NOW_NS + index * PERIOD_NS)
        bench.feed(True, NOW_NS + index * PERIOD_NS)
    assert len(bench.frames) == 300
    said = [line for line in bench.lines if 'camera_info without an image' in line]
    assert len(said) == (abs(ahead_s) > 1.0)


def test_reset_empties_the_queues() -> None:
    bench = Bench('exact', 3)
    bench.feed(True, NOW_NS + DAY_NS)
    bench.feed(False, NOW_NS)
    bench.synchronizer.restart('reset')
    bench.feed(True, NOW_NS)
    assert bench.frames == []  # its camera_info was forgotten
    bench.feed(False, NOW_NS)
    assert len(bench.frames) == 1
    assert bench.counters.counts().causes == {'reset': 1}


@pytest.mark.dds
@pytest.mark.parametrize('queue_size', [1, 10])
def test_a_node_answers_after_camera_infos_from_the_future(model: str, queue_size: int) -> None:
    with running_node(model, sync__queue_size=queue_size) as rig:
        assert rig.ask(rig.image()) is not None
        for offset_s in range(60, 60 + INFOS_KEPT + queue_size):
            counts = rig.node.counters.counts
            received = counts().received['camera_infos']
            info = rig.info_for(rig.image())
            later = rig.tester.get_clock().now() + Duration(seconds=offset_s)
            info.header.stamp = later.to_msg()
            rig.send_info(info)
            assert rig.until(
                lambda: counts().received['camera_infos'] > received  # noqa: B023
            )
        for _ in range(3):
            assert rig.ask(rig.image()) is not None
        assert rig.until(lambda: rig.logs('camera_info without an image'))


@pytest.mark.dds
def test_a_node_answers_after_images_from_the_future_and_after_reset(model: str) -> None:
    with running_node(model) as rig:
        for offset_s in (3600.0, 7200.0):
            received = rig.node.counters.counts().images
            rig.send(rig.image(offset_s=offset_s), with_info=False)
            assert rig.until(lambda: rig.node.counters.counts().images > received)  # noqa: B023
        assert rig.call(Trigger, 'hand_pose/reset', Trigger.Request()).success
        assert rig.node.counters.counts().causes['reset'] == 2
        assert rig.ask(rig.image()) is not None  # the first: no stamp to fall back from
