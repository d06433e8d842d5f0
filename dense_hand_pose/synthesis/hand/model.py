# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The hand meshes that are posed: right hands with their forearms, and how their shapes vary."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from dense_hand_pose.kinematics.anatomy import DOF_COUNT
import numpy as np
import numpy.typing as npt

from . import kinematics
from .kinematics import bone_angles

Source = Literal['soma', 'makehuman']
DATA_DIR = Path(__file__).parents[1] / 'data'
# Files that are read into one model; the shape space of SOMA's hand lies beside its mesh.
_FILES: dict[Source, tuple[str, ...]] = {
    'soma': ('soma_hand.npz', 'soma_shapes.npz'),
    'makehuman': ('makehuman_hand.npz',),
}


def read_arrays(source: Source) -> dict[str, npt.NDArray[Any]]:
    """Return all arrays of a hand's files by name."""
    data: dict[str, npt.NDArray[Any]] = {}
    for name in _FILES[source]:
        with np.load(DATA_DIR / name, allow_pickle=False) as file:
            data |= {key: file[key] for key in file}
    return data


def unit_normals(
    vertices_m: npt.NDArray[np.float32], triangles: npt.NDArray[np.int32]
) -> npt.NDArray[np.float32]:
    """Return the (V, 3) normals of a mesh, area weighted."""
    a, b, c = (vertices_m[triangles[:, i]].astype(np.float64) for i in range(3))
    out = np.zeros((len(vertices_m), 3))
    for i in range(3):
        np.add.at(out, triangles[:, i], np.cross(b - a, c - a))
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    return out.astype(np.float32)


FloatArray = npt.NDArray[np.float64]
HAND, FOREARM, FIRST_FINGER_BONE = 0, 1, 2
METACARPALS = (5, 9, 13, 17)
_MIDDLE_TIP = 12
_LENGTH_MEAN_M, _LENGTH_SD_M, _LENGTH_RANGE_M = 0.186, 0.014, (0.120, 0.230)
_ANY_LENGTH_SHARE = 0.25  # of hands of children from about six years on to the largest
_BONE_SD, _THICKNESS_SD, _FINGER_SD = 0.06, 0.09, 0.05
_WIDTH_SD, _PALM_SD = 0.06, 0.05
_SHAPE_LIMIT, _SHAPE_GAIN = 2.5, 1.3  # standard deviations
# Local form: sums of waves along the normals.
_WAVES, _WAVE_LENGTH_M, _WAVE_SD_M = 6, (0.02, 0.08), 0.0008


class ShapeSpace(NamedTuple):
    """
    K directions in which hands differ, one standard deviation long, in metres.

    vertices_m (K, V * 3) float32; bones_m (K, B, 3), origins of the bones of the unposed mesh;
    offsets_m (K, 21, 3), joints in the frames of their bones.
    """

    vertices_m: npt.NDArray[np.float32]
    bones_m: FloatArray
    offsets_m: FloatArray


@dataclass(frozen=True)
class PosedHand:
    """A mesh in the frame of the wrist: vertices_m (V, 3) float32, joints_m (21, 3) float64."""

    vertices_m: npt.NDArray[np.float32]
    joints_m: FloatArray


