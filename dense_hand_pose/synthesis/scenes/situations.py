# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Scenes of a named kind: rooms without a hand, hands that hold, cut hands, two hands on one object.

Each kind is a function that draws hands and what is around them before a camera, or None where
they found no place; hands come as a camera above, before, or on a person has them.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from .clutter import bust, clear_of, crumpled, gripper, table_top, THINGS, vessel
from .rooms import sample_room, surface
from .viewpoint import sample_rotation
from ..hand.collision import hand_balls, palm_frame
from ..hand.hands import sample_hand
from ..objects.objects import HELD, hold
from ..objects.shapes import cross, ellipsoid, frame_along, limb, Mesh
from ..objects.solids import BALL, BOX, deepest_cut, solid_mesh
from ..people.body import sample_posture, trunk
from ..people.people import (
    body_meshes,
    body_of,
    handless_forearm,
    leaving_arm,
)
from ..people.second_hand import apart, Arm, companion, elbow_end, placed, Sight

FloatArray = npt.NDArray[np.float64]
Rng = np.random.Generator
Composition = tuple[list[Arm], list[Mesh]]
_TRIES = 40
_NEAREST_JOINT_M = 0.18


class CameraPlace(NamedTuple):
    """
    A place of the camera.

    fits: whether a unit vector (3,) from wrist to elbow may be seen from there; tilt_deg: of the
    table's normal from the optical axis; distance_m: of the hands.
    """

    fits: Callable[[FloatArray], bool]
    tilt_deg: tuple[float, float]
    distance_m: tuple[float, float]


VIEWS: Final = {
    'above': CameraPlace(lambda d: abs(float(d[2])) < 0.45, (0.0, 25.0), (0.40, 1.00)),
    'front': CameraPlace(lambda d: bool(d[2] > 0.35), (60.0, 85.0), (0.35, 0.90)),
    'head': CameraPlace(lambda d: bool(d[2] < -0.05 and d[1] > 0.25), (25.0, 55.0), (0.30, 0.60)),
    'chest': CameraPlace(
        lambda d: bool(d[2] < 0.0 and abs(d[0]) > 0.25), (60.0, 80.0), (0.25, 0.50)
    ),
    'shoulder': CameraPlace(lambda d: bool(d[2] < 0.1 and d[1] > 0.0), (30.0, 65.0), (0.40, 0.80)),
}
"""Cameras above a table, before a person, and on a person's head, chest and shoulder."""


def _hand(rng: Rng, sight: Sight, view: CameraPlace, at: FloatArray | None = None) -> Arm | None:
    """Draw a hand of a view, its mean at a point (3,), or anywhere; None where none fits."""
    hand = sample_hand(rng)
    center = sight.somewhere(rng, rng.uniform(*view.distance_m), 0.2) if at is None else at
    for _ in range(_TRIES):
        arm = placed(hand, sample_rotation(rng), center)
        backward = arm.elbow_m - arm.joints_m[0]
        if view.fits(backward / np.sqrt(backward @ backward)):
            return arm if arm.joints_m[:, 2].min() > _NEAREST_JOINT_M else None
    return None


def _around(rng: Rng, sight: Sight, view: CameraPlace, arms: list[Arm]) -> list[Mesh]:
    """Return the table of a view with its things, behind all hands, and where the arms go."""
    tilt = np.radians(rng.uniform(*view.tilt_deg))
    away = np.array([0.1 * rng.standard_normal(), np.sin(tilt), np.cos(tilt)])
    away /= np.sqrt(away @ away)
    points = [arm.joints_m for arm in arms]
    nearest = max(float((joints @ away).max()) for joints in points) + rng.uniform(0.015, 0.12)
    middle = np.concatenate(points).mean(axis=0)
    base = middle + (nearest - middle @ away) * away
    meshes = _table(rng, base, -away, points)
    for arm in arms:
        body = None
        if view is VIEWS['front']:
            body = body_of(rng, arm, [other for other in arms if other is not arm])
        meshes += (
            leaving_arm(rng, arm, sight) if body is None else body_meshes(rng, body, [arm], sight)
        )
    return meshes


