# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes whose parts have names, so that a crop can be put on any of them: a face, a table."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .clutter import bust, clear_of, crumpled, gripper, vessel
from .hand_scene import furniture, Placed, screen, table, wall
from .rooms import branches
from .viewpoint import DISTANCE_M, sample_position, uniform_rotation
from ..objects import objects
from ..objects.shapes import box, cylinder, ellipsoid, frame_along, limb, Mesh
from ..people.body import trunk
from ..people.people import body_of, leaving_arm, resting_arm, upper_arm
from ..people.second_hand import Arm, sample_arm, Sight
from ..sensor.cameras import CAMERAS

FloatArray = npt.NDArray[np.float64]
_HELD_SHARE, _THING_NEAR_SHARE = 0.2, 0.15
_BACKDROPS = ((0.12, 'wall', wall), (0.15, 'table', table))


class Parts(NamedTuple):
    """
    What stands before a camera, by name; ``arm`` is the hand with its forearm.

    The arm is one of the parts ('arm') unless the scene is one without a hand; its joints then
    say where one could have been.
    """

    sight: Sight
    arm: Arm
    meshes: dict[str, list[Mesh]]


def sample_parts(rng: np.random.Generator, wanted: str, with_arm: bool) -> Parts:
    """Draw a scene in which the part ``wanted``, if it is to have one, has found a place."""
    while True:
        parts = _draw(rng, wanted, with_arm)
        if wanted in ('', *parts.meshes):
            return parts


def _draw(rng: np.random.Generator, wanted: str, with_arm: bool) -> Parts:
    camera = CAMERAS[rng.integers(len(CAMERAS))]
    sight = Sight(camera, camera.sample_intrinsics(rng))
    arm = sample_arm(rng, sample_position(rng, *sight))
    meshes: dict[str, list[Mesh]] = {}
    if with_arm:
        meshes['arm'] = [arm.mesh]
        if rng.random() < _HELD_SHARE:
            meshes['held'] = objects.hold(rng, arm.joints_m, arm.side)
    placed = Placed(arm.mesh, arm.joints_m, arm.side)
    if wanted in _OF_A_PERSON or rng.random() < 0.3:
        meshes.update(_person(rng, arm, sight, with_arm))
    elif with_arm and rng.random() < 0.5:
        meshes['sleeve'] = leaving_arm(rng, arm, sight)
    for share, name, part in _BACKDROPS:
        if wanted == name or (wanted not in _OF_A_PERSON and rng.random() < share):
            meshes[name] = part(rng, placed)
    for name, part in (('furniture', furniture), ('furniture', screen)):
        if wanted == name or rng.random() < 0.1:
            meshes[name] = meshes.get(name, []) + part(rng, placed)
    if wanted == 'thing' or rng.random() < _THING_NEAR_SHARE:
        meshes['thing'] = _thing_of_hand_size(rng, arm, wanted == 'thing' and not with_arm)
    if wanted == 'crumpled' or rng.random() < 0.05:
        meshes['crumpled'] = _rough(rng, sight, [arm.joints_m] if with_arm else [])
    if wanted == 'vessel':
        meshes['vessel'] = _vessels(rng, sight, [arm.joints_m] if with_arm else [])
    if wanted == 'gripper':
        meshes['gripper'] = gripper(rng, sight.somewhere(rng, rng.uniform(0.35, 1.3), 0.0))
    if wanted == 'bust':
        meshes['bust'] = bust(rng, sight)
    if wanted == 'branches':
        # Not kept from the hand's place: there is none.
        meshes['branches'] = branches(rng, [arm.joints_m] if with_arm else [], sight)
    return Parts(sight, arm, {name: found for name, found in meshes.items() if found})


def _rough(rng: np.random.Generator, sight: Sight, joints_m: list[FloatArray]) -> list[Mesh]:
    """Return a rough surface that stays clear of hands."""
    toward = np.array([0.0, 0.0, -1.0]) + 0.5 * rng.standard_normal(3)
    center = sight.somewhere(rng, rng.uniform(0.35, 1.4), -0.05)
    mesh = crumpled(rng, center, toward / np.sqrt(toward @ toward))
    return [mesh] if clear_of(mesh, joints_m) else []


