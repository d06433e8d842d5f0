# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Clocks that jump, and stamps that belong to another time."""

import threading
from typing import Any

from dense_hand_pose.estimator import HandPose
from dense_hand_pose.ros.diagnostics import Timings
from dense_hand_pose.ros.frame_counters import FrameCounters
from dense_hand_pose.ros.input.frame_reader import FrameReader
from dense_hand_pose.ros.input.synchronizer import Frame
from dense_hand_pose.ros.logs import LimitedLog
from dense_hand_pose.ros.output.messages import FrameResult
from dense_hand_pose.ros.worker import Worker
import numpy as np
import pytest
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image
from support.node_fixture import running_node


class SlowEstimator:
    """An estimator that stays at work until it may end, and counts how often it forgot."""

    def __init__(self) -> None:
        self.config: Any = None
        self.resets = 0
        self.began, self.may_end = threading.Event(), threading.Event()

    def reset(self) -> None:
        """Count."""
        self.resets += 1

    def estimate_hands(self, *_: object, **__: object) -> list[HandPose]:
        """Wait; find no hand."""
        self.began.set()
        assert self.may_end.wait(30)
        return []


def frame(seconds: int) -> Frame:
    image = Image(width=4, height=4, encoding='16UC1', step=8, data=bytes(32))
    info = CameraInfo(width=4, height=4, k=[4.0, 0.0, 2.0, 0.0, 4.0, 2.0, 0.0, 0.0, 1.0])
    image.header.stamp.sec = info.header.stamp.sec = seconds
    return Frame(image, info)


def test_nothing_of_the_old_time_is_published_after_a_jump() -> None:
    estimator, counters = SlowEstimator(), FrameCounters(LimitedLog(lambda *_: None))
    delivered: list[int] = []
    something = threading.Event()

    def deliver(answer: FrameResult) -> None:
        delivered.append(answer.header.stamp.sec)
        something.set()

    reader = FrameReader('/image_rect', 'auto', LimitedLog(lambda *_: None))
    now_ns = lambda: 100 * 10**9  # noqa: E731
    worker = Worker(
        estimator, counters, Timings(), reader, None, deliver, now_ns=now_ns, alive=lambda: True
    )
    worker.start(None, 0.0)
    worker.put(frame(100))
    assert estimator.began.wait(30)
    worker.put(frame(101))  # waits
    worker.restart()
    resets = estimator.resets
    worker.put(frame(20))
    estimator.may_end.set()
    assert something.wait(30)
    worker.stop()
    assert delivered == [20]
    assert counters.counts().causes == {'time_backwards': 2, 'no_valid_depth': 1}
    assert estimator.resets > resets  # the track of the frame that was in work is forgotten


@pytest.mark.dds
def test_stamps_far_from_now_are_dropped_with_a_word(model: str) -> None:
    with running_node(model, sync__max_age_s=5.0) as rig:
        counts = rig.node.counters.counts
        assert rig.ask(rig.image()) is not None
        for offset_s, cause in ((-60.0, 'too_old'), (60.0, 'in_future')):
            for _ in range(50):  # the first is lost when its stamp falls back: a new beginning
                image = rig.image(offset_s=offset_s)
                rig.send(image)
                rig.pause(0.2)
                if counts().causes[cause]:
                    break
            (line,) = rig.until(lambda: rig.logs(f'({cause})'))  # noqa: B023 (called at once)
            assert 'sync.max_age_s is 5.0' in line
            assert rig.answer(image, patience_s=0.0) is None
        rig.send(rig.image())  # its stamp falls back from the future
        rig.pause(0.2)
        assert len(rig.ask(rig.image()).poses) == 21


@pytest.mark.dds
def test_a_looping_bag_is_followed_round_after_round(model: str) -> None:
    with running_node(model, use_sim_time=True) as rig:
        clock = rig.tester.create_publisher(Clock, '/clock', 10)
        assert rig.until(clock.get_subscription_count)

        def tick(seconds: int) -> None:
            message = Clock()
            message.clock.sec = seconds
            clock.publish(message)
            assert rig.until(lambda: rig.node.get_clock().now().nanoseconds == seconds * 10**9)

        for _ in range(3):
            for seconds in (50, 51, 52):
                tick(seconds)
                image = rig.image(np.full((240, 320), 500, np.uint16))
                image.header.stamp.sec, image.header.stamp.nanosec = seconds, 0
                rig.heard['hand_pose/joints'].clear()
                rig.send(image)
                assert rig.until(lambda: rig.heard['hand_pose/joints'])
                stamps = [m.header.stamp.sec for m in rig.heard['hand_pose/joints']]
                assert stamps == [seconds]
        rig.pause(0.3)
        assert len(rig.logs('the clock went back by 2.000 s')) == 1  # once a minute
        assert rig.node.counters.counts().dropped == 0
