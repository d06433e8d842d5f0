# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The room of a whole scene: wall, floor, table top, furniture, things, and what has branches."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .clutter import bust, clear_of, crumpled, gripper, vessel
from .viewpoint import uniform_rotation
from ..hand.collision import hand_balls
from ..objects.shapes import ellipsoid, frame_along, grid_triangles, limb, Mesh
from ..objects.solids import BALL, BOX, CYLINDER, deepest_cut, solid_mesh
from ..people.second_hand import Sight

FloatArray = npt.NDArray[np.float64]
_FREE_M = 0.01
_FAR_M = 4.0


def unit(vector: FloatArray) -> FloatArray:
    """Return a vector (3,) with length one."""
    out: FloatArray = vector / max(float(np.sqrt(vector @ vector)), 1e-12)
    return out


def surface(point_m: FloatArray, normal: FloatArray, half_m: float, cells: int) -> Mesh:
    """Return a large plane of cells: what reaches behind the camera loses its own cells only."""
    axes = frame_along(normal)[:, :2].T
    grid, triangles = _grid(cells)
    return Mesh((point_m + half_m * grid @ axes).astype(np.float32), triangles)


@lru_cache(maxsize=4)
def _grid(cells: int) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    steps = np.linspace(-1.0, 1.0, cells + 1)
    x, y = np.meshgrid(steps, steps)
    return np.stack([x.ravel(), y.ravel()], 1), grid_triangles(cells + 1, cells + 1)


def _support(joints_m: list[FloatArray], normal: FloatArray) -> float:
    """Return how far the joints of all hands reach along a direction, metres."""
    return max([float((joints @ normal).max()) for joints in joints_m], default=0.0)


def sample_room(
    rng: np.random.Generator, joints_m: list[FloatArray], sight: Sight, *, empty: bool = False
) -> list[Mesh]:
    """
    Draw walls, floor or table behind all hands, and what stands there.

    ``empty``: the joints are those of a place without a hand; a person may be close there.
    """
    meshes: list[Mesh] = []
    if rng.random() < 0.75:
        away = unit(np.array([*(0.35 * rng.standard_normal(2)), 1.0]))
        least = _support(joints_m, away)
        offset = max(0.4, least + 0.03) + rng.exponential(0.8)
        meshes.append(surface(away * offset, away, _FAR_M, 16))
    down = unit(np.array([0.15 * rng.standard_normal(), 1.0, rng.normal(0.25, 0.35)]))
    if rng.random() < 0.5:
        offset = max(0.6, _support(joints_m, down) + 0.1) + rng.exponential(0.5)
        meshes.append(surface(down * offset, down, _FAR_M, 40))
    if rng.random() < 0.45:
        meshes += _table(rng, joints_m)
    for _ in range(rng.poisson(1.8)):
        meshes += _furniture(rng, joints_m, sight)
    for _ in range(rng.poisson(1.2)):
        meshes += _thing(rng, joints_m, sight)
    for _ in range(rng.poisson(0.45)):
        meshes += branches(rng, joints_m, sight)
    return meshes + _clutter(rng, joints_m, sight, empty or not joints_m)


def _clutter(
    rng: np.random.Generator, joints_m: list[FloatArray], sight: Sight, empty: bool
) -> list[Mesh]:
    """Return rough surfaces, a gripper and, without hands, a person close to the camera."""
    meshes: list[Mesh] = []
    for _ in range(rng.poisson(0.35)):
        toward = unit(np.array([0.0, 0.0, -1.0]) + 0.6 * rng.standard_normal(3))
        meshes.append(crumpled(rng, sight.somewhere(rng, rng.uniform(0.45, 1.6), -0.05), toward))
    if rng.random() < 0.08:
        meshes += gripper(rng, sight.somewhere(rng, rng.uniform(0.4, 1.4), 0.0))
    meshes = [mesh for mesh in meshes if clear_of(mesh, joints_m)]
    return meshes + (bust(rng, sight) if empty and rng.random() < 0.15 else [])


