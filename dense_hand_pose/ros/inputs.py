# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Image and CameraInfo messages to a depth array with its unit and to intrinsics."""

from cv_bridge import CvBridge
from dense_hand_pose.camera import Intrinsics
from dense_hand_pose.depth import DEPTH_UNIT_M
from dense_hand_pose.ros.drops import InputError
import numpy as np
from sensor_msgs.msg import CameraInfo, Image

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


def read_intrinsics(info: CameraInfo, image: Image) -> Intrinsics:
    """
    Return the pinhole parameters of the pixels of `image`, a rectified image.

    P is used where it is set (it describes the rectified image), else K. Region of interest and
    binning change them as REP 104 says: offsets are in unbinned pixels, and as in image_geometry
    the principal point is divided by the binning. Raises InputError for sizes that disagree and
    for values that describe no camera.
    """
    bin_x, bin_y = max(info.binning_x, 1), max(info.binning_y, 1)
    full = (info.roi.width or info.width, info.roi.height or info.height)
    expected = (full[0] // bin_x, full[1] // bin_y)
    if (image.width, image.height) != expected:
        raise InputError(
            'size_mismatch',
            f'the image has {image.width} x {image.height} pixels, but its camera_info '
            f'describes {expected[0]} x {expected[1]}',
        )
    name, fx, fy, cx, cy = _pinhole(info)
    try:
        return Intrinsics(
            fx=fx / bin_x,
            fy=fy / bin_y,
            cx=(cx - info.roi.x_offset) / bin_x,
            cy=(cy - info.roi.y_offset) / bin_y,
        )
    except ValueError as error:
        raise InputError('bad_camera_info', f'{name} of camera_info: {error}') from error


def _pinhole(info: CameraInfo) -> tuple[str, float, float, float, float]:
    """Return which matrix describes the full image, and its fx, fy, cx, cy."""
    if info.p[0] != 0.0:
        return 'P', float(info.p[0]), float(info.p[5]), float(info.p[2]), float(info.p[6])
    return 'K', float(info.k[0]), float(info.k[4]), float(info.k[2]), float(info.k[5])
