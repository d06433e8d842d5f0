# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Where a fit begins: the palm in closed form, then the angles bone by bone.

Legend as in skeleton.py: N right hands, 21 joints, A angles.
"""

import numpy as np
import numpy.typing as npt

from .anatomy import ANGLE_COUNT, HIGHEST_RAD, LOWEST_RAD
from .skeleton import CHAINS, FLEXION, HandSkeleton

FloatArray = npt.NDArray[np.float64]

PALM_JOINTS = np.array([0, 1, 5, 9, 13, 17])
_FIRST = np.array([0, 5, 9, 13, 17])
_HINGES = np.array([(3, 7, 11, 15, 19), (4, 8, 12, 16, 20)])
_BONE_M, _ANGLE_SD_RAD = 0.03, 0.5
_PRIOR_PER_M2 = 1.0 / (_BONE_M * _ANGLE_SD_RAD) ** 2
"""What a bone's ends must be known to for its direction to count as much as the expected one."""


def rigid_motion(
    from_m: FloatArray, to_m: FloatArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """
    Return the rotation (N, 3, 3) and shift (N, 3) that take points (N, J, 3) to others best.

    Least squares with weights (N, J) (Kabsch 1976; Umeyama 1991 for the reflections). Points in
    one place or on one line leave turns free: one of them is returned.
    """
    share = (weight / weight.sum(axis=1, keepdims=True))[:, None]
    from_mean, to_mean = share @ from_m, share @ to_m
    moments = (to_m - to_mean).transpose(0, 2, 1) @ ((from_m - from_mean) * share[:, 0, :, None])
    left, _, right = np.linalg.svd(moments)
    left[:, :, 2] *= np.linalg.det(left @ right)[:, None]
    rotation = left @ right
    shift = to_mean[:, 0] - (from_mean @ rotation.transpose(0, 2, 1))[:, 0]
    return rotation, shift


def closed_form_angles(
    skeleton: HandSkeleton, joints_m: FloatArray, information: FloatArray, expected: FloatArray
) -> FloatArray:
    """
    Return angles (N, A) within the limits whose bones point as those of joints (N, 21, 3) do.

    The joints are in the palm's frame, with information (N, 21), inverse squared metres. Each bone
    in turn takes the flexion (and abduction) that brings it nearest, drawn towards the expected
    angles (A,) the less its ends are known; what its hinge cannot do is left over. The thumb's
    pronation is the expected one.
    """
    chains = joints_m[:, 1:].reshape(-1, CHAINS, 4, 3)
    bones = chains[:, :, :3] - chains[:, :, 1:]
    ends = 1.0 / information[:, 1:].reshape(-1, CHAINS, 4)
    share = 1.0 / (1.0 + (ends[:, :, :3] + ends[:, :, 1:]) * _PRIOR_PER_M2)
    out = np.empty((len(joints_m), ANGLE_COUNT))
    turns = np.zeros((len(bones), CHAINS, 3))
    # A metacarpal's fold is small beside what the bones' own errors do to a start.
    frames = skeleton.carpal @ skeleton.knuckle
    along = (bones[:, :, :1] @ frames)[:, :, 0]
    flat = np.sqrt(along[..., 0] ** 2 + along[..., 2] ** 2)
    for place, angle in enumerate((_angle(along), np.arctan2(along[..., 1], flat))):
        columns = _FIRST + place
        turns[..., place] = out[:, columns] = _drawn(angle, share[..., 0], expected, columns)
    turns[:, 0, 2] = out[:, 2] = expected[2]
    frames = frames @ _ball_rotation(turns)
    for bone in (1, 2):
        columns = _HINGES[bone - 1]
        frames = frames @ skeleton.hinge[bone - 1]
        along = (bones[:, :, bone, None] @ frames)[:, :, 0]
        angle = out[:, columns] = _drawn(_angle(along), share[..., bone], expected, columns)
        if bone == 1:
            turn = angle[..., None, None]
            frames = frames @ (FLEXION[0] + np.cos(turn) * FLEXION[1] + np.sin(turn) * FLEXION[2])
    return out


def _ball_rotation(turns_rad: FloatArray) -> FloatArray:
    """Return (..., 3, 3) rotations R(-e1, flexion) R(e2, abduction) R(e0, pronation)."""
    cos, sin = np.cos(turns_rad), np.sin(turns_rad)
    cf, ca, ct = cos[..., 0], cos[..., 1], cos[..., 2]
    sf, sa, st = sin[..., 0], sin[..., 1], sin[..., 2]
    out = np.empty((*turns_rad.shape[:-1], 3, 3))
    cfsa, sfsa = cf * sa, sf * sa
    out[..., 0, 0], out[..., 1, 0], out[..., 2, 0] = cf * ca, sa, sf * ca
    out[..., 0, 1], out[..., 1, 1] = -cfsa * ct - sf * st, ca * ct
    out[..., 2, 1] = -sfsa * ct + cf * st
    out[..., 0, 2], out[..., 1, 2] = cfsa * st - sf * ct, -ca * st
    out[..., 2, 2] = sfsa * st + cf * ct
    return out


def _angle(along: FloatArray) -> FloatArray:
    """Return the flexions (N, 5) of vectors (N, 5, 3) from proximal towards the palm."""
    out: FloatArray = np.arctan2(along[..., 2], along[..., 0])
    return out


def _drawn(
    angle: FloatArray, share: FloatArray, expected: FloatArray, columns: npt.NDArray[np.int64]
) -> FloatArray:
    """Return angles (N, 5) drawn towards the expected ones and within their limits."""
    mean = expected[columns]
    drawn = mean + (angle - mean) * share
    out: FloatArray = np.minimum(np.maximum(drawn, LOWEST_RAD[columns]), HIGHEST_RAD[columns])
    return out
