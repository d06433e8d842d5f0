# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The kinematic hand: forward kinematics of a right hand and their derivatives, batched.

Legend: N hands, A = 21 angles (anatomy.ANGLE_NAMES, radians), S = 30 shape values (metres), five
chains of three bones. The palm's frame is the wrist's: origin in the wrist, x towards the elbow,
y towards the little finger, z out of the back of the hand. A bone's frame has e0 proximal, e1
towards the little finger, e2 dorsal at zero angles; flexion turns about -e1, abduction about e2,
pronation about e0. A left hand is the mirror image of a right one.

The shape is the place (3) of each chain's first joint in the palm, then the lengths of the three
bones of each chain. The rotations between bones at zero angles are the same for all hands.

A joint is linear in (1, cos, sin) of each angle before it. So the vectors of a chain are sums over
products of such triples with constant factors, and so are their derivatives.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .anatomy import LITTLE_ARCH, read_arrays, RING_ARCH

FloatArray = npt.NDArray[np.float64]

CHAINS, BONES, JOINTS = 5, 3, 21
PLACES = 3 * CHAINS
SHAPE_COUNT = PLACES + BONES * CHAINS

# Turns about -e1, e2 and e0 as parts (3, 3, 3) beside 1, cosine and sine.
FLEXION, _ABDUCTION, _PRONATION = np.zeros((3, 3, 3, 3))
FLEXION[0, 1, 1] = FLEXION[1, 0, 0] = FLEXION[1, 2, 2] = FLEXION[2, 2, 0] = 1.0
_ABDUCTION[0, 2, 2] = _ABDUCTION[1, 0, 0] = _ABDUCTION[1, 1, 1] = _ABDUCTION[2, 1, 0] = 1.0
_PRONATION[0, 0, 0] = _PRONATION[1, 1, 1] = _PRONATION[1, 2, 2] = _PRONATION[2, 2, 1] = 1.0
FLEXION[2, 0, 2] = _ABDUCTION[2, 0, 1] = _PRONATION[2, 1, 2] = -1.0

