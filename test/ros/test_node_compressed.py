# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth that image_transport has compressed, and the line that says which transport is there."""

import pytest
import rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import CompressedImage, Image
from support.depth_codecs import compressed_depth
from support.node_fixture import hand_depth_mm, NodeFixture, running_node

pytestmark = pytest.mark.dds


def publish_compressed(rig: NodeFixture, topic: str) -> None:
    """Replace the image publisher of the rig."""
    rig.tester.destroy_publisher(rig._image)
    rig._image = rig.tester.create_publisher(CompressedImage, topic, qos_profile_sensor_data)


def compressed(image: Image, codec: str) -> CompressedImage:
    made = compressed_depth(hand_depth_mm(), codec)
    return CompressedImage(header=image.header, format=made.format, data=made.data)


@pytest.mark.parametrize('codec', ['png', 'rvl'])
def test_compressed_depth_has_the_joints_of_raw_depth(model: str, codec: str) -> None:
    with running_node(model, roi__mode='nearest') as raw:
        expected = raw.ask(raw.image()).poses
    values = {'camera__image_transport': 'compressedDepth', 'roi__mode': 'nearest'}
    with running_node(model, wait=False, **values) as rig:
        publish_compressed(rig, 'image_rect/compressedDepth')
        rig.wait_until_matched()
        image = rig.image()
        rig.send(compressed(image, codec), rig.info_for(image))
        assert rig.answer(image).poses == expected


def test_a_topic_of_another_transport_is_named(model: str) -> None:
    with running_node(
        model, wait=False, diagnostics__period_s=0.1, diagnostics__no_data_s=1.0
    ) as rig:
        publish_compressed(rig, 'image_rect/compressedDepth')
        assert rig.until(lambda: rig.logs('set camera.image_transport to compressedDepth'))


def test_a_topic_of_another_type_is_named(model: str) -> None:
    # A camera of its own participant: in Fast DDS a topic has one type in each.
    context = rclpy.Context()
    rclpy.init(args=[], context=context)
    with running_node(
        model, wait=False, diagnostics__period_s=0.1, diagnostics__no_data_s=1.0
    ) as rig:
        camera = rclpy.create_node('camera', context=context, namespace=rig.namespace)
        camera.create_publisher(CompressedImage, 'image_rect', qos_profile_sensor_data)
        assert rig.until(lambda: rig.logs('is published as CompressedImage: remap'))
        camera.destroy_node()
    rclpy.shutdown(context=context)
