# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A fitted hand in the camera's frame: palm, joint frames, angles and bone lengths.

Axes are those of OpenXR's hand joints (XR_EXT_hand_tracking): -z along the bone towards the
fingertip, y out of the back of the hand or finger, x to the right for a hand that lies palm down.
The palm is in the middle of the middle finger's metacarpal, with -z along it.
"""

from dataclasses import dataclass
import math

import numpy as np
import numpy.typing as npt

from .anatomy import HIGHEST_RAD
from .joint_turns import joint_quaternions
from .rotations import quaternion
from .skeleton import HandSkeleton, PLACES

FloatArray = npt.NDArray[np.float64]

RIGHT, LEFT = 'right', 'left'
MIRROR = np.array([-1.0, 1.0, 1.0])
"""Takes camera coordinates (3,) of a left hand to those of a right one, and back."""
_MIRRORED_TURN = np.array([1.0, -1.0, -1.0, 1.0])
_MIDDLE = 2
_FLEXIONS = np.array([(5, 7, 8), (9, 11, 12), (13, 15, 16), (17, 19, 20)])
_THUMB_TIP, _INDEX_TIP = 4, 8


@dataclass(frozen=True)
class FittedHand:
    """
    One hand as a mechanism; metres, radians, camera optical frame, joints as in HAND_21.

    side: 'right' or 'left', as it was fitted. joints (21, 3). palm_position (3,) and
    palm_quaternion (4,), x y z w: OpenXR's palm. joint_quaternions (21, 4): the frame of the bone
    that begins at each joint, a fingertip's that of its last bone. angles (21,) in the order of
    anatomy.ANGLE_NAMES. bone_lengths_m (20,): from its parent to each joint but the wrist. shape_m
    (30,): skeleton.py. turn (3, 3) and wrist_m (3,): the palm of skeleton.py, of a left hand in
    the mirror (build_hand). held: whether the bones' lengths no longer change.
    """

    side: str
    joints: FloatArray
    palm_position: FloatArray
    palm_quaternion: FloatArray
    joint_quaternions: FloatArray
    angles: FloatArray
    bone_lengths_m: FloatArray
    shape_m: FloatArray
    turn: FloatArray
    wrist_m: FloatArray
    held: bool = False

    @property
    def pinch_m(self) -> float:
        """Return the distance of the thumb's tip from the index finger's, metres."""
        return float(np.linalg.norm(self.joints[_THUMB_TIP] - self.joints[_INDEX_TIP]))

    @property
    def grasp(self) -> float:
        """Return how far the four fingers are closed: 0 straight, 1 as far as they bend."""
        flexion = np.maximum(self.angles[_FLEXIONS], 0.0)
        return float((flexion / HIGHEST_RAD[_FLEXIONS]).mean())

    @property
    def palm(self) -> FloatArray:
        """Return the palm's pose as a matrix (4, 4), palm to camera."""
        x, y, z, w = self.palm_quaternion
        out: FloatArray = np.eye(4)
        out[:3, :3] = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
        out[:3, 3] = self.palm_position
        return out


def build_hand(
    side: str,
    turn: FloatArray,
    wrist_m: FloatArray,
    angles_rad: FloatArray,
    shape_m: FloatArray,
    held: bool = False,
    joints_m: FloatArray | None = None,
) -> FittedHand:
    """
    Return a hand of a palm's turn (3, 3), a wrist (3,), angles (21,) and a shape (30,).

    Turn and wrist are those of a right hand; a left one is what its mirror image is
    (camera coordinates times MIRROR). joints_m (21, 3): its joints where they are known already.
    """
    skeleton, joints = HandSkeleton.load(), joints_m
    if joints is None:
        joints = skeleton.joints(angles_rad[None], shape_m[None])[0] @ turn.T + wrist_m
    knuckle = shape_m[:PLACES].reshape(-1, 3)[_MIDDLE]
    base = skeleton.fold_center[_MIDDLE] @ knuckle
    position = turn @ (0.5 * (base + knuckle)) + wrist_m
    palm = quaternion(turn @ _palm_axes(base - knuckle))
    turns = joint_quaternions(quaternion(turn), angles_rad)
    if side == LEFT:
        palm, turns = palm * _MIRRORED_TURN, turns * _MIRRORED_TURN
        joints, position = joints * MIRROR, position * MIRROR
    return FittedHand(
        side=side,
        joints=joints,
        palm_position=position,
        palm_quaternion=palm,
        joint_quaternions=turns,
        angles=angles_rad,
        bone_lengths_m=bone_lengths_m(shape_m),
        shape_m=shape_m,
        turn=turn,
        wrist_m=wrist_m,
        held=held,
    )


def bone_lengths_m(shape_m: FloatArray) -> FloatArray:
    """Return the lengths (20,) from its parent to each joint but the wrist, of a shape (30,)."""
    out = np.empty((5, 4))
    places = shape_m[:PLACES].reshape(5, 3)
    out[:, 0] = np.sqrt((places * places).sum(axis=1))
    out[:, 1:] = shape_m[PLACES:].reshape(5, 3)
    return out.ravel()


def _palm_axes(back: FloatArray) -> FloatArray:
    """Return OpenXR's axes (3, 3) in the palm's frame: z along a vector (3,), y most dorsal."""
    x, y, z = back.tolist()
    length = max(math.sqrt(x * x + y * y + z * z), 1e-9)
    x, y, z = x / length, y / length, z / length
    flat = max(math.hypot(x, y), 1e-9)
    c, s = x / flat, y / flat
    return np.array([[-s, -z * c, x], [c, -z * s, y], [0.0, x * c + y * s, z]])
