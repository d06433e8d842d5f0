# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Joint sets as data: names, bones, fingers, colours and the mappings between the sets.

The order of ``HAND_21`` is the one of every message and array of this package: OpenXR joint
names in MediaPipe's landmark order. NYU and ICVL keep the joints that their annotators marked.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FINGERS = ('thumb', 'index', 'middle', 'ring', 'little')

FINGER_COLOURS: dict[str, tuple[int, int, int]] = {
    'palm': (170, 170, 170),
    'thumb': (230, 75, 60),
    'index': (245, 170, 40),
    'middle': (80, 185, 90),
    'ring': (45, 150, 215),
    'little': (155, 95, 200),
}
"""RGB, 0 to 255, of each finger wherever a skeleton is drawn."""


@dataclass(frozen=True)
class Skeleton:
    """A joint set: names, the parent of each joint (-1 at the root) and its finger."""

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    fingers: tuple[str, ...]

    def __post_init__(self) -> None:
        """Refuse a table whose columns disagree, with the lengths that do."""
        lengths = (len(self.joints), len(self.parents), len(self.fingers))
        if len(set(lengths)) != 1:
            raise ValueError(f'{self.name}: joints, parents, fingers have lengths {lengths}')

    def __len__(self) -> int:
        """Return the number of joints."""
        return len(self.joints)

    @property
    def bones(self) -> tuple[tuple[int, int], ...]:
        """Return (parent, child) of each bone, in the order of the children."""
        return tuple((parent, i) for i, parent in enumerate(self.parents) if parent >= 0)

    @property
    def tips(self) -> tuple[int, ...]:
        """Return the joints without children."""
        return tuple(i for i in range(len(self.joints)) if i not in self.parents)

    def index(self, joint: str) -> int:
        """Return the place of a joint; ValueError names the valid ones."""
        if joint not in self.joints:
            raise ValueError(f'{joint!r} is no joint of {self.name}: {", ".join(self.joints)}')
        return self.joints.index(joint)


def _chains(
    finger_joints: dict[str, tuple[str, ...]], root: str
) -> tuple[tuple[str, ...], tuple[int, ...], tuple[str, ...]]:
    """Lay out a root and one chain of joints per finger, each starting at the root."""
    joints, parents, fingers = [root], [-1], ['palm']
    for finger, parts in finger_joints.items():
        for place, part in enumerate(parts):
            parents.append(0 if place == 0 else len(joints) - 1)
            joints.append(f'{finger}_{part}')
            fingers.append(finger)
    return tuple(joints), tuple(parents), tuple(fingers)


_THUMB = ('metacarpal', 'proximal', 'distal', 'tip')
_FINGER = ('proximal', 'intermediate', 'distal', 'tip')
_LONG_FINGERS = ('index', 'middle', 'ring', 'little')

HAND_21 = Skeleton(
    'hand21', *_chains({'thumb': _THUMB, **dict.fromkeys(_LONG_FINGERS, _FINGER)}, 'wrist')
)
MSRA_21 = Skeleton(
    'msra21', *_chains({**dict.fromkeys(_LONG_FINGERS, _FINGER), 'thumb': _THUMB}, 'wrist')
)
ICVL_16 = Skeleton('icvl16', *_chains(dict.fromkeys(FINGERS, ('root', 'mid', 'tip')), 'palm'))
NYU_14 = Skeleton(
    'nyu14',
    (
        'little_tip', 'little_base', 'ring_tip', 'ring_base', 'middle_tip', 'middle_base',
        'index_tip', 'index_base', 'thumb_tip', 'thumb_2', 'thumb_1', 'wrist_2', 'wrist_1', 'palm',
    ),
    (1, 13, 3, 13, 5, 13, 7, 13, 9, 10, 13, 13, 13, -1),
    (
        'little', 'little', 'ring', 'ring', 'middle', 'middle', 'index', 'index',
        'thumb', 'thumb', 'thumb', 'palm', 'palm', 'palm',
    ),
)  # fmt: skip

HAND_21_TO_MSRA_21 = tuple(HAND_21.joints.index(name) for name in MSRA_21.joints)
"""``joints21[HAND_21_TO_MSRA_21]`` is in MSRA's order."""
MSRA_21_TO_HAND_21 = tuple(MSRA_21.joints.index(name) for name in HAND_21.joints)
"""``msra[MSRA_21_TO_HAND_21]`` is in the order of this package: [0, 17..20, 1..16]."""

NYU_14_OF_36 = (0, 3, 6, 9, 12, 15, 18, 21, 24, 25, 27, 30, 31, 32)
"""The evaluated 14 of the 36 joints that NYU's joint_data.mat holds."""

JOINT_POINT = np.dtype(
    [(name, '<f4') for name in ('x', 'y', 'z', 'confidence', 'spread')]
    + [(name, 'u1') for name in ('joint_id', 'hand_id', 'side')]
    + [(name, '<f4') for name in ('score', 'side_score')],
    align=True,
)
"""A point of ~/joints_cloud, 32 bytes: metres, confidence 0 to 1, codes and scores."""

_FROM = np.array([0 if parent < 0 else parent for parent in HAND_21.parents])
_TO = np.arange(len(HAND_21.joints))
# The wrist has no parent: its bone is the one towards the middle finger's knuckle.
_TO[HAND_21.joints.index('wrist')] = HAND_21.joints.index('middle_proximal')


def bone_quaternions(joints_m: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """
    Return the orientations (21, 4), x y z w, of joints (21, 3).

    The x axis of each points along the bone from the parent to the joint (the wrist's towards
    middle_proximal) by the shortest turn from the frame's own x axis; the roll about the bone
    is arbitrary. A bone without length has the identity.
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
