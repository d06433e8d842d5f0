# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A hand before a depth camera, with what it holds and what is around it, drawn at random."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

from .viewpoint import sample_position, sample_rotation
from ..hand.collision import hand_balls, is_grasping
from ..hand.hands import sample_hand
from ..objects.objects import HELD_SHARE, HELD_SHARE_GRASP, hold
from ..objects.shapes import darkened, frame_along, Mesh, plane
from ..objects.solids import BOX, CYLINDER, deepest_cut, solid_mesh
from ..people.body import person
from ..people.second_hand import companion, COMPANION_SHARE, elbow_end
from ..sensor.cameras import CAMERAS, DepthCamera

FloatArray = npt.NDArray[np.float64]
_GAP_M = (0.02, 0.20)  # between the hand's joints and the surface behind them
_MIN_CLEARANCE_M = 0.05  # a plane closer to the camera would hide the hand
_WALL_HALF_M, _TABLE_HALF_M = 1.2, 0.5
_FREE_M = 0.01  # between the hand and anything that it does not hold


class Placed(NamedTuple):
    """A hand in the camera frame: mesh, joints_m (21, 3), side +1 or -1."""

    mesh: Mesh
    joints_m: FloatArray
    side: int


Part = Callable[[np.random.Generator, Placed], list[Mesh]]


def _behind(
    rng: np.random.Generator, joints_m: FloatArray, tilt_rad: float
) -> tuple[FloatArray, FloatArray] | None:
    """Return point and normal (3,) of a plane behind all joints; None where it hides the hand."""
    azimuth = rng.uniform(-np.pi, np.pi)
    sine = np.sin(tilt_rad)
    away = np.array([sine * np.cos(azimuth), sine * np.sin(azimuth), np.cos(tilt_rad)])
    offset = float((joints_m @ away).max()) + rng.uniform(*_GAP_M)
    if offset < _MIN_CLEARANCE_M:
        return None
    center = joints_m.mean(axis=0)
    return center + (offset - center @ away) * away, away


def wall(rng: np.random.Generator, hand: Placed) -> list[Mesh]:
    """Return a wall, tilted by up to 40 degrees."""
    found = _behind(rng, hand.joints_m, np.radians(rng.uniform(0.0, 40.0)))
    return [] if found is None else [plane(*found, _WALL_HALF_M)]


def table(rng: np.random.Generator, hand: Placed) -> list[Mesh]:
    """Return a table top seen at 40 to 75 degrees, and up to three things standing on it."""
    found = _behind(rng, hand.joints_m, np.radians(rng.uniform(40.0, 75.0)))
    if found is None:
        return []
    point, away = found
    meshes = [plane(point, away, _TABLE_HALF_M)]
    frame = frame_along(away)
    balls = hand_balls(hand.joints_m)
    for _ in range(rng.integers(4)):
        kind = CYLINDER if rng.random() < 0.5 else BOX
        half = np.array([1.0, 1.0, 2.0]) * rng.uniform(0.02, 0.06)
        if kind == BOX:
            half *= rng.uniform(0.5, 1.5, 3)
        spread = rng.uniform(-0.3, 0.3, 2)
        center = point + frame[:, :2] @ spread - away * half[2]
        if deepest_cut(kind, half, center, frame, balls)[0] < -_FREE_M:
            meshes.append(solid_mesh(kind, half, center, frame))
    return meshes


def body(rng: np.random.Generator, hand: Placed) -> list[Mesh]:
    """Return a person, joined to the forearm where that is possible."""
    return person(rng, hand.joints_m, elbow_end(hand.mesh.vertices_m, hand.joints_m), hand.side)


def furniture(rng: np.random.Generator, hand: Placed) -> list[Mesh]:
    """Return a post, a board or a cupboard beside and mostly behind the hand."""
    direction = rng.uniform(-np.pi, np.pi)
    center = hand.joints_m.mean(axis=0)
    center[:2] += rng.uniform(0.04, 0.25) * np.array([np.cos(direction), np.sin(direction)])
    center[2] += rng.uniform(-0.02, 0.45)
    return _long_thing(rng, hand, center, rng.uniform(0.01, 0.10))


def screen(rng: np.random.Generator, hand: Placed) -> list[Mesh]:
    """Return a long thing between camera and hand that hides a part of it."""
    joint = hand.joints_m[rng.integers(21)]
    distance = float(np.sqrt(joint @ joint))
    center = joint * (1.0 - min(rng.uniform(0.04, 0.15), 0.5 * distance) / distance)
    return _long_thing(rng, hand, center, rng.uniform(0.005, 0.022))


def _long_thing(
    rng: np.random.Generator, hand: Placed, center_m: FloatArray, width_m: float
) -> list[Mesh]:
    """Return a post or a board through a point (3,), its one end out of the cube."""
    axis = rng.standard_normal(3) * [1.0, 1.0, 0.3]
    frame = frame_along(axis / np.sqrt(axis @ axis))
    half = np.array([width_m, width_m * rng.uniform(0.2, 1.0), rng.uniform(0.2, 0.5)])
    kind = CYLINDER if rng.random() < 0.4 else BOX
    if kind == CYLINDER:
        half[1] = half[0]
    center = center_m + frame[:, 2] * (half[2] - rng.uniform(0.0, 0.1))
    balls = hand_balls(hand.joints_m)
    if deepest_cut(kind, half, center, frame, balls)[0] > -_FREE_M:
        return []
    return [solid_mesh(kind, half, center, frame)]


# Share of the scenes that ask for a part; those without room for it go without. A scene has one
# backdrop at most, and any of the others.
BACKDROPS: tuple[tuple[float, Part], ...] = ((0.12, wall), (0.12, table), (0.30, body))
OTHERS: tuple[tuple[float, Part], ...] = ((0.12, furniture), (0.08, screen))
PARTS = BACKDROPS + OTHERS


def sample_surroundings(rng: np.random.Generator, hand: Placed) -> list[Mesh]:
    """Draw the meshes around a hand; often none."""
    meshes: list[Mesh] = []
    backdrop = rng.random()
    for share, part in BACKDROPS:
        if 0.0 <= backdrop < share:
            meshes.extend(part(rng, hand))
        backdrop -= share
    for share, part in OTHERS:
        if rng.random() < share:
            meshes.extend(part(rng, hand))
    return meshes


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
