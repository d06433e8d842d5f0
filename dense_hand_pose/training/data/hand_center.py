# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the detector puts a hand's centre, and so the cube: one definition for all."""

from dense_hand_pose.camera.intrinsics import Intrinsics, project, unproject
import numpy as np
import numpy.typing as npt


def hand_center(joints_m: npt.ArrayLike, intrinsics: Intrinsics) -> npt.NDArray[np.float64]:
    """
    Return the centre (3,) of a hand with joints (J, 3), metres in the camera frame.

    The median u and v of the joints (paper Sec. 4.3), lifted to their median depth. Raises
    ValueError for joints that are not before the camera.
    """
    joints = np.asarray(joints_m, np.float64)
    pixel = np.median(project(joints, intrinsics), axis=0)
    return unproject(pixel, np.median(joints[:, 2]), intrinsics)
