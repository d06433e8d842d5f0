# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The orientations of a hand's joints as quaternions, without matrices.

A quaternion of a bone is linear in (1, cos, sin) of half of each angle before it, as positions are
in whole angles (skeleton.py): one product of 3**5 numbers with constants gives all of a chain.
"""

import numpy as np
import numpy.typing as npt

from .rotations import quaternions
from .skeleton import BONES, CHAINS, HandSkeleton, products, turns_by_chain

FloatArray = npt.NDArray[np.float64]

OPENXR = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Columns x, y, z of OpenXR in (proximal, little finger, dorsal)."""
# Turns about -e1, e2 and e0 as parts beside 1, cosine and sine of half the angle.
_FLEXION, _ABDUCTION, _PRONATION = np.zeros((3, 3, 4))
_FLEXION[1, 3] = _ABDUCTION[1, 3] = _PRONATION[1, 3] = _ABDUCTION[2, 2] = _PRONATION[2, 0] = 1.0
_FLEXION[2, 1] = -1.0
_BONE_OF_JOINT = np.append(0, 1 + BONES * np.arange(CHAINS)[:, None] + (0, 1, 2, 2))
# Takes a quaternion a to the matrix, flat, whose product with b is a b.
_LEFT = np.zeros((4, 4, 4))
_LEFT[3] = np.eye(4)
_LEFT[[0, 1, 2], [2, 0, 1], [1, 2, 0]] = _LEFT[[0, 1, 2], [0, 1, 2], 3] = 1.0
_LEFT[[0, 1, 2], [1, 2, 0], [2, 0, 1]] = _LEFT[[0, 1, 2], 3, [0, 1, 2]] = -1.0


def product(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return Hamilton's products (..., 4) of quaternions x y z w (..., 4)."""
    out: FloatArray = (left_factor(a) @ b[..., None])[..., 0]
    return out


def left_factor(a: FloatArray) -> FloatArray:
    """Return matrices (..., 4, 4) that take a quaternion b to the product a b."""
    out: FloatArray = (a @ _LEFT.reshape(4, 16)).reshape(*a.shape, 4)
    return out


def joint_quaternions(palm: FloatArray, angles_rad: FloatArray) -> FloatArray:
    """
    Return unit quaternions x y z w (21, 4), w >= 0, of the joints in OpenXR's axes.

    palm: the quaternion (4,) of the palm's frame of skeleton.py; angles_rad (A,).
    """
    half = turns_by_chain(angles_rad[None]) * 0.5
    triples = np.ones((CHAINS * 5, 3))
    np.cos(half[0], out=triples[:, 1])
    np.sin(half[0], out=triples[:, 2])
    by_angle = triples.reshape(CHAINS, 5, 3).transpose(1, 0, 2).copy()
    first, second, third, fourth, fifth = by_angle
    ball = products(products(first, second), third)
    every = products(ball, products(fourth, fifth))
    bones = np.empty((1 + CHAINS * BONES, 4))
    bones[0] = _WRIST
    bones[1:] = (every[:, None] @ _TABLE).reshape(-1, 4)
    out: FloatArray = (bones @ left_factor(palm).T).take(_BONE_OF_JOINT, 0)
    out *= np.where(out[:, 3:] < 0.0, -1.0, 1.0)
    return out


def _factors(skeleton: HandSkeleton) -> FloatArray:
    """Return the factors (5, 243, 12) of the products: quaternions of three bones each."""
    out = np.zeros((CHAINS, 3, 3, 3, 3, 3, BONES, 4))
    carpal, knuckle, first, second = (
        quaternions(turns) for turns in (skeleton.carpal, skeleton.knuckle, *skeleton.hinge)
    )
    openxr = quaternions(OPENXR)
    for chain, factors in enumerate(out):
        ball = product(_FLEXION, _ABDUCTION[:, None])[:, :, None]
        if chain == 0:
            start = product(carpal[0], knuckle[0])
            bone = product(start, product(ball, _PRONATION))
        else:
            start = product(carpal[chain], product(_FLEXION, knuckle[chain]))
            bone = product(start, ball)
        factors[0, 0, ..., 0, :] = product(bone, openxr)
        bone = product(bone, product(first[chain], _FLEXION)[:, None, None, None])
        factors[0, ..., 1, :] = product(bone, openxr)
        turned = product(second[chain], _FLEXION)[:, None, None, None, None]
        factors[..., 2, :] = product(product(bone, turned), openxr)
    return out.reshape(CHAINS, 243, 12)


_WRIST = quaternions(OPENXR)
_TABLE = _factors(HandSkeleton.load())