def _table(
    rng: Rng, point_m: FloatArray, up: FloatArray, joints_m: list[FloatArray]
) -> list[Mesh]:
    """Return a table about a point (3,), often with an edge in view, and one to four things."""
    half = rng.uniform(0.25, 0.9, 2)
    frame = frame_along(up)
    meshes = [table_top(point_m + frame[:, :2] @ rng.uniform(-0.2, 0.2, 2), up, half,
                        rng.uniform(-np.pi, np.pi))]  # fmt: skip
    names = list(THINGS)
    for _ in range(rng.integers(1, 5)):
        base = point_m + frame[:, :2] @ rng.uniform(-0.35, 0.35, 2)
        things = THINGS[names[rng.integers(len(names))]](rng, base, up)
        meshes += [mesh for mesh in things if clear_of(mesh, joints_m)]
    if rng.random() < 0.6:
        meshes.append(surface(point_m - rng.uniform(0.4, 0.8) * up, -up, 4.0, 16))  # the floor
    return meshes


def _holding(name: str) -> 'Compose':
    def compose(rng: Rng, sight: Sight) -> Composition | None:
        view = list(VIEWS.values())[rng.integers(len(VIEWS))]
        arm = _hand(rng, sight, view)
        held = hold(rng, arm.joints_m, arm.side, name) if arm is not None else []
        if arm is None or not held:
            return None
        around = _around(rng, sight, view, [arm])
        if name == 'bottle' and rng.random() < 0.5:  # it pours
            base = arm.joints_m.mean(axis=0) + np.array([rng.uniform(-0.1, 0.1), 0.2, 0.05])
            cup = vessel(rng, base, np.array([0.0, -1.0, 0.0]))
            around += [cup] if clear_of(cup, [arm.joints_m]) else []
        return [arm], [*held, *around]

    return compose


def _seen_from(name: str) -> 'Compose':
    def compose(rng: Rng, sight: Sight) -> Composition | None:
        arm = _hand(rng, sight, VIEWS[name])
        return None if arm is None else ([arm], _around(rng, sight, VIEWS[name], [arm]))

    return compose


def _cut(rng: Rng, sight: Sight) -> Composition | None:
    """Draw a hand of which the image's border leaves about half."""
    view = list(VIEWS.values())[rng.integers(len(VIEWS))]
    arm = _hand(rng, sight, view)
    if arm is None:
        return None
    direction = rng.uniform(-np.pi, np.pi)
    step = np.array([np.cos(direction), np.sin(direction), 0.0])
    for aside in np.arange(0.0, 1.2, 0.01):
        joints = arm.joints_m + aside * step
        share = float(sight.shows(joints).mean())
        if share <= 0.60:
            if share < 0.45:
                return None
            shift = aside * step
            mesh = arm.mesh._replace(vertices_m=arm.mesh.vertices_m + shift.astype(np.float32))
            moved = Arm(mesh, joints, arm.elbow_m + shift, arm.side)
            return [moved], _around(rng, sight, view, [moved])
    return None


def _two_apart(rng: Rng, sight: Sight) -> Composition | None:
    view = list(VIEWS.values())[rng.integers(len(VIEWS))]
    first = _hand(rng, sight, view)
    if first is None:
        return None
    offset = np.array([rng.choice([-1.0, 1.0]) * rng.uniform(0.16, 0.35), 0.0, 0.0])
    offset[1:] = 0.06 * rng.standard_normal(2)
    second = _hand(rng, sight, view, first.joints_m.mean(axis=0) + offset)
    if second is None or not sight.shows(second.joints_m).all() or not apart(first, second):
        return None
    arms = [first, second]
    held = hold(rng, second.joints_m, second.side) if rng.random() < 0.3 else []
    return arms, [*held, *_around(rng, sight, view, arms)]


