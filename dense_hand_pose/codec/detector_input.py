# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From a depth frame to the input of the hand detector, and how it writes a depth."""

from dense_hand_pose.camera.depth_image import is_valid
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.camera.letterbox import CHANNELS, HEIGHT_PX, Letterbox, WIDTH_PX
import numpy as np
import numpy.typing as npt

USUAL_M = 0.7
"""Depths are logarithms to the base of 2 of a multiple of this one."""
INPUT_SCALE = 1.5
"""The logarithms of the input are divided by it, so that they lie about 1."""
_USUAL_PIXEL_M = 0.006
_LARGEST, _FAR_M = 2.5, np.float32(100.0)
"""Where the channels end, 0.05 m and 9 m; beyond the latter a depth makes no difference."""


def encode_letterbox(
    metres: npt.NDArray[np.float32], letterbox: Letterbox, intrinsics: Intrinsics
) -> npt.NDArray[np.float32]:
    """
    Return the detector's input (3, HEIGHT_PX, WIDTH_PX) of a thinned frame (R, C), metres.

    Channels: the logarithm of the depth; the logarithm of a pixel's width there, which
    gives the size of a hand in the images of any camera; and 1 where there is a measurement.
    All are 0 where there is no measurement, and around the frame.
    """
    out = np.zeros((CHANNELS, HEIGHT_PX, WIDTH_PX), np.float32)
    top, left = letterbox.top, letterbox.left
    bottom, right = top + len(letterbox.rows), left + len(letterbox.columns)
    inner = out[:, top:bottom, left:right]
    valid = is_valid(metres)
    known = np.where(valid, np.minimum(metres, _FAR_M), np.float32(USUAL_M))
    depth = np.log2(known / np.float32(USUAL_M))
    pixel_m = USUAL_M * letterbox.step_px / intrinsics.fx
    shift = np.float32(np.log2(pixel_m / _USUAL_PIXEL_M))
    np.clip(depth / INPUT_SCALE, -_LARGEST, _LARGEST, out=inner[0])
    np.clip((depth + shift) / INPUT_SCALE, -_LARGEST, _LARGEST, out=inner[1])
    inner[:2] *= valid
    inner[2] = valid
    return out
