# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The degrees of freedom of the hand, their limits and how they turn the bones.

Angles are in degrees against a straight hand in the plane of the third metacarpal. Flexion is
positive towards the palm, finger abduction positive towards the thumb, wrist deviation positive
towards the little finger, thumb abduction positive out of the palm's plane (palmar abduction).
"""

import numpy as np
import numpy.typing as npt

from ..jit import jit_if_present

FloatArray = npt.NDArray[np.float64]

WRIST_FLEXION, WRIST_DEVIATION = 0, 1
THUMB = 2  # CMC flexion, CMC abduction, CMC pronation, MCP flexion, IP flexion
FINGERS = (7, 11, 15, 19)  # index, middle, ring, little: MCP flexion, MCP abduction, PIP, DIP
MCP, ABDUCTION, PIP, DIP = 0, 1, 2, 3
DOF_COUNT = 23

_FINGER_ABDUCTION = ((-12, 20), (-12, 12), (-18, 10), (-30, 8))
LIMITS_DEG: FloatArray = np.array(
    [(-65, 70), (-20, 35), (-25, 40), (-10, 45), (-10, 35), (-10, 60), (-20, 80)]
    + [
        limit
        for abduction in _FINGER_ABDUCTION
        for limit in ((-20, 92), abduction, (-3, 108), (-8, 80))
    ],
    dtype=np.float64,
)
"""(DOF_COUNT, 2) lowest and highest angle of every degree of freedom."""

# The ring and little metacarpals fold towards the palm as their fingers flex (palmar arch).
RING_ARCH, LITTLE_ARCH = 0.06, 0.13


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