@dataclass(frozen=True)
class HandModel:
    """
    A skinned right hand; V vertices, T triangles, B bones, J = 21 joints.

    The root frame is the wrist's: x proximal (towards the elbow), y towards the little finger, z
    out of the back of the hand; metres.
    """

    vertices_m: npt.NDArray[np.float32]
    triangles: npt.NDArray[np.int32]
    weight_bone: npt.NDArray[np.uint8]
    weight: npt.NDArray[np.float32]
    parent: npt.NDArray[np.int64]
    bind: FloatArray
    inverse_bind: FloatArray
    zero_local_m: FloatArray
    joint_bone: npt.NDArray[np.int64]
    joint_offset_m: FloatArray
    normals: npt.NDArray[np.float32]
    shape: ShapeSpace

    @classmethod
    @lru_cache(maxsize=2)
    def load(cls, source: Source = 'soma') -> 'HandModel':
        """Read a mean hand shipped with the package (cached): SOMA's or MakeHuman's."""
        data = read_arrays(source)
        vertices, triangles = data['vertices_m'], data['triangles'].astype(np.int32)
        components = data['shape_vertices_m'].astype(np.float32)
        return cls(
            vertices_m=vertices,
            triangles=triangles,
            weight_bone=data['weight_bone'],
            weight=data['weight'],
            parent=data['bone_parent'].astype(np.int64),
            bind=data['bind_m'][:, :3],
            inverse_bind=np.ascontiguousarray(np.linalg.inv(data['bind_m'])[:, :3]),
            zero_local_m=data['zero_local_m'],
            joint_bone=data['joint_bone'].astype(np.int64),
            joint_offset_m=data['joint_offset_m'],
            normals=unit_normals(vertices, triangles),
            shape=ShapeSpace(
                components.reshape(len(components), -1),
                data['shape_bones_m'].astype(np.float64),
                data['shape_offsets_m'].astype(np.float64),
            ),
        )

    def shaped(self, amount: FloatArray) -> 'HandModel':
        """
        Return the hand at (K,) standard deviations from this one along the shape space.

        Joints move with the flesh; the axes of the bones and the normals (used for sleeves alone)
        stay. ValueError for another number of amounts.
        """
        if amount.shape != (len(self.shape.bones_m),):
            raise ValueError(
                f'amount has shape {amount.shape}: expected ({len(self.shape.bones_m)},)'
            )
        moved = amount.astype(np.float32) @ self.shape.vertices_m
        origin = np.tensordot(amount, self.shape.bones_m, 1)
        rotation = self.bind[:, :, :3]
        inverse, local = self.inverse_bind.copy(), self.zero_local_m.copy()
        inverse[:, :, 3] -= np.einsum('bji,bj->bi', rotation, origin)
        parent = self.parent[1:]
        local[1:, :3, 3] += np.einsum('bji,bj->bi', rotation[parent], origin[1:] - origin[parent])
        bind = self.bind.copy()
        bind[:, :, 3] += origin
        return replace(
            self,
            vertices_m=self.vertices_m + moved.reshape(-1, 3),
            bind=bind,
            inverse_bind=inverse,
            zero_local_m=local,
            joint_offset_m=self.joint_offset_m + np.tensordot(amount, self.shape.offsets_m, 1),
        )

    def sample_shape(self, rng: np.random.Generator) -> 'HandModel':
        """
        Draw a hand of the shape space, with a local form of its own.

        Normal amounts, none beyond 2.5 deviations, times 1.3; waves of 2 to 8 cm along the
        normals, of a millimetre or so.
        """
        amount = rng.standard_normal(len(self.shape.bones_m))
        shaped = self.shaped(_SHAPE_GAIN * np.clip(amount, -_SHAPE_LIMIT, _SHAPE_LIMIT))
        return replace(shaped, vertices_m=shaped.vertices_m + self._local_form(rng))

    def _local_form(self, rng: np.random.Generator) -> npt.NDArray[np.float32]:
        """Draw displacements (V, 3) along the normals, metres."""
        direction = rng.standard_normal((_WAVES, 3))
        direction /= np.sqrt((direction * direction).sum(axis=1, keepdims=True))
        wave = direction * (2.0 * np.pi / rng.uniform(*_WAVE_LENGTH_M, (_WAVES, 1)))
        phase = rng.uniform(0.0, 2.0 * np.pi, _WAVES)
        height = abs(_WAVE_SD_M * rng.standard_normal())
        angle = self.vertices_m @ wave.T.astype(np.float32) + phase.astype(np.float32)
        along = np.float32(height) * np.sin(angle).sum(axis=1, keepdims=True)
        moved: npt.NDArray[np.float32] = along * self.normals
        return moved

    @cached_property
    def length_m(self) -> float:
        """Return the hand length, wrist to middle fingertip of the straight hand."""
        joints = self.joints(np.zeros(DOF_COUNT), np.ones((len(self.parent), 3)))
        return float(np.linalg.norm(joints[_MIDDLE_TIP] - joints[0]))

    def joints(self, dof_deg: FloatArray, scale: FloatArray) -> FloatArray:
        """Return the (21, 3) joints of the right hand in the wrist's frame."""
        frames = kinematics.pose_bones(self.zero_local_m, self.parent, scale, bone_angles(dof_deg))
        return kinematics.joint_positions(frames, scale, self.joint_bone, self.joint_offset_m)

    def pose(
        self,
        dof_deg: FloatArray,
        scale: FloatArray,
        vertices_m: npt.NDArray[np.float32] | None = None,
    ) -> PosedHand:
        """
        Pose the right hand by (23,) angles in degrees and (B, 3) stretches of the bones.

        vertices_m: (V, 3) unposed vertices when they differ from the model's own (a sleeve).
        """
        frames = kinematics.pose_bones(self.zero_local_m, self.parent, scale, bone_angles(dof_deg))
        rest = self.vertices_m if vertices_m is None else vertices_m
        return PosedHand(
            kinematics.skin(rest, self.weight_bone, self.weight, frames, scale, self.inverse_bind),
            kinematics.joint_positions(frames, scale, self.joint_bone, self.joint_offset_m),
        )

    def sample_scale(self, rng: np.random.Generator) -> FloatArray:
        """
        Draw the (B, 3) stretches of an adult's or a child's hand.

        Hand length N(186, 14) mm, in a quarter uniform from 120 to 230 mm; standard deviations of
        bone lengths 6 %, thickness 9 %, that of a single bone 5 %, width against depth 6 %, and
        each side of the palm 5 %.
        """
        bones = len(self.parent)
        length = np.clip(rng.normal(_LENGTH_MEAN_M, _LENGTH_SD_M), *_LENGTH_RANGE_M)
        if rng.random() < _ANY_LENGTH_SHARE:
            length = rng.uniform(*_LENGTH_RANGE_M)
        thickness = 1.0 + _THICKNESS_SD * rng.standard_normal()
        scale = np.empty((bones, 3))
        scale[:, 0] = 1.0 + _BONE_SD * rng.standard_normal(bones)
        scale[:, 1:] = thickness * (1.0 + _FINGER_SD * rng.standard_normal((bones, 1)))
        scale[:, 1:] *= 1.0 + _WIDTH_SD * rng.standard_normal(2)
        scale[HAND, :] *= 1.0 + _PALM_SD * rng.standard_normal(3)
        np.clip(scale, 0.7, 1.4, out=scale)
        # The palm is one piece: its bones share a length and a width.
        scale[METACARPALS, :] = scale[HAND]
        scale[FOREARM, 1:] = thickness
        scaled: FloatArray = scale * (length / self.length_m)
        return scaled

    def sleeve(self, start_m: float, thickness_m: float) -> npt.NDArray[np.float32]:
        """Return the (V, 3) unposed vertices with a sleeve from start_m behind the wrist."""
        covered = np.clip((self.vertices_m[:, :1] - start_m) / 0.006, 0.0, 1.0)
        dressed: npt.NDArray[np.float32] = self.vertices_m + np.float32(thickness_m) * (
            covered.astype(np.float32) * self.normals
        )
        return dressed


def mirror(points_m: npt.NDArray[np.float32] | FloatArray) -> None:
    """Turn right-hand points (N, 3) of the wrist's frame into a left hand's, in place."""
    points_m[:, 1] *= -1.0
