# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The kinematic hand as a URDF, and the joint positions that pose it.

Links are the joints of HAND_21 and the fingers' metacarpals, with the axes of OpenXR's hand joints
(fitted_hand.py): -z along the bone, y dorsal. The root is the wrist. Each angle of
anatomy.ANGLE_NAMES is a revolute joint, and so are the folds of ring and little metacarpal.
"""

from dataclasses import dataclass
import math
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from .anatomy import ANGLE_NAMES, HIGHEST_RAD, LITTLE_ARCH, LOWEST_RAD, read_arrays, RING_ARCH
from .fitted_hand import bone_lengths_m, LEFT, RIGHT
from .skeleton import HandSkeleton, PLACES

FloatArray = npt.NDArray[np.float64]

FOLD_NAMES = ('ring_cmc_flexion', 'little_cmc_flexion')
JOINT_NAMES = (*ANGLE_NAMES, *FOLD_NAMES)
"""The moving joints, without the side that comes before them: <side>_index_mcp_flexion."""

_FOLD_ANGLES, _ARCHES = (13, 17), (RING_ARCH, LITTLE_ARCH)
_FINGERS = ('thumb', 'index', 'middle', 'ring', 'little')
_BONES = ('proximal', 'intermediate', 'distal')
_THUMB_BONES = ('metacarpal', 'proximal', 'distal')
# Axes of URDF joints in OpenXR's axes: flexion about -x, abduction about y, pronation about z.
_AXES = {'flexion': (-1.0, 0.0, 0.0), 'abduction': (0.0, 1.0, 0.0), 'pronation': (0.0, 0.0, 1.0)}
_OPENXR = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
"""Columns x, y, z of OpenXR in (proximal, little finger, dorsal)."""
_MIRRORED = np.diag([-1.0, 1.0, 1.0])
_RADIUS_M, _EFFORT_NM, _SPEED_RAD_S = 0.007, 1.0, 20.0
_COLOUR = '0.85 0.7 0.6 1'


def joint_positions(angles_rad: FloatArray) -> FloatArray:
    """Return the positions (23,) of JOINT_NAMES, radians, of angles (21,)."""
    folds = np.maximum(angles_rad[list(_FOLD_ANGLES)], 0.0) * _ARCHES
    return np.concatenate([angles_rad, folds])


def shape_from_lengths(lengths_m: FloatArray) -> FloatArray:
    """
    Return the shape (30,) of bone lengths (20,), from its parent to each joint but the wrist.

    The knuckles lie in the directions of the mean hand. Raises ValueError for lengths of another
    number, or that are no lengths of a hand's bones.
    """
    lengths = np.asarray(lengths_m, dtype=np.float64)
    if lengths.shape != (20,):
        raise ValueError(f'{lengths.size} bone lengths: expected 20, one for each joint but wrist')
    outside = lengths[~((lengths > 0.001) & (lengths < 0.3))]
    if outside.size:
        raise ValueError(f'bone length {outside[0]}: expected 0.001 to 0.3 m')
    mean = read_arrays()['shape_m']
    ratio = lengths / bone_lengths_m(mean)
    places = mean[:PLACES].reshape(5, 3) * ratio.reshape(5, 4)[:, :1]
    return np.concatenate([places.ravel(), lengths.reshape(5, 4)[:, 1:].ravel()])


def hand_urdf(side: str, shape_m: FloatArray) -> str:
    """
    Return the URDF of a hand of a side, 'right' or 'left', and a shape (30,).

    Raises ValueError for another side.
    """
    if side not in (RIGHT, LEFT):
        raise ValueError(f'side = {side!r}: expected {RIGHT!r} or {LEFT!r}')
    writer = _Writer(side)
    writer.link('wrist')
    skeleton, places = HandSkeleton.load(), shape_m[:PLACES].reshape(5, 3)
    for chain, finger in enumerate(_FINGERS):
        lengths = shape_m[PLACES:].reshape(5, 3)[chain]
        parent = 'wrist'
        origin, turn = places[chain], skeleton.carpal[chain]
        if chain:
            center = skeleton.fold_center[chain] @ places[chain]
            fold = f'{finger}_cmc_flexion'
            writer.joint(fold, parent, f'{finger}_metacarpal', center, turn)
            knuckle = turn.T @ (origin - center)
            writer.link(f'{finger}_metacarpal', knuckle)
            parent, origin, turn = f'{finger}_metacarpal', knuckle, skeleton.knuckle[chain]
        names = _THUMB_BONES if chain == 0 else _BONES
        for bone, name in enumerate(names):
            link = f'{finger}_{name}'
            writer.joints(_moving(chain, bone), parent, link, origin, turn)
            origin = np.array([-lengths[bone], 0.0, 0.0])
            writer.link(link, origin)
            parent, turn = link, skeleton.hinge[min(bone, 1), chain]
        writer.joint(f'{finger}_tip_fixed', parent, f'{finger}_tip', origin, np.eye(3))
        writer.link(f'{finger}_tip')
    return writer.text()


def _moving(chain: int, bone: int) -> list[str]:
    """Return the angles that turn a bone of a chain, in their order."""
    if chain == 0:
        of_bone = (ANGLE_NAMES[:3], ANGLE_NAMES[3:4], ANGLE_NAMES[4:5])
    else:
        names = tuple(ANGLE_NAMES[4 * chain + place] for place in range(1, 5))
        of_bone = (names[:2], names[2:3], names[3:4])
    return list(of_bone[bone])


@dataclass(frozen=True)
class _Limits:
    lowest_rad: float
    highest_rad: float


def _limits(name: str) -> _Limits | None:
    """Return the limits of a joint; None for one that does not move."""
    if name in ANGLE_NAMES:
        place = ANGLE_NAMES.index(name)
        return _Limits(float(LOWEST_RAD[place]), float(HIGHEST_RAD[place]))
    if name in FOLD_NAMES:
        place = FOLD_NAMES.index(name)
        return _Limits(0.0, _ARCHES[place] * float(HIGHEST_RAD[_FOLD_ANGLES[place]]))
    return None


class _Writer:
    """Collects links and joints; positions and turns are those of a right hand's bone frames."""

    def __init__(self, side: str) -> None:
        self._side, self._left = side, side == LEFT
        self._root = ElementTree.Element('robot', name=f'{side}_hand')
        material = ElementTree.SubElement(self._root, 'material', name='skin')
        ElementTree.SubElement(material, 'color', rgba=_COLOUR)

    def text(self) -> str:
        """Return the document."""
        ElementTree.indent(self._root)
        body = ElementTree.tostring(self._root, encoding='unicode')
        return f'<?xml version="1.0"?>\n{body}\n'

    def link(self, name: str, bone_m: FloatArray | None = None) -> None:
        """Add a link, with a bone (3,) that is drawn as a cylinder."""
        link = ElementTree.SubElement(self._root, 'link', name=f'{self._side}_{name}')
        bone = np.zeros(3) if bone_m is None else self._vector(bone_m)
        self._shape(link, np.zeros(3), np.zeros(3), 'sphere', radius=str(_RADIUS_M))
        length = float(np.linalg.norm(bone))
        if length > 0.0:
            x, y, z = (bone / length).tolist()
            turn = np.array([0.0, math.atan2(math.hypot(x, y), z), math.atan2(y, x)])
            size = {'radius': str(0.8 * _RADIUS_M), 'length': f'{length:.6f}'}
            self._shape(link, 0.5 * bone, turn, 'cylinder', **size)

    def joints(
        self, names: list[str], parent: str, child: str, origin_m: FloatArray, turn: FloatArray
    ) -> None:
        """Add joints in a row, with links without extent between them."""
        for place, name in enumerate(names):
            last = place == len(names) - 1
            target = child if last else f'{name}_link'
            self.joint(name, parent, target, origin_m, turn)
            if not last:
                ElementTree.SubElement(self._root, 'link', name=f'{self._side}_{target}')
            parent, origin_m, turn = target, np.zeros(3), np.eye(3)

    def joint(
        self, name: str, parent: str, child: str, origin_m: FloatArray, turn: FloatArray
    ) -> None:
        """Add a joint; it moves if it has limits."""
        limits, side = _limits(name), self._side
        kind = 'fixed' if limits is None else 'revolute'
        joint = ElementTree.SubElement(self._root, 'joint', name=f'{side}_{name}', type=kind)
        matrix = _OPENXR.T @ turn @ _OPENXR
        if self._left:
            matrix = _MIRRORED @ matrix @ _MIRRORED
        self._origin(joint, self._vector(origin_m), _roll_pitch_yaw(matrix))
        ElementTree.SubElement(joint, 'parent', link=f'{side}_{parent}')
        ElementTree.SubElement(joint, 'child', link=f'{side}_{child}')
        if limits is not None:
            axis = np.array(_AXES[name.rpartition('_')[2]])
            if self._left:  # an axis of turning is mirrored as a pseudovector
                axis = -_MIRRORED @ axis
            ElementTree.SubElement(joint, 'axis', xyz=_numbers(axis))
            ElementTree.SubElement(
                joint,
                'limit',
                lower=f'{limits.lowest_rad:.9f}',
                upper=f'{limits.highest_rad:.9f}',
                effort=str(_EFFORT_NM),
                velocity=str(_SPEED_RAD_S),
            )

    def _vector(self, value_m: FloatArray) -> FloatArray:
        """Return a vector of a right hand's bone frame in the axes of the links."""
        out: FloatArray = _OPENXR.T @ value_m
        return _MIRRORED @ out if self._left else out

    def _shape(
        self, link: ElementTree.Element, at_m: FloatArray, rpy: FloatArray, kind: str, **size: str
    ) -> None:
        visual = ElementTree.SubElement(link, 'visual')
        self._origin(visual, at_m, rpy)
        ElementTree.SubElement(ElementTree.SubElement(visual, 'geometry'), kind, attrib=size)
        ElementTree.SubElement(visual, 'material', name='skin')

    @staticmethod
    def _origin(parent: ElementTree.Element, at_m: FloatArray, rpy: FloatArray) -> None:
        ElementTree.SubElement(parent, 'origin', xyz=_numbers(at_m), rpy=_numbers(rpy))


def _roll_pitch_yaw(turn: FloatArray) -> FloatArray:
    """Return the angles (3,) of a rotation Rz(yaw) Ry(pitch) Rx(roll), as URDF has them."""
    pitch = math.atan2(-turn[2, 0], math.hypot(turn[0, 0], turn[1, 0]))
    return np.array([
        math.atan2(turn[2, 1], turn[2, 2]), pitch, math.atan2(turn[1, 0], turn[0, 0])
    ])  # fmt: skip


def _numbers(values: FloatArray) -> str:
    return ' '.join(f'{value:.9f}' for value in values + 0.0)
