# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Forward kinematics and linear blend skinning, compiled where numba is.

Legend: B bones, V vertices, J joints. A bone's frame has e0 proximal, e1 towards the little
finger, e2 out of the back of the hand: flexion turns about -e1, abduction about +e2, twist e0.
"""

from typing import Any

from dense_hand_pose.kinematics.anatomy import (
    LITTLE_ARCH,
    RING_ARCH,
)
import numpy as np
import numpy.typing as npt

from ..jit import jit_if_present, jit_or

FloatArray = npt.NDArray[np.float64]


@jit_if_present
def bone_angles(dof_deg: FloatArray) -> FloatArray:
    """
    Return the (21 bones, 3) flexion, abduction and twist in radians of (23,) angles in degrees.

    The bones are those of soma_hand.npz: wrist, forearm, three of the thumb, then four (metacarpal
    first) of the index, middle, ring and little finger.
    """
    out = np.zeros((21, 3))
    # The hand is the root: the forearm turns about the wrist by the opposite angles.
    out[1, 0], out[1, 1] = -dof_deg[0], dof_deg[1]
    out[2, 0], out[2, 1], out[2, 2] = dof_deg[2], dof_deg[3], dof_deg[4]
    out[3, 0], out[4, 0] = dof_deg[5], dof_deg[6]
    for finger in range(4):
        dof, bone = 7 + 4 * finger, 5 + 4 * finger
        out[bone + 1, 0], out[bone + 1, 1] = dof_deg[dof], dof_deg[dof + 1]
        out[bone + 2, 0], out[bone + 3, 0] = dof_deg[dof + 2], dof_deg[dof + 3]
    out[13, 0] = RING_ARCH * max(dof_deg[15], 0.0)
    out[17, 0] = LITTLE_ARCH * max(dof_deg[19], 0.0)
    return np.radians(out)


@jit_if_present
def joint_rotation(flexion: float, abduction: float, twist: float) -> FloatArray:
    """Return the (3, 3) rotation R(-e1, flexion) R(e2, abduction) R(e0, twist); radians."""
    cf, sf = np.cos(flexion), np.sin(flexion)
    ca, sa = np.cos(abduction), np.sin(abduction)
    ct, st = np.cos(twist), np.sin(twist)
    out = np.empty((3, 3))
    out[0, 0], out[0, 1], out[0, 2] = cf * ca, -cf * sa * ct - sf * st, cf * sa * st - sf * ct
    out[1, 0], out[1, 1], out[1, 2] = sa, ca * ct, -ca * st
    out[2, 0], out[2, 1], out[2, 2] = sf * ca, -sf * sa * ct + cf * st, sf * sa * st + cf * ct
    return out


@jit_if_present
def pose_bones(
    zero_local_m: FloatArray,
    parent: npt.NDArray[np.int64],
    scale: FloatArray,
    angles_rad: FloatArray,
) -> FloatArray:
    """
    Return the (B, 3, 4) frames of the bones in the root's frame, metres.

    zero_local_m (B, 4, 4): frames in the parent at zero angles; scale (B, 3): stretch of every
    bone along its own axes, which moves its children; angles_rad (B, 3): flexion, abduction and
    twist.
    """
    count = len(parent)
    out = np.zeros((count, 3, 4))
    for b in range(count):
        turn = joint_rotation(angles_rad[b, 0], angles_rad[b, 1], angles_rad[b, 2])
        p = parent[b]
        for i in range(3):
            for j in range(3):
                for k in range(3):
                    out[b, i, j] += zero_local_m[b, i, k] * turn[k, j]
        if p < 0:
            continue
        local = out[b, :, :3].copy()
        for i in range(3):
            out[b, i, 3] = out[p, i, 3]
            for j in range(3):
                out[b, i, 3] += out[p, i, j] * zero_local_m[b, j, 3] * scale[p, j]
                out[b, i, j] = 0.0
                for k in range(3):
                    out[b, i, j] += out[p, i, k] * local[k, j]
    return out


@jit_if_present
def joint_positions(
    frames: FloatArray,
    scale: FloatArray,
    joint_bone: npt.NDArray[np.int64],
    joint_offset_m: FloatArray,
) -> FloatArray:
    """Return the (J, 3) joints: a stretched offset in the frame of their bone."""
    out = np.empty((len(joint_bone), 3))
    for n in range(len(joint_bone)):
        b = joint_bone[n]
        for i in range(3):
            out[n, i] = frames[b, i, 3]
            for j in range(3):
                out[n, i] += frames[b, i, j] * scale[b, j] * joint_offset_m[n, j]
    return out


def skin_in_numpy(
    vertices_m: npt.NDArray[Any],
    weight_bone: npt.NDArray[np.uint8],
    weight: npt.NDArray[np.float32],
    frames: FloatArray,
    scale: FloatArray,
    inverse_bind: FloatArray,
) -> npt.NDArray[np.float32]:
    """Do what `skin` does, for machines without numba."""
    matrix = np.einsum('bij,bj,bjk->bik', frames[:, :, :3], scale, inverse_bind)
    matrix[:, :, 3] += frames[:, :, 3]
    shares = np.zeros((len(vertices_m), len(frames)))
    np.add.at(shares, (np.arange(len(vertices_m))[:, None], weight_bone), weight)
    blended = (shares @ matrix.reshape(len(frames), 12)).reshape(-1, 3, 4)
    moved = np.einsum('vij,vj->vi', blended[:, :, :3], vertices_m) + blended[:, :, 3]
    out: npt.NDArray[np.float32] = moved.astype(np.float32)
    return out


@jit_or(skin_in_numpy)
def skin(
    vertices_m: npt.NDArray[Any],
    weight_bone: npt.NDArray[np.uint8],
    weight: npt.NDArray[np.float32],
    frames: FloatArray,
    scale: FloatArray,
    inverse_bind: FloatArray,
) -> npt.NDArray[np.float32]:
    """Return the (V, 3) skinned vertices; the weights of a vertex descend and end with zeros."""
    bones = len(frames)
    matrix = np.zeros((bones, 3, 4))
    for b in range(bones):
        for i in range(3):
            matrix[b, i, 3] = frames[b, i, 3]
            for j in range(3):
                stretched = frames[b, i, j] * scale[b, j]
                for k in range(4):
                    matrix[b, i, k] += stretched * inverse_bind[b, j, k]
    out = np.empty((len(vertices_m), 3), np.float32)
    for v in range(len(vertices_m)):
        x, y, z = vertices_m[v, 0], vertices_m[v, 1], vertices_m[v, 2]
        for i in range(3):
            total = 0.0
            for n in range(weight.shape[1]):
                w = weight[v, n]
                if w == 0.0:
                    break
                m = matrix[weight_bone[v, n], i]
                total += w * (m[0] * x + m[1] * y + m[2] * z + m[3])
            out[v, i] = total
    return out
