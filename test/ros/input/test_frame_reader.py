# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Image and CameraInfo messages to arrays and intrinsics, without a node."""

import itertools

from dense_hand_pose.camera.camera_info import intrinsics_of
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.ros.frame_counters import CAUSES
from dense_hand_pose.ros.input.frame_reader import FrameReader, read_depth
from dense_hand_pose.ros.input.synchronizer import Frame
from dense_hand_pose.ros.logs import LimitedLog
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo, Image, RegionOfInterest

UNITS_M = {'16UC1': 0.001, 'mono16': 0.001, '32FC1': 1.0}


def image(width: int = 8, height: int = 6) -> Image:
    step = 2 * width
    data = bytes(step * height)
    return Image(width=width, height=height, encoding='16UC1', step=step, data=data)


@settings(max_examples=60, deadline=None)
@given(
    encoding=st.sampled_from(sorted(UNITS_M)),
    width=st.integers(1, 9),
    height=st.integers(1, 9),
    pad=st.integers(0, 5),
    big_endian=st.booleans(),
    seed=st.integers(0, 99),
)
def test_every_layout_gives_the_pixels(
    encoding: str, width: int, height: int, pad: int, big_endian: bool, seed: int
) -> None:
    dtype = np.dtype(np.float32 if encoding == '32FC1' else np.uint16)
    values = np.random.default_rng(seed).integers(0, 65536, (height, width)).astype(dtype)
    padded = np.pad(values, ((0, 0), (0, pad)), constant_values=7)
    order = '>' if big_endian else '<'
    message = Image(width=width, height=height, encoding=encoding, is_bigendian=big_endian)
    message.step = padded.shape[1] * dtype.itemsize
    message.data = padded.astype(dtype.newbyteorder(order)).tobytes() + b'more'
    depth, unit_m = read_depth(message)
    assert (depth.dtype, depth.shape, unit_m) == (dtype, (height, width), UNITS_M[encoding])
    np.testing.assert_array_equal(depth, values)


@pytest.mark.parametrize(
    ('change', 'cause', 'found'),
    [
        ({'encoding': '8UC1'}, 'unknown_encoding', "'8UC1'"),
        ({'encoding': ''}, 'unknown_encoding', "''"),
        ({'step': 15}, 'bad_step', '15'),
        ({'step': 14}, 'bad_step', '14'),
        ({'data': bytes(95)}, 'short_data', '95'),
        ({'height': 0}, 'empty_image', '8 x 0'),
    ],
)
def test_bad_images_name_what_was_found(change: dict, cause: str, found: str) -> None:
    message = image()
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(InputError, match=found) as caught:
        read_depth(message)
    assert caught.value.cause == cause
    assert cause in CAUSES


def info(width: int = 8, height: int = 6) -> CameraInfo:
    message = CameraInfo(width=width, height=height)
    message.k = [10.0, 0.0, 4.0, 0.0, 11.0, 3.0, 0.0, 0.0, 1.0]
    message.p = [20.0, 0.0, 4.5, 0.0, 0.0, 21.0, 3.5, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def test_p_of_the_rectified_image_comes_before_k() -> None:
    assert intrinsics_of(info(), 8, 6) == Intrinsics(20.0, 21.0, 4.5, 3.5)
    unrectified = info()
    unrectified.p = [0.0] * 12
    assert intrinsics_of(unrectified, 8, 6) == Intrinsics(10.0, 11.0, 4.0, 3.0)


def test_region_and_binning_follow_rep_104() -> None:
    message = info(64, 48)
    message.p[2], message.p[6] = 31.5, 23.5
    message.roi = RegionOfInterest(x_offset=10, y_offset=4, width=32, height=24)
    message.binning_x, message.binning_y = 2, 4
    expected = Intrinsics(10.0, 5.25, (31.5 - 10) / 2, (23.5 - 4) / 4)
    assert intrinsics_of(message, 16, 6) == expected
    with pytest.raises(InputError, match='16 x 6') as caught:
        intrinsics_of(message, 32, 24)
    assert caught.value.cause == 'size_mismatch'


@pytest.mark.parametrize(
    ('index', 'value'), list(itertools.product([0, 2, 5, 6], [float('nan'), float('inf')]))
)
def test_values_that_are_no_numbers_are_refused(index: int, value: float) -> None:
    message = info()
    message.p[index] = value
    with pytest.raises(InputError, match='P of camera_info') as caught:
        intrinsics_of(message, 8, 6)
    assert caught.value.cause == 'bad_camera_info'


def lines_for(frame: Frame) -> list[str]:
    """Return what a reader logs of a frame that comes twice."""
    lines: list[str] = []
    reader = FrameReader('/image_rect', 'auto', LimitedLog(lambda _, line: lines.append(line)))
    for _ in range(2):
        reader.read(frame)
    return lines


def test_frames_of_two_cameras_are_logged_once() -> None:
    message, other = image(), info()
    message.header.frame_id, other.header.frame_id = 'depth', 'colour'
    (line,) = lines_for(Frame(message, other))
    assert "in frame 'depth', its camera_info in 'colour'" in line


@pytest.mark.parametrize(
    ('dtype', 'value', 'said'),
    [
        (np.float32, 700.0, 'between 700 and 700 m'),  # 32FC1 in millimetres
        (np.uint16, 1, 'between 0.001 and 0.001 m'),  # 16UC1 in metres
        (np.uint16, 700, ''),
        (np.float32, 0.7, ''),
        (np.float32, np.nan, ''),
    ],
)
def test_depth_in_another_unit_is_logged_once(dtype: type, value: float, said: str) -> None:
    depth = np.full((6, 8), value, dtype)
    message = Image(width=8, height=6, step=8 * depth.itemsize, data=depth.tobytes())
    message.encoding = '16UC1' if dtype is np.uint16 else '32FC1'
    lines = lines_for(Frame(message, info()))
    assert len(lines) == bool(said)
    assert said in ''.join(lines)
