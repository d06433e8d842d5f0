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
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .anatomy import ANGLE_COUNT, LITTLE_ARCH, RING_ARCH
from .data_file import read_arrays

FloatArray = npt.NDArray[np.float64]

CHAINS, BONES, JOINTS = 5, 3, 21
PLACES = 3 * CHAINS
SHAPE_COUNT = PLACES + BONES * CHAINS

_ARCH = np.array([0.0, 0.0, 0.0, RING_ARCH, LITTLE_ARCH])
# Per chain: flexion, abduction and pronation of the first joint, then two hinges. The fingers'
# first joints have no pronation: ANGLE_COUNT stands for an angle that is 0.
_ANGLE_OF = np.array(
    [[0, 1, 2, 3, 4]] + [[n, n + 1, ANGLE_COUNT, n + 2, n + 3] for n in range(5, ANGLE_COUNT, 4)]
)
_FIRST_MOVED = (1, 1, 1, 2, 3)
# All (angle, joint, chain, place of the angle, joint of the chain) where an angle moves a joint.
_PAIRS = np.array(
    [
        (_ANGLE_OF[chain, place], 1 + 4 * chain + point, chain, place, point)
        for chain in range(CHAINS)
        for place in range(5)
        for point in range(_FIRST_MOVED[place], 4)
        if _ANGLE_OF[chain, place] < ANGLE_COUNT
    ]
)
# The two metacarpals that fold, with the angles that fold them: two more axes, points and rows.
_FOLDING, _FOLD_ANGLE = np.array([3, 4]), np.array([13, 17])
_FOLDED = np.arange(4) + 1 + 4 * _FOLDING[:, None]
_FOLD_ROW = np.repeat([0, 1], 4)
_AXIS = np.append(_PAIRS[:, 2] * 5 + _PAIRS[:, 3], 5 * CHAINS + _FOLD_ROW)
_PIVOT = np.append(
    1 + 4 * _PAIRS[:, 2] + np.array((0, 0, 0, 1, 2))[_PAIRS[:, 3]], JOINTS + _FOLD_ROW
)
_MOVED = np.append(_PAIRS[:, 1], _FOLDED)
_TARGET = np.append(_PAIRS[:, 0], ANGLE_COUNT + _FOLD_ROW) * JOINTS + _MOVED
_SECOND, _THIRD = np.array([1, 2, 0]), np.array([2, 0, 1])
_STILL, _ALONG_COS, _ALONG_SIN = np.zeros((3, 3, 3))
_STILL[1, 1] = _ALONG_COS[0, 0] = _ALONG_COS[2, 2] = _ALONG_SIN[2, 0] = 1.0
_ALONG_SIN[0, 2] = -1.0


class Posed(NamedTuple):
    """
    Hands whose joints have turned, whatever their shape.

    start (N, 5, 3, 3): frames of the first joints in the palm before they turn; frames
    (N, 5, 3, 3, 3): those of the bones, by chain and bone; fold (N, 5, 3, 3): turns of the
    metacarpals.
    """

    start: FloatArray
    frames: FloatArray
    fold: FloatArray


class Hinges(NamedTuple):
    """Rotations about hinges between constants, split into parts beside 1, cosine and sine."""

    still: FloatArray
    along_cos: FloatArray
    along_sin: FloatArray

    @classmethod
    def between(cls, before: FloatArray, after: FloatArray) -> 'Hinges':
        """Return before @ R(-e1, angle) @ after."""
        return cls(*(before @ part @ after for part in (_STILL, _ALONG_COS, _ALONG_SIN)))

    def at(self, cos: FloatArray, sin: FloatArray) -> FloatArray:
        """Return the rotations at angles whose cosines and sines broadcast to (..., 3, 3)."""
        return self.still + cos * self.along_cos + sin * self.along_sin


