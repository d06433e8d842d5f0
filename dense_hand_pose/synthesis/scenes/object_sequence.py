# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Sequences of hands and one object at 30 Hz: picked up and put down, passed behind, left alone.

The object (a cup, bottle, ball, box or tool that fits the grasp) is rigid with the hand while it
is held and rests elsewhere before and after. Only translations move: the hand approaches and
leaves along its forearm, which is where a grasp opens.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from .full_scene import lattice_of, SceneHand
from .motion_scripts import Path
from .rooms import surface
from .scene_sequence import RATE_HZ, SceneFrame
from .viewpoint import sample_rotation
from ..hand.hands import sample_hand
from ..objects.objects import hold
from ..objects.shapes import limb, Mesh
from ..people.second_hand import Arm, placed, Sight
from ..sensor.cameras import CAMERAS
from ..sensor.noise import add_noise, NoiseLevel
from ..sensor.raster import DepthBuffer, visible_share

FloatArray = npt.NDArray[np.float64]
Rng = np.random.Generator

DURATION_S: Final = 5.0
FRAMES: Final = round(DURATION_S * RATE_HZ)
_STREAM: Final = 9
_TABLE_M = (0.05, 0.12)
"""Distance of the table behind the object."""
_AWAY_M = 1.1
"""Distance along the forearm at which a hand is out of sight."""
_ARM_RADII_M = (0.043, 0.055)
_ARM_M = 0.5
_LOOK_COLUMNS = 96
_EVERYWHERE_M = 100.0


@dataclass(frozen=True)
class _Cast:
    """A hand at its place on the object, the direction of its forearm, and its way."""

    arm: Arm
    backward: FloatArray
    path: Path

    def at(self, t_s: float) -> Arm:
        """Return the hand at a time, moved along its path."""
        shift = self.path.at(t_s)
        mesh = self.arm.mesh._replace(
            vertices_m=self.arm.mesh.vertices_m + shift.astype(np.float32)
        )
        return self.arm._replace(
            mesh=mesh, joints_m=self.arm.joints_m + shift, elbow_m=self.arm.elbow_m + shift
        )


class ObjectSequence:
    """
    A sequence of a kind of OBJECT_KINDS; frame(i) depends on kind, seed and i alone.

    hands(i) are the truth, holding or not; an object that was let go of is none. Raises ValueError
    for an unknown kind or a negative seed.
    """

    def __init__(self, kind: str, seed: int) -> None:
        if kind not in OBJECT_KINDS:
            raise ValueError(f'kind = {kind!r}: expected one of {", ".join(OBJECT_KINDS)}')
        if seed < 0:
            raise ValueError(f'seed = {seed}: must not be negative')
        self.kind, self.seed = kind, seed
        rng = np.random.default_rng([seed, list(OBJECT_KINDS).index(kind), _STREAM])
        camera = CAMERAS[rng.integers(len(CAMERAS))]
        self._sight = Sight(camera, camera.sample_intrinsics(rng))
        self._level = NoiseLevel.sample(rng, camera)
        arm, self._object = _grasp(rng)
        backward = arm.elbow_m - arm.joints_m[0]
        backward /= np.linalg.norm(backward)
        paths, self._object_path = OBJECT_KINDS[kind](rng, backward)
        self._cast = [_Cast(arm, backward, paths[0])]
        if len(paths) > 1:
            self._cast.append(_second(arm, paths[1]))
        deepest = max(float(mesh.vertices_m[:, 2].max()) for mesh in (arm.mesh, *self._object))
        table = np.array([0.0, 0.0, deepest + rng.uniform(*_TABLE_M)])
        self._table = surface(table, np.array([0.0, 0.0, 1.0]), 2.0, 16)

    def frame(self, i: int) -> SceneFrame:
        """Return frame i, from 0 to FRAMES - 1; ValueError for another."""
        buffer, hands = self._draw(i)
        rng = np.random.default_rng([self.seed, i + 1, _STREAM])
        camera, k = self._sight
        return SceneFrame(add_noise(buffer, camera, self._level, rng), k, hands)

    def hands(self, i: int) -> tuple[SceneHand, ...]:
        """Return the truth of frame i alone."""
        return self._draw(i)[1]

    def object_center_m(self, i: int) -> FloatArray:
        """Return the mean of the object's vertices (3,) in frame i."""
        points = np.concatenate([mesh.vertices_m for mesh in self._object]).astype(np.float64)
        center: FloatArray = points.mean(axis=0) + self._object_path.at(i / RATE_HZ)
        return center

    def _draw(self, i: int) -> tuple[DepthBuffer, tuple[SceneHand, ...]]:
        if not 0 <= i < FRAMES:
            raise ValueError(f'i = {i}: expected a frame from 0 to {FRAMES - 1}')
        t_s, (camera, k) = i / RATE_HZ, self._sight
        arms = [cast.at(t_s) for cast in self._cast]
        buffer = DepthBuffer(k, np.arange(camera.width), np.arange(camera.height))
        shift = self._object_path.at(t_s).astype(np.float32)
        meshes = [mesh._replace(vertices_m=mesh.vertices_m + shift) for mesh in self._object]
        for cast, arm in zip(self._cast, arms, strict=True):
            end = arm.elbow_m + _ARM_M * cast.backward
            meshes += [arm.mesh, limb(arm.elbow_m, end, _ARM_RADII_M)]
        for mesh in (self._table, *meshes):
            buffer.draw(*mesh)
        seen = buffer.inverse_z
        return buffer, tuple(
            SceneHand(arm.joints_m, arm.side, self._visible(arm, seen)) for arm in arms
        )

    def _visible(self, arm: Arm, seen: npt.NDArray[np.float32]) -> float:
        """Return the share of a hand that the camera sees, 0 to 1."""
        camera, k = self._sight
        if arm.joints_m[:, 2].min() < 0.1:
            return 0.0
        step = max(1, round(camera.width / _LOOK_COLUMNS))
        columns, rows = lattice_of(camera.width, step), lattice_of(camera.height, step)
        alone = DepthBuffer(k, columns, rows)
        alone.draw(*arm.mesh)
        coarse = np.ascontiguousarray(seen[np.ix_(rows, columns)])
        everywhere = arm.joints_m.mean(axis=0), _EVERYWHERE_M
        return visible_share(alone.inverse_z, coarse, k, (columns, rows), arm.joints_m, everywhere)