def _two_touching(rng: Rng, sight: Sight) -> Composition | None:
    view = list(VIEWS.values())[rng.integers(len(VIEWS))]
    first = _hand(rng, sight, view)
    second = companion(rng, first.mesh, first.joints_m, first.side) if first else None
    if first is None or second is None:
        return None
    mesh, joints, side = second
    arms = [first, Arm(mesh, joints, elbow_end(mesh.vertices_m, joints), side)]
    return arms, _around(rng, sight, view, arms)


def _two_on_one(rng: Rng, sight: Sight) -> Composition | None:
    """Draw a box, a ball or a bowl between the palms of two hands, one the mirror of the other."""
    view = list(VIEWS.values())[rng.integers(len(VIEWS))]
    first = _hand(rng, sight, view)
    if first is None:
        return None
    normal = palm_frame(first.joints_m, first.side)[2]
    mean = first.joints_m.mean(axis=0)
    kind = int(rng.choice([BOX, BALL]))
    balls = hand_balls(first.joints_m)
    half = np.full(3, rng.uniform(0.04, 0.10))
    frame = frame_along(normal)
    if kind == BOX:
        half[:2] = rng.uniform(0.05, 0.13, 2)
    for gap in np.arange(0.0, 0.08, 0.005):
        center = mean + (half[2] + gap) * normal
        if deepest_cut(kind, half, center, frame, balls)[0] < 0.004:
            break
    else:
        return None
    second = _mirrored(first, center, normal)
    if not apart(first, second) or second.joints_m[:, 2].min() < _NEAREST_JOINT_M:
        return None
    thing = solid_mesh(kind, half, center, frame)
    return [first, second], [thing, *_around(rng, sight, view, [first, second])]


def _mirrored(arm: Arm, point_m: FloatArray, normal: FloatArray) -> Arm:
    """Return the mirror image of a hand in a plane, whose triangles face outwards again."""

    def mirror(points: FloatArray) -> FloatArray:
        image: FloatArray = points - 2.0 * ((points - point_m) @ normal)[..., None] * normal
        return image

    vertices = mirror(arm.mesh.vertices_m.astype(np.float64)).astype(np.float32)
    mesh = arm.mesh._replace(
        vertices_m=vertices, triangles=np.ascontiguousarray(arm.mesh.triangles[:, ::-1])
    )
    return Arm(mesh, mirror(arm.joints_m), mirror(arm.elbow_m[None])[0], -arm.side)


def _empty_table(rng: Rng, sight: Sight) -> Composition | None:
    view = list(VIEWS.values())[rng.integers(len(VIEWS))]
    tilt = np.radians(rng.uniform(*view.tilt_deg))
    away = np.array([0.0, np.sin(tilt), np.cos(tilt)])
    return [], _table(rng, sight.somewhere(rng, rng.uniform(0.4, 1.1), 0.2), -away, [])


def _shreds(rng: Rng, sight: Sight) -> Composition | None:
    """Draw a stereo camera's background: two to five rough surfaces with holes."""
    meshes = []
    for _ in range(rng.integers(2, 6)):
        toward = np.array([0.0, 0.0, -1.0]) + 0.5 * rng.standard_normal(3)
        center = sight.somewhere(rng, rng.uniform(0.45, 1.4), -0.05)
        meshes.append(crumpled(rng, center, toward / np.sqrt(toward @ toward)))
    return [], meshes


def _person_cut(rng: Rng, sight: Sight) -> Composition | None:
    """Draw a person whose neck, shoulders or elbow the image's border cuts."""
    meshes = bust(rng, sight)
    return [], [*meshes, *(handless_forearm(rng, sight) if rng.random() < 0.3 else [])]