def _table(rng: np.random.Generator, joints_m: list[FloatArray]) -> list[Mesh]:
    """Return a table top below all hands, seen from above or at a slant, and things on it."""
    tilt = np.radians(rng.uniform(0.0, 80.0))
    azimuth = 0.5 * np.pi + 0.3 * rng.standard_normal()
    away = np.array([np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)])
    offset = max(0.25, _support(joints_m, away) + 0.012) + float(rng.exponential(0.12))
    middle = np.array([0.0, 0.0, 0.7]) if not joints_m else joints_m[0].mean(axis=0)
    point = middle + (offset - middle @ away) * away
    meshes = [surface(point, away, rng.uniform(0.4, 0.8), 16)]
    frame = frame_along(away)
    for _ in range(rng.poisson(3.0)):
        half = np.array([1.0, 1.0, 1.6]) * rng.uniform(0.01, 0.07) * rng.uniform(0.4, 1.6, 3)
        spread = rng.uniform(-0.4, 0.4, 2)
        center = point + frame[:, :2] @ spread - away * half[2]
        turn = rng.uniform(-np.pi, np.pi)
        c, s = np.cos(turn), np.sin(turn)
        turned = frame @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
        meshes += _solid(rng, half, center, turned, joints_m)
    for _ in range(rng.poisson(1.2)):
        base = point + frame[:, :2] @ rng.uniform(-0.4, 0.4, 2)
        standing = vessel(rng, base, -away)
        meshes += [standing] if clear_of(standing, joints_m) else []
    return meshes


def _solid(
    rng: np.random.Generator,
    half_m: FloatArray,
    center_m: FloatArray,
    frame: FloatArray,
    joints_m: list[FloatArray],
) -> list[Mesh]:
    """Return a box, a cylinder or a ball; nothing where it would cut into a hand."""
    kind = int(rng.choice([BOX, BOX, CYLINDER, BALL]))
    half = half_m.copy()
    if kind == CYLINDER:
        half[1] = half[0]
    if kind == BALL:
        half[:] = half.min()
    for joints in joints_m:
        balls = hand_balls(joints)
        if deepest_cut(kind, half, center_m, frame, balls)[0] > -_FREE_M:
            return []
    return [solid_mesh(kind, half, center_m, frame)]


def _furniture(rng: np.random.Generator, joints_m: list[FloatArray], sight: Sight) -> list[Mesh]:
    """Return a post, a board, a cupboard or a chair's back, 0.4 to 2.5 m away."""
    half = np.exp(rng.uniform(np.log(0.015), np.log(0.4), 3))
    center = sight.somewhere(rng, rng.uniform(0.4, 2.5), -0.1)
    center[2] += half.min()
    upright = frame_along(unit(np.array([0.0, 1.0, 0.0]) + 0.25 * rng.standard_normal(3)))
    frame = uniform_rotation(rng) if rng.random() < 0.3 else upright
    return _solid(rng, half, center, frame, joints_m)


def _thing(rng: np.random.Generator, joints_m: list[FloatArray], sight: Sight) -> list[Mesh]:
    """Return a thing of a hand's size or less, anywhere in sight."""
    half = np.exp(rng.uniform(np.log(0.008), np.log(0.09), 3))
    center = sight.somewhere(rng, rng.uniform(0.3, 1.6), 0.0)
    return _solid(rng, half, center, uniform_rotation(rng), joints_m)


def branches(rng: np.random.Generator, joints_m: list[FloatArray], sight: Sight) -> list[Mesh]:
    """
    Return a fan of thin limbs: a plant, a rake, a cable, the legs of a stool.

    What is nearest to fingers in shape and is none: without it every fan would be taken for one.
    """
    root = sight.somewhere(rng, rng.uniform(0.35, 1.6), 0.0)
    for joints in joints_m:
        gap = joints - root
        if (gap * gap).sum(axis=1).min() < 0.30**2:
            return []
    main = unit(rng.standard_normal(3))
    radius = float(np.exp(rng.uniform(np.log(0.003), np.log(0.02))))
    meshes = []
    for _ in range(int(rng.integers(2, 9))):
        along = unit(main + rng.uniform(0.2, 1.0) * rng.standard_normal(3))
        middle = root + rng.uniform(0.03, 0.12) * along
        end = middle + rng.uniform(0.02, 0.12) * unit(along + 0.5 * rng.standard_normal(3))
        meshes += [limb(root, middle, (radius, radius)), limb(middle, end, (radius, radius * 0.7))]
    if rng.random() < 0.4:
        meshes.append(ellipsoid(root, rng.uniform(0.01, 0.05, 3), uniform_rotation(rng)))
    return meshes
