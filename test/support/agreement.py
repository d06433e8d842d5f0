# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The depth image and the joints of a frame must speak of the same points."""

from dense_hand_pose.datasets.frames import DatasetFrame
import numpy as np

from support.miniatures import pixels, Points


def assert_depth_meets_joints(
    frame: DatasetFrame, camera: tuple[float, float, float, float]
) -> None:
    """Lift the pixel at each joint's projection: it must lie within a pixel of the joint."""
    fx, fy, cx, cy = camera
    for joint in frame.joints_m:
        u, v = np.rint(pixels(joint, camera)).astype(int)
        z = float(frame.depth_m[v, u])
        lifted = np.array([(u - cx) / fx * z, (v - cy) / fy * z, z])
        # Half a pixel across and down, and half a millimetre of rounding in depth.
        assert np.linalg.norm(lifted - joint) < 0.75 * z / fx + 0.0011


def assert_same_joints(frame: DatasetFrame, joints_mm: Points) -> None:
    """Compare with the joints that were written, to 0.01 mm."""
    assert frame.joints_m.dtype == np.float64
    np.testing.assert_allclose(frame.joints_m * 1000.0, joints_mm, rtol=0.0, atol=0.01)