def _vessels(rng: np.random.Generator, sight: Sight, joints_m: list[FloatArray]) -> list[Mesh]:
    """Return one to three cups, bowls or bottles in sight, standing or lying."""
    meshes = []
    for _ in range(rng.integers(1, 4)):
        up = np.array([0.0, -1.0, -0.6]) + rng.choice([0.2, 1.5]) * rng.standard_normal(3)
        base = sight.somewhere(rng, rng.uniform(0.35, 1.3), 0.0)
        meshes.append(vessel(rng, base, up / np.sqrt(up @ up)))
    return [mesh for mesh in meshes if clear_of(mesh, joints_m)]


_OF_A_PERSON = ('torso', 'head', 'upper arm')


def _person(
    rng: np.random.Generator, arm: Arm, sight: Sight, attached: bool
) -> dict[str, list[Mesh]]:
    """Return a person behind the hand's place, the hand its own or not there."""
    body = body_of(rng, arm, [])
    if body is None:
        return {}
    torso, head = trunk(rng, *body)
    sides = {-1, 1} - ({arm.side} if attached else set())
    resting = [resting_arm(rng, body, side, sight) for side in sorted(sides)]
    upper = [limbs[0] for limbs in resting] + ([upper_arm(body, arm)] if attached else [])
    lower = [mesh for limbs in resting for mesh in limbs[1:]]
    return {
        'torso': [torso],
        'head': [head, *_features(rng, head)],
        'upper arm': upper,
        'rest': lower,
    }


def _features(rng: np.random.Generator, head: Mesh) -> list[Mesh]:
    """Return what makes a head lumpy: nose, chin, hair, ears, glasses, as balls at its surface."""
    meshes = []
    for _ in range(rng.integers(7)):
        at = head.vertices_m[rng.integers(len(head.vertices_m))].astype(np.float64)
        radii = rng.uniform(0.006, 0.035, 3)
        meshes.append(ellipsoid(at, radii, uniform_rotation(rng)))
    return meshes


def _thing_of_hand_size(rng: np.random.Generator, arm: Arm, instead: bool) -> list[Mesh]:
    """Return a thing of one to four solids, instead of the hand or at least 16 cm beside it."""
    center = arm.joints_m.mean(axis=0)
    if instead and rng.random() < 0.3:
        return objects.hold(rng, arm.joints_m, arm.side)
    if not instead:
        aside = rng.standard_normal(3)
        center = center + aside * (rng.uniform(0.16, 0.30) / np.sqrt(aside @ aside))
        center[2] = np.clip(center[2], *DISTANCE_M)
    return [
        _SOLIDS[rng.integers(len(_SOLIDS))](rng, center + 0.03 * rng.standard_normal(3))
        for _ in range(rng.integers(1, 5))
    ]


def _ball(rng: np.random.Generator, center_m: FloatArray) -> Mesh:
    radii = rng.uniform(0.015, 0.07) * rng.uniform(0.5, 1.5, 3)
    return ellipsoid(center_m, radii, uniform_rotation(rng))


def _box(rng: np.random.Generator, center_m: FloatArray) -> Mesh:
    half = np.exp(rng.uniform(np.log(0.005), np.log(0.09), 3))
    return box(center_m, half, uniform_rotation(rng))


def _cylinder(rng: np.random.Generator, center_m: FloatArray) -> Mesh:
    radius, half = rng.uniform(0.005, 0.05), rng.uniform(0.01, 0.10)
    return cylinder(center_m, radius, half, uniform_rotation(rng))


def _stick(rng: np.random.Generator, center_m: FloatArray) -> Mesh:
    axis = frame_along(uniform_rotation(rng)[:, 0])[:, 2] * rng.uniform(0.03, 0.12)
    radius = rng.uniform(0.004, 0.03)
    return limb(center_m - axis, center_m + axis, (radius, radius * rng.uniform(0.5, 1.0)))


_SOLIDS: tuple[Callable[[np.random.Generator, FloatArray], Mesh], ...] = (
    _ball, _box, _cylinder, _stick,
)  # fmt: skip
