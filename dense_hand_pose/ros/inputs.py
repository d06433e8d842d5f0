# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Image and CameraInfo messages to a depth array with its unit and to intrinsics."""

from cv_bridge import CvBridge
from dense_hand_pose.camera.camera_info import CalibrationError, intrinsics_of
from dense_hand_pose.camera.depth_image import DEPTH_UNIT_M
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
from sensor_msgs.msg import CameraInfo, Image

from .frame_counters import InputError

_DTYPES = {'16UC1': np.uint16, 'mono16': np.uint16, '32FC1': np.float32}
_BRIDGE = CvBridge()


def read_depth(image: Image) -> tuple[np.ndarray, float]:
    """
    Return the raw depth (H, W), uint16 or float32, and the metres that one unit means.

    Raises InputError where the encoding is none of depth or where step, size and data disagree.
    """
    if image.encoding not in DEPTH_UNIT_M:
        raise InputError('unknown_encoding', f'the encoding is {image.encoding!r}')
    dtype = np.dtype(_DTYPES[image.encoding])
    _check_layout(image, dtype.itemsize)
    if image.is_bigendian:
        # Not cv_bridge: that of Humble and Jazzy fails on swapped bytes with NumPy 2.
        pixels = image.step * image.height // dtype.itemsize
        swapped = np.frombuffer(image.data, dtype.newbyteorder('>'), pixels)
        rows = swapped.reshape(image.height, -1)
        depth = rows[:, : image.width].astype(dtype)
    else:
        depth = _BRIDGE.imgmsg_to_cv2(image, desired_encoding='passthrough')
    return depth, DEPTH_UNIT_M[image.encoding]


def _check_layout(image: Image, pixel_bytes: int) -> None:
    """Raise InputError unless the data holds `height` rows of `step` bytes with whole pixels."""
    if image.width == 0 or image.height == 0:
        raise InputError('empty_image', f'the size is {image.width} x {image.height}')
    row_bytes = image.width * pixel_bytes
    if image.step < row_bytes or image.step % pixel_bytes:
        raise InputError(
            'bad_step',
            f'step is {image.step} bytes, but a row of {image.width} pixels in '
            f'{image.encoding} has {row_bytes}',
        )
    expected = image.step * image.height
    if len(image.data) < expected:
        raise InputError(
            'short_data',
            f'data has {len(image.data)} bytes, but {image.height} rows of {image.step} bytes '
            f'make {expected}',
        )


def read_intrinsics(info: CameraInfo, image: Image, rectified: bool = True) -> Intrinsics:
    """Return the intrinsics of an image; raises InputError where camera_info does not fit."""
    try:
        return intrinsics_of(info, image.width, image.height, rectified)
    except CalibrationError as error:
        raise InputError(error.cause, str(error)) from error
