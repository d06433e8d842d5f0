# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The depth camera is found by what its images hold; else the error lists what there is."""

from collections.abc import Sequence
from pathlib import Path

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.rosbag import BagTopic, write_bag
from dense_hand_pose.bags.topics import camera_topics, result_topics, TopicOverrides
import numpy as np
import pytest
from support import layouts
from support.layouts import Entry

POSES, CLOUD = 'geometry_msgs/msg/PoseArray', 'sensor_msgs/msg/PointCloud2'
SHOT = layouts.Shot(
    np.full((8, 12), 700, np.uint16), np.zeros((21, 3)), (9.0, 9.0, 5.5, 3.5), layouts.START_NS
)


def bag_of(folder: Path, entries: Sequence[Entry]) -> BagFile:
    """Return a bag of messages."""
    return BagFile(layouts.write_rosbag2(folder, entries))


def depth(topic: str, encoding: str = '16UC1') -> Entry:
    """Return a depth image."""
    return layouts.depth(topic, SHOT, encoding)


def colour(topic: str) -> Entry:
    """Return a colour image."""
    return layouts.colour(topic, SHOT)


def info(topic: str, scale: float = 1.0) -> Entry:
    """Return a camera_info."""
    return layouts.camera_info(topic, SHOT, scale)


def test_one_image_and_one_camera_info_need_no_option(tmp_path: Path) -> None:
    found = camera_topics(bag_of(tmp_path, [depth('/a'), info('/b/c')]), TopicOverrides())
    assert (found.depth, found.camera_info, found.truth) == ('/a', '/b/c', None)
    assert found.notes == ()


@pytest.mark.parametrize(
    ('entries', 'depth_topic', 'info_topic'),
    [
        (layouts.oak(SHOT), '/oak/stereo/image_raw', '/oak/stereo/camera_info'),
        (
            layouts.realsense(SHOT),
            '/camera/camera/depth/image_rect_raw',
            '/camera/camera/depth/camera_info',
        ),
        (layouts.azure(SHOT), '/depth/image_raw', '/depth/camera_info'),
        (layouts.orbbec(SHOT), '/camera/depth/image_raw', '/camera/depth/camera_info'),
        (layouts.zed(SHOT), '/zed/zed_node/depth/depth_registered',
         '/zed/zed_node/depth/camera_info'),
        (layouts.beside_colour(SHOT), '/camera/depth/image_rect_raw/compressedDepth',
         '/camera/depth/camera_info'),
        (layouts.by_librealsense([SHOT], ros1=True), '/device_0/sensor_0/Depth_0/image/data',
         '/device_0/sensor_0/Depth_0/info/camera_info'),
        (layouts.by_librealsense([SHOT], ros1=False),
         '/device_0/sensor_0/Depth_0/image/data/compressedDepth',
         '/device_0/sensor_0/Depth_0/image/camera_info'),
    ],
    ids=['oak', 'realsense', 'azure', 'orbbec', 'zed', 'compressed', 'rs-bag', 'rs-db3'],
)  # fmt: skip
def test_the_depth_of_a_driver_is_found(
    entries: Sequence[Entry], depth_topic: str, info_topic: str, tmp_path: Path
) -> None:
    found = camera_topics(bag_of(tmp_path, entries), TopicOverrides())
    assert (found.depth, found.camera_info) == (depth_topic, info_topic)
    assert found.truth == '/ground_truth/joints'


def test_what_else_holds_depth_is_noted(tmp_path: Path) -> None:
    found = camera_topics(bag_of(tmp_path, layouts.realsense(SHOT)), TopicOverrides())
    aligned = '/camera/camera/aligned_depth_to_color/image_raw'
    assert found.notes == (
        f'depth is that of /camera/camera/depth/image_rect_raw, not of {aligned} (--depth-topic)',
    )
    found = camera_topics(bag_of(tmp_path / 'b', layouts.realsense(SHOT)),
                          TopicOverrides(depth=aligned))  # fmt: skip
    assert found.camera_info == '/camera/camera/aligned_depth_to_color/camera_info'