def _legs(rng: Rng, sight: Sight) -> Composition | None:
    """Draw one or two legs that the image's border cuts, some with a foot."""
    meshes = []
    for _ in range(rng.integers(1, 3)):
        knee = sight.somewhere(rng, rng.uniform(0.4, 1.2), -0.1)
        ways = rng.standard_normal((2, 3)) + np.array([0.0, 0.6, 0.0])
        thigh, shin = ways / np.linalg.norm(ways, axis=1, keepdims=True)
        hip, ankle = knee - 0.45 * thigh, knee + 0.42 * shin
        ankle[2] = max(ankle[2], 0.2)
        hip[2] = max(hip[2], 0.2)
        radius = rng.uniform(0.05, 0.07)
        meshes += [limb(hip, knee, (1.4 * radius, radius)), limb(knee, ankle, (radius, 0.038))]
        toes = cross(shin, np.array([1.0, 0.0, 0.2]))
        along = frame_along(toes / np.sqrt(toes @ toes))
        foot = ankle + 0.07 * along[:, 2] + 0.03 * shin
        meshes.append(ellipsoid(foot, rng.uniform((0.035, 0.03, 0.11), (0.05, 0.04, 0.14)), along))
    return [], meshes


def _face(rng: Rng, sight: Sight) -> Composition | None:
    """Draw a face close up, with nose, chin, ears or glasses."""
    origin = sight.somewhere(rng, rng.uniform(0.28, 0.6), 0.1) + np.array([0.0, 0.2, 0.0])
    torso, head = trunk(rng, origin, sample_posture(rng), rng.uniform(0.9, 1.1))
    lumps = []
    for _ in range(rng.integers(2, 8)):
        at = head.vertices_m[rng.integers(len(head.vertices_m))].astype(np.float64)
        lumps.append(
            ellipsoid(at, rng.uniform(0.006, 0.03, 3), frame_along(at / np.sqrt(at @ at)))
        )
    return [], [torso, head, *lumps]


def _forearm(rng: Rng, sight: Sight) -> Composition | None:
    meshes = handless_forearm(rng, sight)
    return ([], meshes) if meshes else None


def _robot(rng: Rng, sight: Sight) -> Composition | None:
    """Draw a robot's gripper over a table, some at a cup."""
    meshes = gripper(rng, sight.somewhere(rng, rng.uniform(0.4, 1.1), 0.1))
    away = np.array([0.0, 0.6, 0.8])
    base = meshes[0].vertices_m.mean(axis=0).astype(np.float64) + 0.2 * away
    return [], [*meshes, *_table(rng, base, -away, [])]


Compose = Callable[[Rng, Sight], Composition | None]
EMPTY: Final[dict[str, Compose]] = {
    'room': lambda _, __: ([], []),
    'table': _empty_table,
    'shreds': _shreds,
    'person_cut': _person_cut,
    'legs': _legs,
    'face': _face,
    'forearm': _forearm,
    'robot': _robot,
}
ONE_HAND: Final[dict[str, Compose]] = {
    **{f'holding_{name}': _holding(name) for name in HELD},
    **{f'camera_{name}': _seen_from(name) for name in VIEWS},
    'cut': _cut,
}
TWO_HANDS: Final[dict[str, Compose]] = {
    'two_apart': _two_apart,
    'two_touching': _two_touching,
    'two_on_one_object': _two_on_one,
}
SITUATIONS: Final[dict[str, Compose]] = {**EMPTY, **ONE_HAND, **TWO_HANDS}
"""Kinds of scenes by name; those of EMPTY have no hand."""
_OF_COUNT = (EMPTY, ONE_HAND, TWO_HANDS)


def draw_situation(rng: Rng, sight: Sight, name: str) -> Composition | None:
    """Return the hands and meshes of a kind before a room; None where they found no place."""
    composed = SITUATIONS[name](rng, sight)
    if composed is None:
        return None
    arms, meshes = composed
    if name in ('room', 'forearm') or rng.random() < 0.4:
        joints = [arm.joints_m for arm in arms]
        meshes += sample_room(rng, joints, sight, empty=name == 'room')
    return arms, meshes


def situation_of(rng: Rng, count: int) -> str:
    """Draw the name of a kind with a number of hands."""
    names = list(_OF_COUNT[count])
    return names[rng.integers(len(names))]
