# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How much of a hand a crop shows: what nobody could solve is not learnt from."""

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

from ..jit import jit

FloatArray = npt.NDArray[np.float64]
Float32Array = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
MIN_VISIBLE = 0.25


@jit
def _seen_share(
    hand: Float32Array,
    scene: Float32Array,
    k: tuple[float, float, float, float],
    columns: IntArray,
    rows: IntArray,
    joints_m: FloatArray,
    depth_range_m: tuple[float, float],
) -> float:
    """Return the share of the hand's pixels, without the forearm's, that are seen in the cube."""
    fx, fy, cx, cy = k
    wrist, out = joints_m[0], joints_m[9] - joints_m[0]
    least = -0.1 * (out[0] ** 2 + out[1] ** 2 + out[2] ** 2)  # a tenth of the palm behind it
    total, seen = 0, 0
    for j in range(len(rows)):
        for i in range(len(columns)):
            if hand[j, i] <= 0:
                continue
            z = 1.0 / hand[j, i]
            x, y = (columns[i] - cx) / fx * z, (rows[j] - cy) / fy * z
            along = (x - wrist[0]) * out[0] + (y - wrist[1]) * out[1] + (z - wrist[2]) * out[2]
            if along < least:
                continue
            total += 1
            seen += scene[j, i] == hand[j, i] and depth_range_m[0] <= z and z <= depth_range_m[1]
    return seen / max(total, 1)


def visible_share(
    hand_inverse_z: Float32Array,
    scene_inverse_z: Float32Array,
    intrinsics: Intrinsics,
    lattice: tuple[IntArray, IntArray],
    joints_m: FloatArray,
    cube: tuple[FloatArray, float],
) -> float:
    """
    Return the share of a hand that its crop shows, 0 to 1.

    hand_inverse_z and scene_inverse_z (R, C): the depth buffer with the hand alone and with
    everything, at the columns (C,) and rows (R,) of the lattice, which lie in the image; cube:
    centre (3,) and edge. It is the share of the joints (21, 3) in image and cube times that of the
    hand's pixels that nothing hides and the cube's depth does not cut.
    """
    columns, rows = lattice
    if not (columns.size and rows.size):
        return 0.0
    fx, fy, cx, cy = (float(value) for value in intrinsics.as_array())
    center, size = cube
    u = fx * joints_m[:, 0] / joints_m[:, 2] + cx
    v = fy * joints_m[:, 1] / joints_m[:, 2] + cy
    inside = (u >= columns[0]) & (u <= columns[-1]) & (v >= rows[0]) & (v <= rows[-1])
    near, far = float(center[2]) - size / 2, float(center[2]) + size / 2
    inside &= (joints_m[:, 2] >= near) & (joints_m[:, 2] <= far)
    seen = _seen_share(
        hand_inverse_z, scene_inverse_z, (fx, fy, cx, cy), columns, rows, joints_m, (near, far)
    )
    return float(inside.mean()) * float(seen)