def test_raw_is_preferred_to_the_same_packed(tmp_path: Path) -> None:
    packed = layouts.packed('/d/image_raw/compressedDepth', SHOT)
    bag = bag_of(tmp_path, [packed, depth('/d/image_raw'), info('/d/camera_info')])
    assert camera_topics(bag, TopicOverrides()).depth == '/d/image_raw'


def test_only_the_camera_info_that_fits_is_taken(tmp_path: Path) -> None:
    bag = bag_of(tmp_path, [depth('/d'), info('/x/i', 2.0), info('/y/i')])
    assert camera_topics(bag, TopicOverrides()).camera_info == '/y/i'


def test_an_unclear_bag_is_refused_with_its_topics_and_the_option(tmp_path: Path) -> None:
    bag = bag_of(tmp_path, [depth('/left'), depth('/right'), info('/x/i'), info('/y/i')])
    with pytest.raises(BagError, match=r'/left, /right.*--depth-topic'):
        camera_topics(bag, TopicOverrides())
    with pytest.raises(BagError, match=r'/x/i, /y/i.*--camera-info-topic'):
        camera_topics(bag, TopicOverrides(depth='/left'))
    found = camera_topics(bag, TopicOverrides(depth='/left', camera_info='/y/i'))
    assert (found.depth, found.camera_info) == ('/left', '/y/i')


def test_a_bag_without_depth_lists_its_images(tmp_path: Path) -> None:
    jpeg = layouts.packed('/b/compressed', SHOT, text='rgb8; jpeg compressed bgr8')
    bag = bag_of(tmp_path, [colour('/a'), jpeg, info('/i')])
    with pytest.raises(BagError, match=r'/a \(rgb8\), /b/compressed \(rgb8; jpeg.*expected 16UC1'):
        camera_topics(bag, TopicOverrides())


def test_a_wrong_wish_is_named(tmp_path: Path) -> None:
    bag = bag_of(tmp_path, [depth('/a'), info('/i')])
    with pytest.raises(BagError, match=r'--depth-topic /b: .* holds /a \(sensor_msgs'):
        camera_topics(bag, TopicOverrides(depth='/b'))
    with pytest.raises(BagError, match='--truth-topic /a is of sensor_msgs/msg/Image'):
        camera_topics(bag, TopicOverrides(truth='/a'))


def test_escape_sequences_of_names_are_shown(tmp_path: Path) -> None:
    bag = bag_of(tmp_path, [colour('/a\x1b[2J'), info('/i')])
    with pytest.raises(BagError) as caught:
        camera_topics(bag, TopicOverrides())
    assert str(caught.value).isprintable()
    assert r'/a\x1b[2J' in str(caught.value)


def test_results_are_not_the_truth(tmp_path: Path) -> None:
    names = {
        '/ground_truth/joints': POSES,
        '/hand_pose/joints': POSES,
        '/hand_pose/joints_cloud': CLOUD,
        '/hand_pose/joints_smoothed': POSES,
    }
    topics = [BagTopic(name=name, type_name=type_name) for name, type_name in names.items()]
    topics.append(BagTopic(name='/a', type_name='sensor_msgs/msg/Image'))
    messages = [RawMessage(name, 1, b'\0\1\0\0') for name in names]
    write_bag(tmp_path / 'bag', topics, [*messages, depth('/a').raw])
    bag = BagFile(tmp_path / 'bag')
    found = result_topics(bag, TopicOverrides())
    assert (found.joints, found.cloud) == ('/hand_pose/joints', '/hand_pose/joints_cloud')
    found = result_topics(bag, TopicOverrides(results='/hand_pose/joints_smoothed'))
    assert (found.joints, found.cloud) == ('/hand_pose/joints_smoothed', None)
    assert camera_topics(bag, TopicOverrides(), calibrated=False).camera_info is None
