# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The hand mesh that is posed: the SOMA right hand and forearm, with its shape variations."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from dense_hand_pose.synthesis import kinematics
from dense_hand_pose.synthesis.anatomy import bone_angles, DOF_COUNT
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
DATA_PATH = Path(__file__).parent / 'data' / 'soma_hand.npz'
HAND, FOREARM, FIRST_FINGER_BONE = 0, 1, 2
METACARPALS = (5, 9, 13, 17)
_MIDDLE_TIP = 12
_LENGTH_MEAN_M, _LENGTH_SD_M, _LENGTH_RANGE_M = 0.186, 0.014, (0.140, 0.222)
_BONE_SD, _THICKNESS_SD = 0.04, 0.06


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
    inverse_bind: FloatArray
    zero_local_m: FloatArray
    joint_bone: npt.NDArray[np.int64]
    joint_offset_m: FloatArray

    @classmethod
    @lru_cache(maxsize=1)
    def load(cls) -> 'HandModel':
        """Read the mesh shipped with the package (cached)."""
        with np.load(DATA_PATH, allow_pickle=False) as data:
            return cls(
                vertices_m=data['vertices_m'],
                triangles=data['triangles'].astype(np.int32),
                weight_bone=data['weight_bone'],
                weight=data['weight'],
                parent=data['bone_parent'].astype(np.int64),
                inverse_bind=np.ascontiguousarray(np.linalg.inv(data['bind_m'])[:, :3]),
                zero_local_m=data['zero_local_m'],
                joint_bone=data['joint_bone'].astype(np.int64),
                joint_offset_m=data['joint_offset_m'],
            )

    @cached_property
    def normals(self) -> npt.NDArray[np.float32]:
        """Return the (V, 3) unit normals of the unposed mesh, area weighted."""
        a, b, c = (self.vertices_m[self.triangles[:, i]].astype(np.float64) for i in range(3))
        out = np.zeros((len(self.vertices_m), 3))
        for i in range(3):
            np.add.at(out, self.triangles[:, i], np.cross(b - a, c - a))
        out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
        return out.astype(np.float32)

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
        Draw the (B, 3) stretches of an adult's or older child's hand.

        Hand length N(186, 14) mm clipped to 140..222 mm, bone lengths with a standard deviation
        of 4 %, thickness 6 %.
        """
        bones = len(self.parent)
        length = np.clip(rng.normal(_LENGTH_MEAN_M, _LENGTH_SD_M), *_LENGTH_RANGE_M)
        thickness = 1.0 + _THICKNESS_SD * rng.standard_normal()
        scale = np.empty((bones, 3))
        scale[:, 0] = 1.0 + _BONE_SD * rng.standard_normal(bones)
        scale[:, 1:] = thickness * (1.0 + 0.02 * rng.standard_normal((bones, 1)))
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
