# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the hands of a whole scene are, whose they are, and who else is there."""

import numpy as np
import numpy.typing as npt

from ..objects.objects import hold
from ..objects.shapes import Mesh
from ..people.people import (
    arm_of,
    body_meshes,
    body_of,
    bystander,
    handless_forearm,
    leaving_arm,
    standing_body,
)
from ..people.second_hand import apart, Arm, companion, elbow_end, sample_arm, Sight

FloatArray = npt.NDArray[np.float64]
Group = tuple[list[Arm], list[Mesh]]
DISTANCE_M = (0.25, 1.5)
_USUAL_M, _USUAL_SHARE, _MARGIN = (0.3, 0.9), 0.4, 0.04
_PERSON_FIRST_SHARE, _BODY_SHARE, _TOUCHING_SHARE, _HELD_SHARE = 0.45, 0.6, 0.35, 0.15
_ALONE_M = 0.8
"""An arm at this depth or nearer leaves the image without its person being seen."""


def sample_hands(rng: np.random.Generator, count: int, sight: Sight) -> Group | None:
    """Draw count hands, and the meshes of their people and of what they hold; None if none fit."""
    group = _persons_hands if rng.random() < _PERSON_FIRST_SHARE else _free_hands
    placed = group(rng, count, sight) if count else ([], [])
    if placed is None:
        return None
    arms, meshes = placed
    for arm in arms:
        meshes += hold(rng, arm.joints_m, arm.side) if rng.random() < _HELD_SHARE else []
    return arms, meshes


def nobodys_joints(rng: np.random.Generator, sight: Sight) -> FloatArray:
    """
    Draw points (21, 3) that a room leaves free although no hand is there.

    Were rooms without hands otherwise arranged, the arrangement would tell.
    """
    spread = 0.05 * rng.standard_normal((21, 3))
    free: FloatArray = np.maximum(_sample_center(rng, sight) + spread, [-np.inf, -np.inf, 0.1])
    return free


def sample_people(rng: np.random.Generator, arms: list[Arm], sight: Sight) -> list[Mesh]:
    """Draw people without hands in sight, and forearms whose hands are beyond the border."""
    meshes = bystander(rng, arms, sight) if rng.random() < (0.2 if arms else 0.6) else []
    if rng.random() < (0.1 if arms else 0.4):
        meshes += handless_forearm(rng, sight)
    return meshes


def _persons_hands(rng: np.random.Generator, count: int, sight: Sight) -> Group | None:
    """Draw a person that stands before the camera, and then one or both hands."""
    body = standing_body(rng, sight, 0.55)
    arms: list[Arm] = []
    for _ in range(count):
        arm = arm_of(rng, body, sight, DISTANCE_M, arms[0] if arms else None)
        if arm is None:
            return None
        arms.append(arm)
    return arms, body_meshes(rng, body, arms, sight)


def _free_hands(rng: np.random.Generator, count: int, sight: Sight) -> Group | None:
    """Draw a hand anywhere, then a person whose arm it can be, and the second hand."""
    arms = [sample_arm(rng, _sample_center(rng, sight))]
    if count == 2 and rng.random() < _TOUCHING_SHARE:
        second = companion(rng, arms[0].mesh, arms[0].joints_m, arms[0].side)
        if second is None:
            return None
        mesh, joints, side = second
        arms.append(Arm(mesh, joints, elbow_end(mesh.vertices_m, joints), side))
    far = arms[0].joints_m[0, 2] > _ALONE_M
    body = body_of(rng, arms[0], arms[1:]) if far or rng.random() < _BODY_SHARE else None
    if far and body is None:  # its arm would end in mid-air
        return None
    own = 1
    if count > len(arms):
        arm = arm_of(rng, body, sight, DISTANCE_M, arms[0]) if body is not None else None
        own += arm is not None
        arm = arm or sample_arm(rng, _sample_center(rng, sight))
        if not apart(arm, arms[0]) or (body and body.contains(arm.joints_m, 0.03)):
            return None
        arms.append(arm)
    meshes = [] if body is None else body_meshes(rng, body, arms[:own], sight)
    for arm in arms if body is None else arms[own:]:
        meshes += leaving_arm(rng, arm, sight)
    return arms, meshes


def _sample_center(rng: np.random.Generator, sight: Sight) -> FloatArray:
    """Draw the centre (3,) of a hand, anywhere in the image."""
    near, far = _USUAL_M if rng.random() < _USUAL_SHARE else DISTANCE_M
    return sight.somewhere(rng, rng.uniform(near, far), _MARGIN)
