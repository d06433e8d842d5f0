# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Image and CameraInfo messages to a depth array with its unit and to intrinsics."""

from dense_hand_pose.camera.camera_info import intrinsics_of
from dense_hand_pose.camera.depth_image import depth_from_image
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
from sensor_msgs.msg import CameraInfo, Image


def read_depth(image: Image) -> tuple[np.ndarray, float]:
    """
    Return the raw depth (H, W), uint16 or float32, and the metres that one unit means.

    Raises InputError where the encoding is none of depth or where step, size and data disagree.
    """
    return depth_from_image(image)


def read_intrinsics(info: CameraInfo, image: Image, rectified: bool = True) -> Intrinsics:
    """Return the intrinsics of an image; raises InputError where camera_info does not fit."""
    return intrinsics_of(info, image.width, image.height, rectified)