PLAIN_HINGE = Hinges(_STILL, _ALONG_COS, _ALONG_SIN)


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
    _turning: Hinges = field(init=False, repr=False)
    _folding: Hinges = field(init=False, repr=False)
    _fold_axes: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Compute what every pose needs."""
        before = np.concatenate([self.carpal[None], self.hinge])
        after = np.broadcast_to(np.eye(3), before.shape).copy()
        after[0] = self.knuckle
        folding = Hinges.between(self.carpal, self.carpal.transpose(0, 2, 1))
        object.__setattr__(self, '_turning', Hinges.between(before, after))
        object.__setattr__(self, '_folding', folding)
        axes = -self.carpal[_FOLDING, :, 1] * _ARCH[_FOLDING, None]
        object.__setattr__(self, '_fold_axes', axes)

    @classmethod
    def load(cls) -> 'HandSkeleton':
        """Return the hand that ships with the package."""
        return _SHIPPED

    def pose(self, angles_rad: FloatArray) -> Posed:
        """Turn the joints by angles (N, A)."""
        padded = np.concatenate([angles_rad, np.zeros((len(angles_rad), 1))], axis=1)
        turns = padded.take(_ANGLE_OF, 1)
        bends = np.empty((len(turns), 3, CHAINS))
        np.multiply(_ARCH, np.maximum(turns[:, :, 0], 0.0), out=bends[:, 0])
        bends[:, 1:] = turns[:, :, 3:].transpose(0, 2, 1)
        cos, sin = np.cos(bends)[..., None, None], np.sin(bends)[..., None, None]
        hinges = self._turning.at(cos, sin)
        frames = np.empty((len(turns), CHAINS, BONES, 3, 3))
        frames[:, :, 0] = hinges[:, 0] @ ball_rotation(turns[:, :, :3])
        np.matmul(frames[:, :, 0], hinges[:, 1], out=frames[:, :, 1])
        np.matmul(frames[:, :, 1], hinges[:, 2], out=frames[:, :, 2])
        return Posed(hinges[:, 0], frames, self._folding.at(cos[:, 0], sin[:, 0]))

    def place(self, posed: Posed, shapes_m: FloatArray) -> FloatArray:
        """Return the joints (N, M, 21, 3) in the palm's frame of shapes (N, M, S): linear."""
        many = shapes_m.shape[:2]
        out = np.zeros((*many, JOINTS, 3))
        chains = np.empty((*many, CHAINS, 4, 3))
        places = shapes_m[..., :PLACES].reshape(*many, CHAINS, 3, 1)
        center = self.fold_center @ places
        chains[..., 0, :] = (center + posed.fold[:, None] @ (places - center))[..., 0]
        lengths = shapes_m[..., PLACES:].reshape(*many, CHAINS, BONES, 1)
        np.multiply(-posed.frames[:, None, ..., 0], lengths, out=chains[..., 1:, :])
        for point in (1, 2, 3):
            chains[..., point, :] += chains[..., point - 1, :]
        out[..., 1:, :] = chains.reshape(*many, JOINTS - 1, 3)
        return out

    def joints(self, angles_rad: FloatArray, shape_m: FloatArray) -> FloatArray:
        """Pose hands of angles (N, A) and shapes (N, S): (N, 21, 3) in the palm's frame."""
        return self.place(self.pose(angles_rad), shape_m[:, None])[:, 0]

    def angle_derivatives(
        self, angles_rad: FloatArray, shape_m: FloatArray, posed: Posed, joints_m: FloatArray
    ) -> FloatArray:
        """Return the derivatives (N, A, 21, 3) of the joints by the angles, metres per radian."""
        many = len(angles_rad)
        axes = np.empty((many, 5 * CHAINS + 2, 3))
        by_chain = axes[:, :-2].reshape(many, CHAINS, 5, 3)
        flexion = angles_rad.take(_ANGLE_OF[:, 0], 1)[..., None]
        np.negative(posed.start[..., 1], out=by_chain[:, :, 0])
        by_chain[:, :, 1] = np.cos(flexion) * posed.start[..., 2]
        by_chain[:, :, 1] -= np.sin(flexion) * posed.start[..., 0]
        by_chain[:, :, 2] = posed.frames[:, :, 0, :, 0]
        np.negative(posed.frames[:, :, 1:, :, 1], out=by_chain[:, :, 3:])
        folds = angles_rad.take(_FOLD_ANGLE, 1) > 0.0
        np.multiply(folds[..., None], self._fold_axes, out=axes[:, -2:])
        pivots = np.empty((many, JOINTS + 2, 3))
        pivots[:, :JOINTS] = joints_m
        places = shape_m[:, :PLACES].reshape(many, CHAINS, 3, 1)[:, 3:]
        pivots[:, JOINTS:] = (self.fold_center[3:] @ places)[..., 0]
        arms = joints_m.take(_MOVED, 1) - pivots.take(_PIVOT, 1)
        out = np.zeros((many, (ANGLE_COUNT + 2) * JOINTS, 3))
        out[:, _TARGET] = cross(axes.take(_AXIS, 1), arms)
        by_angle = out.reshape(many, ANGLE_COUNT + 2, JOINTS, 3)
        by_angle[:, _FOLD_ANGLE] += by_angle[:, ANGLE_COUNT:]
        return by_angle[:, :ANGLE_COUNT]


def ball_rotation(turns_rad: FloatArray) -> FloatArray:
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


def cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the cross products of vectors (..., 3), in a fraction of the time of np.cross."""
    out: FloatArray = a.take(_SECOND, -1) * b.take(_THIRD, -1)
    out -= a.take(_THIRD, -1) * b.take(_SECOND, -1)
    return out


_NAMES = ('carpal', 'knuckle', 'hinge', 'fold_center')
_SHIPPED = HandSkeleton(*(read_arrays()[name] for name in _NAMES))
