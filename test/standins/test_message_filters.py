# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The contract of message_filters."""

from collections.abc import Callable
import time
from types import ModuleType

import pytest
from sensor_msgs.msg import CameraInfo, Image


@pytest.fixture
def filters(load: Callable[[str], ModuleType]) -> ModuleType:
    return load('message_filters')


def stamped(kind: type, milliseconds: int) -> Image | CameraInfo:
    message = kind()
    message.header.stamp.sec, rest = divmod(milliseconds, 1000)
    message.header.stamp.nanosec = rest * 1_000_000
    return message


def milliseconds(message: Image | CameraInfo) -> int:
    stamp = message.header.stamp
    return stamp.sec * 1000 + stamp.nanosec // 1_000_000


class NodeFixture:
    """Two inputs into a synchroniser, and the stamps of the sets that it passed on."""

    def __init__(self, filters: ModuleType, kind: str, *args: float) -> None:
        self.images, self.infos = filters.SimpleFilter(), filters.SimpleFilter()
        self.pairs: list[tuple[int, int]] = []
        self.synchronizer = getattr(filters, kind)([self.images, self.infos], *args)
        self.synchronizer.registerCallback(
            lambda *pair: self.pairs.append(tuple(milliseconds(m) for m in pair))
        )

    def image(self, at_ms: int) -> None:
        """Send an image."""
        self.images.signalMessage(stamped(Image, at_ms))

    def info(self, at_ms: int) -> None:
        """Send a camera_info."""
        self.infos.signalMessage(stamped(CameraInfo, at_ms))


def test_filter_passes_messages_then_extra_arguments(filters: ModuleType) -> None:
    source = filters.SimpleFilter()
    calls: list[tuple[object, ...]] = []
    source.registerCallback(lambda *args: calls.append(args), 'extra', 7)
    source.registerCallback(lambda *args: calls.append(args))
    source.signalMessage('a', 'b')
    assert calls == [('a', 'b', 'extra', 7), ('a', 'b')]


def test_equal_stamps_pair_in_either_order(filters: ModuleType) -> None:
    rig = NodeFixture(filters, 'TimeSynchronizer', 10)
    rig.image(10)
    rig.info(10)
    rig.info(20)
    rig.image(20)
    assert rig.pairs == [(10, 10), (20, 20)]


def test_unequal_stamps_never_pair(filters: ModuleType) -> None:
    rig = NodeFixture(filters, 'TimeSynchronizer', 10)
    for at_ms in range(0, 200, 20):
        rig.image(at_ms)
        rig.info(at_ms + 1)
    assert rig.pairs == []


def test_a_message_pairs_once(filters: ModuleType) -> None:
    rig = NodeFixture(filters, 'TimeSynchronizer', 10)
    rig.image(10)
    rig.info(10)
    rig.info(10)
    assert rig.pairs == [(10, 10)]


def test_the_queue_forgets_the_oldest(filters: ModuleType) -> None:
    rig = NodeFixture(filters, 'TimeSynchronizer', 2)
    for at_ms in (10, 20, 30):
        rig.image(at_ms)
    for at_ms in (10, 20, 30):
        rig.info(at_ms)
    assert rig.pairs == [(20, 20), (30, 30)]


def test_a_full_queue_of_later_stamps_swallows_what_comes(filters: ModuleType) -> None:
    # Why the node rebuilds its synchroniser after time went back.
    rig = NodeFixture(filters, 'TimeSynchronizer', 2)
    rig.image(1000)
    rig.image(2000)
    rig.image(10)
    rig.info(10)
    assert rig.pairs == []


def test_a_stamp_before_1970_is_an_error(filters: ModuleType) -> None:
    # Why the node asks for the stamp first.
    with pytest.raises(ValueError, match='negative'):
        NodeFixture(filters, 'TimeSynchronizer', 2).image(-1000)


def test_approximate_takes_the_nearest_within_the_slop(filters: ModuleType) -> None:
    rig = NodeFixture(filters, 'ApproximateTimeSynchronizer', 10, 0.015)
    rig.image(100)
    rig.image(120)
    rig.info(111)
    assert rig.pairs == [(120, 111)]
    rig.info(200)
    assert rig.pairs == [(120, 111)]


def test_approximate_without_slop_never_pairs(filters: ModuleType) -> None:
    rig = NodeFixture(filters, 'ApproximateTimeSynchronizer', 10, 0.0)
    rig.image(100)
    rig.info(100)
    assert rig.pairs == []


@pytest.mark.dds
def test_subscriber_passes_messages_of_a_topic(filters: ModuleType) -> None:
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.qos import qos_profile_sensor_data

    context = rclpy.Context()
    rclpy.init(context=context)
    executor = SingleThreadedExecutor(context=context)
    node = rclpy.create_node('filters', context=context)
    executor.add_node(node)
    try:
        got: list[Image] = []
        source = filters.Subscriber(node, Image, 'in', qos_profile=qos_profile_sensor_data)
        source.registerCallback(got.append)
        publisher = node.create_publisher(Image, 'in', qos_profile_sensor_data)
        deadline = time.monotonic() + 60.0
        while not got and time.monotonic() < deadline:
            publisher.publish(stamped(Image, 42))
            executor.spin_once(timeout_sec=0.1)
        assert milliseconds(got[0]) == 42
        assert source.getTopic() == 'in'
        assert source.sub.topic_name == '/in'
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.shutdown(context=context)
