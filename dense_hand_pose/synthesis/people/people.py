# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
People of a whole scene: hands on forearms, upper arms to a shoulder, or out of the image.

In a crop of a hand nothing beyond the wrist matters; in a whole image an arm must come from
somewhere: from a person (body.py), or from beyond the image's border.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .body import (
    inside_body,
    reach_shoulder,
    sample_posture,
    SHOULDER_M,
    trunk,
    UPPER_ARM_M,
)
from .second_hand import apart, Arm, elbow_end, mirrored, placed, sample_arm, Sight
from ..hand.hands import sample_hand
from ..objects.shapes import limb, Mesh
from ..scenes.viewpoint import sample_rotation

FloatArray = npt.NDArray[np.float64]
_ELBOW_RADIUS_M, _SHOULDER_RADIUS_M = 0.043, 0.058
_TRIES, _BODY_TRIES = 24, 8
_NEAREST_M = 0.12
_FOREARM_M = 0.25
_LEAVING_M, _LEAVING_TRIES = 0.7, 12


class Body(NamedTuple):
    """A person: middle between the shoulders (3,), rotation (3, 3) as in body.py, size."""

    origin_m: FloatArray
    rotation: FloatArray
    scale: float

    def shoulder(self, side: int) -> FloatArray:
        """Return the middle (3,) of a shoulder."""
        at: FloatArray = self.origin_m + self.scale * self.rotation @ (SHOULDER_M * [side, 1, 1])
        return at

    def contains(self, points_m: FloatArray, margin_m: float) -> bool:
        """Say whether any point (N, 3) lies in torso or head, or within the margin."""
        return inside_body(points_m, self.origin_m, self.rotation, self.scale, margin_m)


def body_of(rng: np.random.Generator, arm: Arm, others: list[Arm]) -> Body | None:
    """Draw a person whose shoulder the arm's elbow reaches; None where there is no room."""
    scale, rotation = rng.uniform(0.90, 1.10), sample_posture(rng)
    for _ in range(_BODY_TRIES):
        shoulder = reach_shoulder(rng, arm.joints_m, arm.elbow_m, rotation, scale)
        if shoulder is None:
            continue
        origin = shoulder - scale * rotation @ (SHOULDER_M * [arm.side, 1.0, 1.0])
        body = Body(origin, rotation, scale)
        joints = np.concatenate([hand.joints_m for hand in (arm, *others)])
        if not body.contains(joints, 0.03) and not body.contains(arm.elbow_m[None], 0.0):
            return body
    return None


def arm_of(
    rng: np.random.Generator,
    body: Body,
    sight: Sight,
    range_m: tuple[float, float],
    other: Arm | None = None,
) -> Arm | None:
    """
    Draw a hand of a person, within a range of depths and seen by the camera.

    With ``other`` it is that of the other arm, which it does not cut. None where none fits.
    """
    hand = sample_hand(rng)
    if other is not None and hand.side == other.side:
        hand = mirrored(hand)
    shoulder = body.shoulder(hand.side)
    mean, elbow_end_m = hand.joints_m.mean(axis=0), elbow_end(hand.vertices_m, hand.joints_m)
    for _ in range(_TRIES):
        # To the front, outwards and down more often than up; body.py has the axes.
        along = rng.standard_normal(3) * [0.6, 0.4, 0.7] + [0.3 * hand.side, 0.5, -0.6]
        upper = body.rotation @ (along / np.sqrt(along @ along))
        rotation = sample_rotation(rng)
        elbow = shoulder + UPPER_ARM_M * body.scale * upper
        center = elbow + rotation @ (mean - elbow_end_m)
        if not (range_m[0] <= center[2] <= range_m[1] and sight.shows(center[None])[0]):
            continue
        arm = placed(hand, rotation, center)
        if not body.contains(arm.joints_m, 0.03) and (other is None or apart(arm, other)):
            return arm
    return None


def standing_body(rng: np.random.Generator, sight: Sight, nearest_m: float) -> Body:
    """Draw a person somewhere in sight, the chest no nearer than a depth."""
    depth = nearest_m + rng.exponential(0.5)
    origin = sight.somewhere(rng, depth, 0.1) + np.array([0.0, rng.uniform(-0.3, 0.3), 0.0])
    return Body(origin, sample_posture(rng), rng.uniform(0.85, 1.1))


