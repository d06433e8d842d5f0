# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded images become frames with their camera_info, or say why they do not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from dense_hand_pose.bags.camera_stream import read_camera_stream
from dense_hand_pose.bags.frames import bag_frames, BagFrame, FrameOptions
from dense_hand_pose.bags.messages import MessageWriter
from dense_hand_pose.bags.raw import decode, RawMessage
from dense_hand_pose.bags.reader import BagError, BagFile
from dense_hand_pose.bags.rosbag import write_bag
from dense_hand_pose.bags.sample import SAMPLE_TOPICS
from dense_hand_pose.bags.topics import camera_topics, IMAGE, TopicOverrides
from dense_hand_pose.camera.camera_info import intrinsics_of
from dense_hand_pose.camera.depth_image import depth_from_image
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import pytest
from support import recordings
from support.recordings import MS

START_NS = 1_700_000_000_000_000_000
LENS = Intrinsics(120.0, 121.0, 8.0, 6.0)
DEPTH = np.arange(16 * 12, dtype=np.uint16).reshape(12, 16) * 300


def image(place_ms: int, received_ms: int | None = None) -> RawMessage:
    """Return a depth image that was taken, and received, at some time."""
    return writer(place_ms, received_ms).depth('/image_rect', DEPTH)


def info(place_ms: int, received_ms: int | None = None) -> RawMessage:
    """Return a camera_info."""
    return writer(place_ms, received_ms).camera_info('/camera_info', LENS, 16, 12)


def writer(place_ms: int, received_ms: int | None) -> MessageWriter:
    """Return what makes the messages of a moment."""
    received = place_ms if received_ms is None else received_ms
    return MessageWriter(START_NS + place_ms * MS, START_NS + received * MS, 'camera')


def frames_of(folder: Path, messages: list[RawMessage], **options: Any) -> list[BagFrame]:
    """Return the frames of a bag of these messages."""
    ordered = sorted(messages, key=lambda message: message.received_ns)
    write_bag(folder / 'bag', SAMPLE_TOPICS, ordered)
    bag = BagFile(folder / 'bag')
    topics = camera_topics(bag, TopicOverrides())
    return list(bag_frames(bag, topics, read_camera_stream(bag, topics), FrameOptions(**options)))


def test_each_image_goes_with_the_camera_info_of_its_stamp(tmp_path: Path) -> None:
    messages = [image(0), image(33), image(66), info(66, 200), info(0, 1)]
    frames = frames_of(tmp_path, messages)
    assert [frame.cause for frame in frames] == ['', 'no_camera_info', '']
    assert [frame.stamp_ns - START_NS for frame in frames] == [0, 33 * MS, 66 * MS]
    assert frames[0].info.header.stamp == frames[0].image.header.stamp
    depth, unit_m = depth_from_image(frames[2].image)
    assert np.array_equal(depth, DEPTH)
    assert unit_m == 0.001
    assert intrinsics_of(frames[2].info, 16, 12) == LENS


def test_the_latest_camera_info_is_that_received_before(tmp_path: Path) -> None:
    messages = [image(0), info(5), image(33), info(40), image(66)]
    frames = frames_of(tmp_path, messages, sync='latest_info')
    assert [frame.cause for frame in frames] == ['no_camera_info', '', '']
    stamps = [frame.info.header.stamp.nanosec for frame in frames[1:]]
    assert stamps == [5 * MS, 40 * MS]


def test_stamps_that_do_not_rise_are_dropped_as_the_node_does(tmp_path: Path) -> None:
    messages = [info(0), image(2000), image(2000, 2001), image(1500, 2002), image(100, 2003)]
    frames = frames_of(tmp_path, [*messages, image(133, 2004)], sync='latest_info')
    causes = ['', 'repeated_stamp', 'time_backwards', 'time_backwards', '']
    assert [frame.cause for frame in frames] == causes
    assert [frame.restarts for frame in frames] == [False, False, False, True, False]