def _grasp(rng: Rng) -> tuple[Arm, list[Mesh]]:
    """Draw a hand in the middle of the image whose grasp an object fits, and the object."""
    while True:
        center = np.array([rng.uniform(-0.05, 0.05), rng.uniform(-0.04, 0.04), 0.0])
        center[2] = rng.uniform(0.48, 0.62)
        arm = placed(sample_hand(rng), sample_rotation(rng), center)
        backward = arm.elbow_m - arm.joints_m[0]
        if backward[2] < -0.5 * np.linalg.norm(backward):  # the arm would come from the camera
            continue
        meshes = hold(rng, arm.joints_m, arm.side)
        if meshes and max(np.ptp(mesh.vertices_m, axis=0).max() for mesh in meshes) > 0.06:
            return arm, meshes


def _second(arm: Arm, path: Path) -> _Cast:
    """Return the mirror image of a hand, from the other side."""
    flip = np.array([-1.0, 1.0, 1.0])
    mesh = _with_vertices(arm.mesh, arm.mesh.vertices_m * flip.astype(np.float32))
    other = arm._replace(
        mesh=mesh, joints_m=arm.joints_m * flip, elbow_m=arm.elbow_m * flip, side=-arm.side
    )
    backward = other.elbow_m - other.joints_m[0]
    return _Cast(other, backward / np.linalg.norm(backward), path)


def _with_vertices(mesh: Mesh, vertices_m: npt.NDArray[np.float32]) -> Mesh:
    """Return a mesh with other vertices, whose triangles face the camera again."""
    return mesh._replace(vertices_m=vertices_m, triangles=mesh.triangles[:, ::-1].copy())


Paths = tuple[Sequence[Path], Path]


def _still(point: FloatArray) -> Path:
    return Path((0.0, DURATION_S), np.stack([point, point]))


def _along(times_s: Sequence[float], points: Sequence[FloatArray]) -> Path:
    return Path(tuple(times_s), np.stack(points))


def _pick_up(rng: Rng, backward: FloatArray) -> Paths:
    """Return a hand that comes, takes the object, moves it, puts it down and leaves."""
    away, here = _AWAY_M * backward, np.zeros(3)
    there = np.array([rng.choice([-1.0, 1.0]) * rng.uniform(0.06, 0.12), 0.0, 0.0])
    lift = np.array([0.0, 0.0, -0.06])
    times = (0.0, 0.7, 1.1, 1.5, 2.3, 2.7, 3.1, 3.8, DURATION_S)
    hand = [away, here, here, lift, there + lift, there, there, there + away, there + away]
    held = [here, here, here, lift, there + lift, there, there, there, there]
    return [_along(times, hand)], _along(times, held)


def _leave(rng: Rng, backward: FloatArray) -> Paths:
    """Return a hand that holds the object, lets go and leaves; the object stays."""
    here, rest_s = np.zeros(3), float(rng.uniform(1.0, 1.6))
    out = _AWAY_M * backward
    times = (0.0, rest_s, rest_s + 0.7, DURATION_S)
    return [_along(times, [here, here, out, out])], _still(here)


def _behind(rng: Rng, _: FloatArray) -> Paths:
    """Return a hand that passes behind the object, nearer to the camera, and comes back."""
    side = rng.choice([-1.0, 1.0])
    left, right = np.array([-0.2 * side, 0.0, 0.08]), np.array([0.2 * side, 0.0, 0.08])
    times = (0.0, 0.8, 2.2, 2.8, 4.2, DURATION_S)
    return [_along(times, [left, left, right, right, left, left])], _still(np.zeros(3))


def _cross(rng: Rng, _: FloatArray) -> Paths:
    """Return two hands that cross over the object, one nearer to the camera."""
    wide, near = rng.uniform(0.16, 0.2), np.array([0.0, 0.0, -0.2])
    left, right = np.array([-wide, 0.0, -0.02]), np.array([wide, 0.0, -0.02])
    times = (0.0, 0.8, 2.2, 2.8, 4.2, DURATION_S)
    first = _along(times, [left, left, right, right, left, left])
    second = _along(times, [near - left, near - left, near - right, near - right, near - left,
                            near - left])  # fmt: skip
    return [first, second], _still(np.array([0.0, 0.0, 0.05]))


OBJECT_KINDS: Final[dict[str, Callable[[Rng, FloatArray], Paths]]] = {
    'pick_up': _pick_up,
    'leave_object': _leave,
    'behind_object': _behind,
    'cross_object': _cross,
}
"""What happens between hands and object, by name."""