def upper_arm(body: Body, arm: Arm) -> Mesh:
    """Return the upper arm between a hand's elbow and the person's shoulder."""
    radii = (_ELBOW_RADIUS_M * body.scale, _SHOULDER_RADIUS_M * body.scale)
    return limb(arm.elbow_m, body.shoulder(arm.side), radii)


def leaving_arm(rng: np.random.Generator, arm: Arm, sight: Sight) -> list[Mesh]:
    """Return an upper arm that leads from the elbow out of the image, as far as it can."""
    forearm = arm.elbow_m - arm.joints_m[0]
    forearm /= max(float(np.sqrt(forearm @ forearm)), 1e-9)
    best, best_m = forearm, -np.inf
    for _ in range(_LEAVING_TRIES):
        along = forearm + 0.5 * rng.standard_normal(3) * [1.0, 1.0, 0.5]
        along /= np.sqrt(along @ along)
        end = arm.elbow_m + _LEAVING_M * along
        if end[2] < max(_NEAREST_M, 0.5 * arm.elbow_m[2]):  # it would hide much of the image
            continue
        if not sight.shows(end[None])[0]:
            best = along
            break
        aside = float(np.hypot(end[0], end[1]))
        if aside > best_m:
            best, best_m = along, aside
    radius = rng.uniform(0.036, 0.06)
    joints = [arm.elbow_m + _LEAVING_M * share * best for share in np.linspace(0, 1, 3)]
    return [limb(a, b, (radius, radius * 1.1)) for a, b in pairwise(joints)]


def resting_arm(rng: np.random.Generator, body: Body, side: int, sight: Sight) -> list[Mesh]:
    """
    Return a person's arm whose hand is out of the image or hidden behind the back.

    Its hand has no mesh: a stump in sight would teach that hands have none.
    """
    shoulder = SHOULDER_M * [side, 1.0, 1.0]
    down = np.array([side * rng.uniform(0.05, 0.5), rng.uniform(-0.3, 0.3), -1.0])
    ahead = np.array([side * rng.uniform(-0.6, 0.2), rng.uniform(0.0, 1.0), -1.0])
    behind = np.array([-side * rng.uniform(0.7, 1.2), -0.7, rng.uniform(-0.7, 0.1)])
    elbow = shoulder + UPPER_ARM_M * down / np.sqrt(down @ down)
    for lower in (ahead, behind):
        wrist = elbow + _FOREARM_M * lower / np.sqrt(lower @ lower)
        points = body.origin_m + body.scale * np.stack([shoulder, elbow, wrist]) @ body.rotation.T
        if lower is behind or not sight.shows(points[2:])[0]:
            break
    s = body.scale
    return [
        limb(points[0], points[1], (_SHOULDER_RADIUS_M * s, _ELBOW_RADIUS_M * s)),
        limb(points[1], points[2], (_ELBOW_RADIUS_M * s, 0.030 * s)),
    ]


def body_meshes(rng: np.random.Generator, body: Body, arms: list[Arm], sight: Sight) -> list[Mesh]:
    """Return a person with the arms that belong to it; the others rest."""
    meshes = trunk(rng, body.origin_m, body.rotation, body.scale)
    meshes += [upper_arm(body, arm) for arm in arms]
    for side in {-1, 1} - {arm.side for arm in arms}:
        meshes += resting_arm(rng, body, side, sight)
    return meshes


def bystander(rng: np.random.Generator, hands: list[Arm], sight: Sight) -> list[Mesh]:
    """Return a person without a hand in sight, behind all hands."""
    front = max([0.45, *(float(hand.joints_m[:, 2].max()) + 0.2 for hand in hands)])
    body = standing_body(rng, sight, front)
    if any(body.contains(hand.joints_m, 0.03) for hand in hands):
        return []
    return body_meshes(rng, body, [], sight)


def handless_forearm(rng: np.random.Generator, sight: Sight) -> list[Mesh]:
    """Return a forearm in the image whose hand is beyond its border; nothing if none was found."""
    for _ in range(_TRIES):
        arm = sample_arm(rng, sight.somewhere(rng, rng.uniform(0.25, 1.3), -0.25))
        along = np.linspace(0.15, 1.0, 5)[:, None]
        forearm = arm.joints_m[0] * (1.0 - along) + arm.elbow_m * along
        if sight.shows(forearm).any() and not sight.shows(arm.joints_m).any():
            return [arm.mesh, *leaving_arm(rng, arm, sight)]
    return []
