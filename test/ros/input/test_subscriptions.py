# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node asks for what the publishers of image and camera_info offer, and follows them."""

import pytest
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data, QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CameraInfo, Image
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
