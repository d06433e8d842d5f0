# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How the angles of kinematics/anatomy.py, in degrees, turn the bones of the hand meshes."""

from dense_hand_pose.kinematics.anatomy import (
    ABDUCTION,
    DIP,
    DOF_COUNT,
    FINGERS,
    LIMITS_DEG,
    LITTLE_ARCH,
    MCP,
    PIP,
    RING_ARCH,
    THUMB,
    WRIST_DEVIATION,
    WRIST_FLEXION,
)
import numpy as np
import numpy.typing as npt

from ..jit import jit_if_present

__all__ = [
    'ABDUCTION',
    'DIP',
    'DOF_COUNT',
    'FINGERS',
    'LIMITS_DEG',
    'MCP',
    'PIP',
    'THUMB',
    'WRIST_DEVIATION',
    'WRIST_FLEXION',
    'bone_angles',
]

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