ARCH = np.array([0.0, 0.0, 0.0, RING_ARCH, LITTLE_ARCH])
# Five angles of each chain: fold of the metacarpal (of the thumb: pronation), flexion, abduction,
# two hinges. A fold is a share of the flexion.
_FINGERS = np.array([5, 9, 13, 17])
_ANGLE_OF = np.append([2, 0, 1, 3, 4], _FINGERS[:, None] + (0, 0, 1, 2, 3))
_SHARE = np.append([[1.0] * 5], np.stack([ARCH[1:], *np.ones((4, 4))], axis=1))
# Triples of the angles stand before their derivatives: one of them for each value or derivative.
_BALL_TRIPLES = 2 * np.arange(3)[:, None] + np.eye(3, 4, 1, dtype=int)
_HINGE_TRIPLES = 2 * np.arange(3, 5)[:, None] + np.eye(2, 3, 1, dtype=int)
# The shape values (5, 6) that move each chain, and how they reach each of its joints (4, 6).
_OF_CHAIN = np.concatenate(
    [np.arange(PLACES).reshape(CHAINS, 3), np.arange(PLACES, SHAPE_COUNT).reshape(CHAINS, BONES)],
    axis=1,
)
_REACH = np.concatenate([np.ones((4, 3)), -np.tri(4, BONES, -1)], axis=1)
_MOVING = np.array([i for i in range(25) if i == 0 or i % 5])
DERIVATIVES_FROM = (12 * (6 * (_MOVING // 5) + _MOVING % 5 + 1)[:, None] + np.arange(12)).ravel()
"""Where the derivatives by the angles stand in HandSkeleton.place(), flat, and where ..."""
DERIVATIVES_TO = (
    3 * (JOINTS * _ANGLE_OF[_MOVING] + 4 * (_MOVING // 5) + 1)[:, None] + np.arange(12)
).ravel()
"""... they stand in (A, 21, 3), flat: all others are 0."""


@dataclass(frozen=True)
class HandSkeleton:
    """
    The constants of the mechanism, of the five chains from thumb to little finger.

    carpal (5, 3, 3): frames in which metacarpals fold, in the palm; knuckle (5, 3, 3): from there
    to the first joint; hinge (2, 5, 3, 3): from a bone to the next, all at zero angles.
    fold_center (5, 3, 3): takes the place of a first joint to the point about which it folds.
    """

    carpal: FloatArray
    knuckle: FloatArray
    hinge: FloatArray
    fold_center: FloatArray
    _ball_table: FloatArray = field(init=False, repr=False)
    _hinge_table: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compute the factors of all products: (5, 27, 18) and (5, 9, 6)."""
        ball, hinges = np.zeros((CHAINS, 3, 3, 3, 6, 3)), np.zeros((CHAINS, 3, 3, 2, 3))
        for chain in range(CHAINS):
            # Products stand in the order abduction, flexion, fold.
            ball[chain, 0, 0, :, :3] = self._folds(chain).transpose(0, 2, 1)
            ball[chain, :, :, :, 3:] = self._ball(chain).transpose(0, 1, 2, 4, 3)
            first, second = (self.hinge[i, chain] @ FLEXION for i in (0, 1))
            hinges[chain, 0, :, 0] = first[:, :, 0]
            hinges[chain, :, :, 1] = (first @ second[:, None])[..., 0]
        object.__setattr__(self, '_ball_table', ball.reshape(CHAINS, 27, 18))
        object.__setattr__(self, '_hinge_table', hinges.reshape(CHAINS, 9, 6))

    def _folds(self, chain: int) -> FloatArray:
        """Return the parts (3, 3, 3) that take a first joint's place to the folded place."""
        if chain == 0:
            return np.stack([np.eye(3), *np.zeros((2, 3, 3))])
        carpal, center = self.carpal[chain], self.fold_center[chain]
        out: FloatArray = carpal @ FLEXION @ carpal.T @ (np.eye(3) - center)
        out[0] += center
        return out

    def _ball(self, chain: int) -> FloatArray:
        """Return the parts (3, 3, 3, 3, 3) of the first bone's frame in the palm."""
        carpal, knuckle = self.carpal[chain], self.knuckle[chain]
        turn = FLEXION @ _ABDUCTION[:, None]
        if chain == 0:
            start, end = carpal @ knuckle, _PRONATION
        else:
            start, end = carpal @ FLEXION @ knuckle, np.eye(3)
        out: FloatArray = start @ turn[:, :, None] @ end
        return out

    @classmethod
    def load(cls) -> 'HandSkeleton':
        """Return the hand that ships with the package."""
        return _SHIPPED

    def vectors(self, angles_rad: FloatArray, derivatives: bool = False) -> FloatArray:
        """
        Return what the shape values of each chain are multiplied with: (N, 5, V, 6, 3).

        V is 1, or 6 with the derivatives by pronation (of the thumb only), flexion, abduction and
        two hinges.
        """
        many = len(angles_rad)
        turns = turns_by_chain(angles_rad)
        triples = np.empty((many, CHAINS, 10, 3))
        flat = triples.reshape(many, 25, 2, 3)
        flat[:, :, 0, 0], flat[:, :, 1, 0] = 1.0, 0.0
        np.cos(turns, out=flat[:, :, 0, 1])
        np.sin(turns, out=flat[:, :, 0, 2])
        flat[:, :, 1, 2] = flat[:, :, 0, 1]
        np.negative(flat[:, :, 0, 2], out=flat[:, :, 1, 1])
        balls, hinges = (4, 3) if derivatives else (1, 1)
        chosen = triples.take(_BALL_TRIPLES[:, :balls], 2)
        fold, flexion, abduction = chosen.transpose(2, 0, 1, 3, 4)
        bent = products(fold, flexion)
        if derivatives:  # a finger's flexion folds its metacarpal
            bent[:, :, 2] += bent[:, :, 1] * (ARCH * (turns[:, ::5] > 0.0))[..., None]
        ball = products(bent, abduction) @ self._ball_table
        ball = ball.reshape(many, CHAINS, balls, 6, 3)
        first, second = triples.take(_HINGE_TRIPLES[:, :hinges], 2).transpose(2, 0, 1, 3, 4)
        bones = (products(first, second) @ self._hinge_table).reshape(many, CHAINS, hinges, 2, 3)
        out = np.zeros((many, CHAINS, balls + hinges - 1, 6, 3))
        out[:, :, :balls, :4] = ball[:, :, :, :4]
        np.matmul(bones[:, :, :1], ball[:, :, :, 3:], out=out[:, :, :balls, 4:])
        if derivatives:
            np.matmul(bones[:, :, 1:], ball[:, :, :1, 3:], out=out[:, :, 4:, 4:])
        return out

    def place(self, vectors: FloatArray, shapes_m: FloatArray) -> FloatArray:
        """Return (N, M, 5, V, 4, 3) what shapes (N, M, S) make of vectors (N, 5, V, 6, 3)."""
        scaled = vectors[:, None] * shapes_m.take(_OF_CHAIN, 2)[:, :, :, None, :, None]
        out: FloatArray = _REACH @ scaled
        return out

    def joints(self, angles_rad: FloatArray, shape_m: FloatArray) -> FloatArray:
        """Pose hands of angles (N, A) and shapes (N, S): (N, 21, 3) in the palm's frame."""
        many = len(angles_rad)
        out = np.zeros((many, JOINTS, 3))
        placed = self.place(self.vectors(angles_rad), shape_m[:, None])
        out[:, 1:] = placed.reshape(many, JOINTS - 1, 3)
        return out


def turns_by_chain(angles_rad: FloatArray) -> FloatArray:
    """
    Return the five angles of each chain (N, 25) of angles (N, A).

    Fold of the metacarpal (of the thumb: pronation), flexion, abduction, two hinges.
    """
    out: FloatArray = angles_rad.take(_ANGLE_OF, 1) * _SHARE
    np.maximum(out[:, 5::5], 0.0, out=out[:, 5::5])
    return out


def products(inner: FloatArray, factor: FloatArray) -> FloatArray:
    """Multiply numbers (..., n) by each of three factors (..., 3): (..., 3 n)."""
    out = factor[..., None] * inner[..., None, :]
    return out.reshape(*inner.shape[:-1], -1)


_NAMES = ('carpal', 'knuckle', 'hinge', 'fold_center')
_SHIPPED = HandSkeleton(*(read_arrays()[name] for name in _NAMES))
