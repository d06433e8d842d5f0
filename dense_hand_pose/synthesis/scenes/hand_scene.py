# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A hand before a depth camera, with what it holds and what is around it, drawn at random."""

from dataclasses import dataclass

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

from .surroundings import Placed, sample_surroundings
from .viewpoint import sample_position, sample_rotation
from ..hand.hands import sample_hand
from ..hand.spheres import is_grasping
from ..objects.objects import HELD_SHARE, HELD_SHARE_GRASP, hold
from ..objects.shapes import darkened, Mesh
from ..people.second_hand import companion, COMPANION_SHARE
from ..sensor.cameras import CAMERAS, DepthCamera

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """A camera, its calibration, and the meshes before it, in its frame."""

    camera: DepthCamera
    intrinsics: Intrinsics
    meshes: list[Mesh]


@dataclass(frozen=True)
class HandScene(Scene):
    """
    A hand before a camera: its mesh is the first; joints_m (21, 3) in the camera frame.

    side: +1 right, -1 left; others_m: joints of further hands, and other_sides their sides.
    """

    joints_m: FloatArray
    side: int
    others_m: tuple[FloatArray, ...] = ()
    other_sides: tuple[int, ...] = ()


def sample_scene(rng: np.random.Generator) -> HandScene:
    """Draw a camera, a hand with its forearm, a view, what it holds and what is around."""
    camera = CAMERAS[rng.integers(len(CAMERAS))]
    intrinsics = camera.sample_intrinsics(rng)
    hand = sample_hand(rng)
    rotation = sample_rotation(rng)
    shift = sample_position(rng, camera, intrinsics) - rotation @ hand.joints_m.mean(axis=0)
    joints = hand.joints_m @ rotation.T + shift
    vertices = hand.vertices_m @ rotation.T.astype(np.float32) + shift.astype(np.float32)
    placed = Placed(Mesh(vertices, hand.triangles), joints, hand.side)
    meshes, others, sides = [placed.mesh], [], []
    if rng.random() < (HELD_SHARE_GRASP if is_grasping(joints) else HELD_SHARE):
        meshes += hold(rng, joints, hand.side)
    elif rng.random() < COMPANION_SHARE:
        second = companion(rng, placed.mesh, joints, hand.side)
        if second is not None:
            meshes.append(second[0])
            others.append(second[1])
            sides.append(second[2])
    meshes += sample_surroundings(rng, placed)
    meshes = darkened(rng, meshes, 1 + len(others))
    return HandScene(camera, intrinsics, meshes, joints, hand.side, tuple(others), tuple(sides))
