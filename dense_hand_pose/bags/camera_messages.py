# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Recorded Image and CameraInfo messages to depth arrays and intrinsics, without ROS.

The node does the same with its own messages in ros/inputs.py; a test holds both side by side.
"""

from typing import Any, Final

from dense_hand_pose.camera.camera_info import CalibrationError, intrinsics_of
from dense_hand_pose.camera.depth_image import DEPTH_UNIT_M, DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np

_DTYPES: Final = {'16UC1': 'u2', 'mono16': 'u2', '32FC1': 'f4'}


class FrameError(ValueError):
    """A frame cannot be used: the cause, as the node's drops are called, and why."""

    def __init__(self, cause: str, reason: str) -> None:
        super().__init__(reason)
        self.cause = cause


def read_depth(image: Any) -> tuple[DepthImage, float]:
    """
    Return the raw depth (H, W), uint16 or float32, and the metres that one unit means.

    Raises FrameError where the encoding is none of depth or where step, size and data disagree.
    """
    encoding = str(image.encoding)
    if encoding not in _DTYPES:
        raise FrameError('unknown_encoding', f'the encoding is {encoding!r}')
    native = np.dtype(_DTYPES[encoding])
    width, height, step = int(image.width), int(image.height), int(image.step)
    if width == 0 or height == 0:
        raise FrameError('empty_image', f'the size is {width} x {height}')
    if step < width * native.itemsize or step % native.itemsize:
        row = f'a row of {width} pixels in {encoding} has {width * native.itemsize}'
        raise FrameError('bad_step', f'step is {step} bytes, but {row}')
    if len(image.data) < step * height:
        said = f'{height} rows of {step} bytes make {step * height}'
        raise FrameError('short_data', f'data has {len(image.data)} bytes, but {said}')
    stored = native.newbyteorder('>' if image.is_bigendian else '<')
    pixels = np.frombuffer(image.data, stored, step * height // native.itemsize)
    depth = pixels.reshape(height, -1)[:, :width].astype(native)
    return depth, DEPTH_UNIT_M[encoding]


def read_intrinsics(info: Any, image: Any, rectified: bool = True) -> Intrinsics:
    """Return the intrinsics of an image; FrameError where camera_info does not fit it."""
    try:
        return intrinsics_of(info, int(image.width), int(image.height), rectified)
    except CalibrationError as error:
        raise FrameError(error.cause, str(error)) from error