def test_a_span_is_that_of_the_stamps(tmp_path: Path) -> None:
    messages = [m for t in range(0, 1000, 100) for m in (info(t), image(t, 999 - t))]
    frames = frames_of(tmp_path, messages[:2], start_s=0.2)
    assert frames == []
    messages = [m for t in range(0, 1000, 100) for m in (info(t), image(t))]
    frames = frames_of(tmp_path / 'b', messages, start_s=0.2, end_s=0.5)
    assert [(f.stamp_ns - START_NS) // MS for f in frames] == [200, 300, 400, 500]
    with pytest.raises(ValueError, match="sync = 'x'"):
        FrameOptions(sync='x')


def test_noise_instead_of_a_message_is_a_drop(tmp_path: Path) -> None:
    broken = replace(image(33), data=b'\0\1\0\0\xff\xff')
    frames = frames_of(tmp_path, [info(0), image(0), broken])
    assert [frame.cause for frame in frames] == ['', 'unreadable_message']
    assert frames[1].reason == "its 6 bytes are no 'sensor_msgs/msg/Image'"


def test_a_truth_of_other_joints_is_refused(tmp_path: Path) -> None:
    truth = writer(0, 0).poses('/ground_truth/joints', np.zeros((21, 3)))
    cut = replace(truth, data=truth.data)
    assert frames_of(tmp_path, [info(0), image(0), cut])[0].cause == ''
    bad = writer(0, 0).poses('/ground_truth/joints', np.full((21, 3), np.nan))
    with pytest.raises(BagError, match=r'ground_truth/joints.*NaN'):
        frames_of(tmp_path / 'b', [info(0), image(0), bad])


@pytest.mark.parametrize('far_m', [-500.0, 1e17, 1e200])
def test_a_truth_that_is_not_in_metres_is_refused(tmp_path: Path, far_m: float) -> None:
    """A place beyond float32 would end the report with a traceback, after the long part."""
    truth = writer(0, 0).poses('/ground_truth/joints', np.full((21, 3), far_m))
    with pytest.raises(BagError, match=r'positions up to .* m: expected 21 joints in metres'):
        frames_of(tmp_path, [info(0), image(0), truth])


def test_a_stamp_that_is_none_is_a_drop(tmp_path: Path) -> None:
    name = 'sensor_msgs/msg/Image'
    header = recordings.header(0)
    header.stamp.sec, header.stamp.nanosec = 2**31 - 1, 2**32 - 1
    data = recordings.raw('/image_rect', name, START_NS + 1, changed(header=header)).data
    frames = frames_of(tmp_path, [info(0), image(0), replace(image(1), data=data)])
    assert [frame.cause for frame in frames] == ['', 'unreadable_message']


def changed(**fields: Any) -> Any:
    """Return an image message with other fields."""
    return replace(decode(image(0), IMAGE), **fields)


@pytest.mark.parametrize('encoding', ['16UC1', 'mono16', '32FC1'])
@pytest.mark.parametrize('big_endian', [0, 1])
@pytest.mark.parametrize('padding', [0, 8])
def test_depth_of_every_encoding_and_layout(encoding: str, big_endian: int, padding: int) -> None:
    kind = 'f4' if encoding == '32FC1' else 'u2'
    pixels = (DEPTH / 1000 if kind == 'f4' else DEPTH).astype(('>' if big_endian else '<') + kind)
    rows = pixels.view(np.uint8).reshape(12, -1)
    data = np.pad(rows, ((0, 0), (0, padding)), constant_values=7)
    message = changed(
        encoding=encoding, is_bigendian=big_endian, step=data.shape[1], data=data.ravel()
    )
    depth, unit_m = depth_from_image(message)
    assert depth.dtype == np.dtype(kind)
    assert np.allclose(depth * unit_m, DEPTH / 1000)


@pytest.mark.parametrize(
    ('fields', 'cause'),
    [
        ({'encoding': 'rgb8'}, 'unknown_encoding'),
        ({'width': 0}, 'empty_image'),
        ({'step': 31}, 'bad_step'),
        ({'step': 33, 'height': 2}, 'bad_step'),
        ({'height': 13}, 'short_data'),
    ],
)
def test_images_that_cannot_be_used_say_why(fields: dict[str, Any], cause: str) -> None:
    with pytest.raises(InputError) as caught:
        depth_from_image(changed(**fields))
    assert caught.value.cause == cause


def test_camera_info_of_another_image_says_so() -> None:
    message = changed(width=15)
    calibration = decode(info(0), 'sensor_msgs/msg/CameraInfo')
    with pytest.raises(InputError) as caught:
        intrinsics_of(calibration, message.width, message.height)
    assert caught.value.cause == 'size_mismatch'


def with_zero_stamp(message: RawMessage, type_name: str) -> RawMessage:
    """Return a message without a stamp."""
    read = replace(decode(message, type_name), header=recordings.header(0))
    return recordings.raw(message.topic, type_name, message.received_ns, read)


def test_images_without_stamps_take_those_of_receipt(tmp_path: Path) -> None:
    messages = []
    for place in (0, 33, 66):
        messages.append(with_zero_stamp(info(place), 'sensor_msgs/msg/CameraInfo'))
        messages.append(with_zero_stamp(image(place), IMAGE))
    write_bag(tmp_path / 'bag', SAMPLE_TOPICS, messages)
    bag = BagFile(tmp_path / 'bag')
    topics = camera_topics(bag, TopicOverrides())
    stream = read_camera_stream(bag, topics)
    frames = list(bag_frames(bag, topics, stream))
    assert [frame.cause for frame in frames] == ['', '', '']
    assert [frame.stamp_ns - START_NS for frame in frames] == [0, 33 * MS, 66 * MS]
    assert stream.notes == ['the images have no stamps (0): those of receipt stand for them']


@pytest.mark.parametrize('sync', ['exact', 'latest_info'])
def test_a_camera_info_that_comes_once_serves_every_image(tmp_path: Path, sync: str) -> None:
    images = [image(place) for place in range(0, 330, 33)]
    late = info(-5, 50)
    write_bag(tmp_path / 'bag', SAMPLE_TOPICS, [*images[:2], late, *images[2:]])
    bag = BagFile(tmp_path / 'bag')
    topics = camera_topics(bag, TopicOverrides())
    stream = read_camera_stream(bag, topics)
    frames = list(bag_frames(bag, topics, stream, FrameOptions(sync=sync)))
    assert {frame.cause for frame in frames} == {''}
    assert stream.notes[0].startswith('camera_info came once and is used for all 10 images')


def test_a_camera_info_that_often_lacks_is_not_taken_from_elsewhere(tmp_path: Path) -> None:
    messages = [m for place in range(0, 330, 33) for m in (info(place), image(place + 1))]
    assert {frame.cause for frame in frames_of(tmp_path, messages)} == {'no_camera_info'}


def test_a_length_of_a_unit_can_be_given(tmp_path: Path) -> None:
    (frame,) = frames_of(tmp_path, [info(0), image(0)], depth_unit_mm=0.25)
    depth, unit_m, lens = frame.read()
    assert np.array_equal(depth, DEPTH)
    assert unit_m == 0.00025
    assert lens == LENS
    with pytest.raises(ValueError, match='depth_unit_mm = 0'):
        FrameOptions(depth_unit_mm=0.0)
