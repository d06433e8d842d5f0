# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Topics are found by type where that is clear; else the error lists them and names the option."""

from pathlib import Path

from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.rosbag import BagTopic, RawMessage, write_bag
from dense_hand_pose.bags.topics import camera_topics, result_topics, TopicWishes
import pytest

IMAGE, INFO = 'sensor_msgs/msg/Image', 'sensor_msgs/msg/CameraInfo'
POSES, CLOUD = 'geometry_msgs/msg/PoseArray', 'sensor_msgs/msg/PointCloud2'
PACKED = 'sensor_msgs/msg/CompressedImage'


def bag_of(folder: Path, **types: str) -> BagFile:
    """Return a bag with one message of each topic (__ in a name is a slash)."""
    topics = [
        BagTopic(name='/' + name.replace('__', '/'), type_name=type_name)
        for name, type_name in types.items()
    ]
    write_bag(folder / 'bag', topics, [RawMessage(t.name, 1, b'\0\1\0\0') for t in topics])
    return BagFile(folder / 'bag')


def test_one_image_and_one_camera_info_need_no_option(tmp_path: Path) -> None:
    found = camera_topics(bag_of(tmp_path, a=IMAGE, b__c=INFO), TopicWishes())
    assert (found.depth, found.camera_info, found.truth) == ('/a', '/b/c', None)


def test_the_camera_info_beside_the_depth_image_is_taken(tmp_path: Path) -> None:
    bag = bag_of(
        tmp_path,
        cam__color__image_raw=IMAGE,
        cam__color__camera_info=INFO,
        cam__depth__image_rect_raw=IMAGE,
        cam__depth__camera_info=INFO,
        ground_truth__joints=POSES,
    )
    found = camera_topics(bag, TopicWishes())
    assert found.depth == '/cam/depth/image_rect_raw'
    assert found.camera_info == '/cam/depth/camera_info'
    assert found.truth == '/ground_truth/joints'


def test_an_unclear_bag_is_refused_with_its_topics_and_the_option(tmp_path: Path) -> None:
    bag = bag_of(tmp_path, left=IMAGE, right=IMAGE, x__i=INFO, y__i=INFO)
    with pytest.raises(BagError, match=r'/left, /right.*--depth-topic'):
        camera_topics(bag, TopicWishes())
    with pytest.raises(BagError, match=r'/x/i, /y/i.*--camera-info-topic'):
        camera_topics(bag, TopicWishes(depth='/left'))
    found = camera_topics(bag, TopicWishes(depth='/left', camera_info='/y/i'))
    assert (found.depth, found.camera_info) == ('/left', '/y/i')


def test_a_wrong_wish_is_named(tmp_path: Path) -> None:
    bag = bag_of(tmp_path, a=IMAGE, i=INFO)
    with pytest.raises(BagError, match=r'--depth-topic /b: .* holds /a \(sensor_msgs'):
        camera_topics(bag, TopicWishes(depth='/b'))
    with pytest.raises(BagError, match='--truth-topic /a is of sensor_msgs/msg/Image'):
        camera_topics(bag, TopicWishes(truth='/a'))


def test_a_compressed_depth_topic_has_its_remedy(tmp_path: Path) -> None:
    bag = bag_of(tmp_path, d__compressedDepth=PACKED, i=INFO)
    with pytest.raises(BagError, match='image_transport republish'):
        camera_topics(bag, TopicWishes())


def test_results_are_told_from_the_truth(tmp_path: Path) -> None:
    bag = bag_of(
        tmp_path,
        a=IMAGE,
        ground_truth__joints=POSES,
        hand_pose__joints=POSES,
        hand_pose__joints_cloud=CLOUD,
        hand_pose__joints_smoothed=POSES,
    )
    found = result_topics(bag, TopicWishes())
    assert (found.joints, found.cloud) == ('/hand_pose/joints', '/hand_pose/joints_cloud')
    found = result_topics(bag, TopicWishes(results='/hand_pose/joints_smoothed'))
    assert (found.joints, found.cloud) == ('/hand_pose/joints_smoothed', None)
    assert camera_topics(bag, TopicWishes(), calibrated=False).camera_info is None
