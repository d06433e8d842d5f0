# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What goes into a bag comes out of it, through rosbags' own reader as well."""

from pathlib import Path

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.rosbag import BagTopic, read_bag, write_bag
from dense_hand_pose.camera.camera_info import stamp_ns
import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from support import recordings
import yaml

DEPTH = BagTopic(name='/image_rect', type_name='sensor_msgs/msg/Image')
JOINTS = BagTopic(name='/hand_pose/joints', type_name='geometry_msgs/msg/PoseArray', latched=True)
IMAGE = np.arange(12, dtype=np.uint16).reshape(3, 4)
START_NS = 1_700_000_000_123_456_789


def two_messages() -> list[RawMessage]:
    """Return a depth image and a hand."""
    return [
        recordings.depth('/image_rect', START_NS, START_NS + 5, IMAGE),
        recordings.poses('/hand_pose/joints', START_NS, START_NS + 9, np.eye(3)),
    ]


def test_messages_come_back_as_they_went_in(tmp_path: Path) -> None:
    assert write_bag(tmp_path / 'bag', [DEPTH, JOINTS], two_messages()) == 2
    image, hand = read_bag(tmp_path / 'bag')
    assert (image.topic, image.received_ns) == ('/image_rect', START_NS + 5)
    assert stamp_ns(image.message) == stamp_ns(hand.message) == START_NS
    assert np.array_equal(image.message.data.view('<u2').reshape(3, 4), IMAGE)
    assert [pose.position.y for pose in hand.message.poses] == [0.0, 1.0, 0.0]


def test_topics_can_be_chosen(tmp_path: Path) -> None:
    write_bag(tmp_path / 'bag', [DEPTH, JOINTS], two_messages())
    assert [m.topic for m in read_bag(tmp_path / 'bag', ['/image_rect'])] == ['/image_rect']
    assert list(read_bag(tmp_path / 'bag', ['/other'])) == []


def test_another_reader_reads_the_bag(tmp_path: Path) -> None:
    write_bag(tmp_path / 'bag', [DEPTH, JOINTS], two_messages())
    with AnyReader([tmp_path / 'bag']) as reader:
        assert reader.message_count == 2
        assert set(reader.topics) == {'/image_rect', '/hand_pose/joints'}
    metadata = yaml.safe_load((tmp_path / 'bag/metadata.yaml').read_text())
    information = metadata['rosbag2_bagfile_information']
    assert information['storage_identifier'] == 'mcap'
    assert information['version'] == 8
    topics = [entry['topic_metadata'] for entry in information['topics_with_message_count']]
    # Text, and numbers for the policies: what the players of Humble and Jazzy both read.
    qos = {t['name']: yaml.safe_load(t['offered_qos_profiles'])[0] for t in topics}
    transient_local, volatile, reliable = 1, 2, 1
    assert qos['/hand_pose/joints']['durability'] == transient_local
    assert qos['/image_rect']['durability'] == volatile
    assert qos['/image_rect']['reliability'] == reliable
    assert all(t['type_description_hash'].startswith('RIHS01_') for t in topics)


def test_an_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / 'bag').mkdir()
    with pytest.raises(FileExistsError, match='another folder'):
        write_bag(tmp_path / 'bag', [DEPTH], [])


def test_a_missing_bag_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='nowhere'):
        list(read_bag(tmp_path / 'nowhere'))
