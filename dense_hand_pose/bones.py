# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Which way the bones of a hand point."""

from typing import Any

from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt

# The wrist has no parent: its bone is the one towards the middle finger's knuckle.
_FROM = np.array([0 if parent < 0 else parent for parent in HAND_21.parents])
_TO = np.arange(len(HAND_21.joints))
_TO[HAND_21.joints.index('wrist')] = HAND_21.joints.index('middle_proximal')


def bone_quaternions(joints_m: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """
    Return the orientations (21, 4), x y z w, of joints (21, 3).

    The x axis of each points along the bone from the parent to the joint (the wrist's towards
    middle_proximal) by the shortest turn from the frame's own x axis; the roll about the bone
    means nothing. A bone without length has the identity.
    """
    bones = (joints_m[_TO] - joints_m[_FROM]).astype(np.float64)
    lengths = np.linalg.norm(bones, axis=1, keepdims=True)
    x, y, z = (bones / np.maximum(lengths, 1e-12)).T
    # (1 + x . d, x cross d): twice the half-turn's quaternion, up to its length.
    turns = np.stack([np.zeros_like(x), -z, y, 1.0 + x], axis=1)
    norms = np.linalg.norm(turns, axis=1, keepdims=True)
    quaternions: npt.NDArray[np.float64] = turns / np.maximum(norms, 1e-12)
    quaternions[norms[:, 0] < 1e-6] = (0.0, 0.0, 1.0, 0.0)  # opposite to x: half a turn about z
    quaternions[lengths[:, 0] < 1e-6] = (0.0, 0.0, 0.0, 1.0)
    return quaternions
