# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node asks for what the publishers of image and camera_info offer, and follows them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import time
from typing import Any

from builtin_interfaces.msg import Time
from dense_hand_pose.ros.frame_counters import FrameCounters
from dense_hand_pose.ros.input.subscriptions import SensorSubscriptions
from dense_hand_pose.ros.logs import LimitedLog
from dense_hand_pose.ros.worker import Mailbox
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data, QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from support.node_fixture import NodeFixture, running_node

pytestmark = pytest.mark.dds

RELIABLE, BEST_EFFORT = QoSReliabilityPolicy.RELIABLE, QoSReliabilityPolicy.BEST_EFFORT
KINDS = {'image_rect': Image, 'camera_info': CameraInfo}


def requested(rig: NodeFixture) -> set[QoSReliabilityPolicy]:
    """Return the reliabilities that the node requests, of both topics."""
    found = [
        info.qos_profile.reliability
        for topic in KINDS
        for info in rig.tester.get_subscriptions_info_by_topic(f'{rig.namespace}/{topic}')
    ]
    return set(found) if len(found) == 2 else set()


def publish_with(rig: NodeFixture, qos: QoSProfile | int) -> None:
    """Replace the camera of the rig by one with another QoS."""
    for publisher in (rig._image, rig._info):
        rig.tester.destroy_publisher(publisher)
    rig._image = rig.tester.create_publisher(Image, 'image_rect', qos)
    rig._info = rig.tester.create_publisher(CameraInfo, 'camera_info', qos)


def test_reliability_follows_the_publishers(model: str) -> None:
    with running_node(model) as rig:
        assert requested(rig) == {BEST_EFFORT}
        assert rig.ask(rig.image()) is not None
        publish_with(rig, 10)  # the default of rclcpp and rclpy: reliable
        assert rig.until(lambda: requested(rig) == {RELIABLE})
        rig.wait_until_matched()
        assert rig.ask(rig.image()) is not None
        assert rig.until(lambda: rig.logs('reliable, as their publishers offer it'))
        # One best-effort publisher beside them is enough for the way back.
        other = rig.tester.create_publisher(Image, 'image_rect', qos_profile_sensor_data)
        assert rig.until(lambda: requested(rig) == {BEST_EFFORT})
        assert rig.until(other.get_subscription_count)
        rig.wait_until_matched()
        assert rig.ask(rig.image()) is not None
        assert rig.logs('RELIABILITY') == []
        assert rig.node.counters.counts().dropped == 0


def test_one_reliable_topic_is_not_enough(model: str) -> None:
    with running_node(model, wait=False, autostart=False) as rig:
        rig.tester.destroy_publisher(rig._info)
        rig._info = rig.tester.create_publisher(CameraInfo, 'camera_info', 10)
        assert rig.change_state(1)
        assert rig.change_state(3)
        rig.wait_until_matched()
        rig.pause(2.5)
        assert requested(rig) == {BEST_EFFORT}
        assert rig.ask(rig.image()) is not None
        (line,) = rig.until(lambda: rig.logs('best effort, since'))
        assert f'publishers of {rig.namespace}/image_rect offer' in line


@pytest.fixture
def context() -> Iterator[rclpy.Context]:
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    yield context
    rclpy.shutdown(context=context)


def spin_until(executor: SingleThreadedExecutor, condition: Callable[[], Any]) -> None:
    end = time.monotonic() + 60.0
    while not condition():
        assert time.monotonic() < end
        executor.spin_once(timeout_sec=0.02)


def test_images_that_waited_come_in_one_burst_of_which_the_newest_is_taken(
    context: rclpy.Context,
) -> None:
    """An executor that was late takes the oldest of a reliable queue, one in each turn."""
    node = rclpy.create_node('late', context=context, namespace='burst')
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    publishers = {kind: node.create_publisher(kind, name, 10) for name, kind in KINDS.items()}
    mailbox: Mailbox[int] = Mailbox()
    received: list[list[int]] = []
    infos: list[int] = []

    @contextmanager
    def burst() -> Iterator[None]:
        received.append([])
        with mailbox.held():
            yield

    def take_image(image: Image) -> None:
        received[-1].append(image.header.stamp.sec)
        mailbox.put(image.header.stamp.sec)

    log = LimitedLog(lambda _severity, _line: None)
    subscriptions = SensorSubscriptions(node, log, FrameCounters(log), burst)
    spin_until(executor, lambda: all(node.count_publishers(f'/burst/{n}') for n in KINDS))
    subscriptions.start([
        (CameraInfo, '/burst/camera_info', lambda info: infos.append(info.header.stamp.sec)),
        (Image, '/burst/image_rect', take_image),
    ])  # fmt: skip
    spin_until(executor, lambda: all(p.get_subscription_count() for p in publishers.values()))
    received.clear()
    for second in range(1, 5):
        for kind, publisher in publishers.items():
            publisher.publish(kind(header=Header(stamp=Time(sec=second))))
    time.sleep(1.0)  # they arrive, and nothing takes them
    spin_until(executor, lambda: len(infos) == 4 and any(received))
    assert infos == [1, 2, 3, 4]
    assert [stamps for stamps in received if stamps] == [[1, 2, 3, 4]]
    assert mailbox.take() == 4
    subscriptions.stop()
    executor.shutdown()
    node.destroy_node()


@pytest.mark.parametrize('wanted', ['best_effort', 'reliable'])
def test_an_override_of_the_user_wins(model: str, wanted: str) -> None:
    with running_node(model, wait=False, autostart=False) as rig:
        publish_with(rig, 10)
        for topic in KINDS:
            name = f'qos_overrides.{rig.namespace}/{topic}.subscription.reliability'
            rig.node._parameter_overrides[name] = Parameter(name, value=wanted)
        assert rig.change_state(1)
        assert rig.change_state(3)
        rig.wait_until_matched()
        rig.pause(2.5)
        assert requested(rig) == {RELIABLE if wanted == 'reliable' else BEST_EFFORT}
        assert rig.ask(rig.image()) is not None
