# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What real rooms hold and a search mistakes for hands: shreds, vessels, grippers, busts, tables.

On and at tables: cups, bowls, lamps, plants, cables, chairs, keyboards, cloth.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from .viewpoint import uniform_rotation
from ..objects.objects import bottle_mesh, cup_mesh
from ..objects.shapes import (
    box,
    column,
    cross,
    ellipsoid,
    frame_along,
    grid_triangles,
    limb,
    Mesh,
    smooth_noise,
)
from ..people.body import sample_posture, trunk
from ..people.second_hand import Sight

FloatArray = npt.NDArray[np.float64]
_CELLS = 72
_LEAST_CLEARANCE_M = 0.02


def crumpled(rng: np.random.Generator, center_m: FloatArray, normal: FloatArray) -> Mesh:
    """
    Return a rough surface about a point (3,): cloth, plants, or a background in shreds.

    Its relief of 5 to 90 mm has lengths of 8 to 60 mm; some surfaces have holes.
    """
    half = rng.uniform(0.10, 0.45)
    cell = 2.0 * half / (_CELLS - 1)
    sigma = np.exp(rng.uniform(np.log(0.008), np.log(0.06))) / cell
    relief = np.exp(rng.uniform(np.log(0.005), np.log(0.09)))
    fine = smooth_noise(rng, _CELLS, max(0.35 * sigma, 0.8))
    height = relief * (smooth_noise(rng, _CELLS, sigma) + 0.15 * fine)
    steps = np.linspace(-half, half, _CELLS)
    x, y = np.meshgrid(steps, steps)
    points = np.stack([x, y, height], axis=2).reshape(-1, 3) @ frame_along(normal).T
    triangles = grid_triangles(_CELLS, _CELLS)
    if rng.random() < 0.6:
        kept = fine.ravel() < rng.uniform(0.6, 2.0)
        triangles = triangles[kept[triangles].all(axis=1)]
    return Mesh((center_m + points).astype(np.float32), np.ascontiguousarray(triangles))


def vessel(rng: np.random.Generator, base_m: FloatArray, up: FloatArray) -> Mesh:
    """Return a cup, a bowl or a bottle that stands on a point (3,); up: unit vector (3,)."""
    frame = frame_along(up)
    if rng.random() < 0.3:
        half = rng.uniform((0.02, 0.02, 0.06), (0.045, 0.045, 0.11))
        half[1] = half[0]
        return bottle_mesh(rng, half, base_m + up * half[2], frame)
    low, high = (
        ((0.05, 0.02), (0.10, 0.045)) if rng.random() < 0.3 else ((0.025, 0.035), (0.05, 0.07))
    )
    radius, half_height = rng.uniform(low, high)
    half = np.array([radius, radius, half_height])
    return cup_mesh(rng, half, base_m + up * half_height, frame)


def gripper(rng: np.random.Generator, center_m: FloatArray) -> list[Mesh]:
    """Return a robot's gripper at a point (3,): two or three jaws on a body, and two links."""
    frame = uniform_rotation(rng)
    size = rng.uniform(0.7, 1.4)
    body = size * rng.uniform((0.02, 0.03, 0.02), (0.04, 0.06, 0.05))
    meshes = [box(center_m, body, frame)]
    length, opening = size * rng.uniform(0.03, 0.08), size * rng.uniform(0.005, 0.05)
    for place in np.linspace(-opening, opening, int(rng.integers(2, 4))):
        jaw = size * np.array([rng.uniform(0.006, 0.015), 0.008, 0.0]) + [0.0, 0.0, 0.5 * length]
        at = center_m + frame @ np.array([0.0, place, body[2] + 0.5 * length])
        meshes.append(box(at, jaw, frame))
    joint = center_m - frame[:, 2] * body[2]
    for _ in range(2):
        along = -frame[:, 2] + 0.7 * rng.standard_normal(3)
        end = joint + rng.uniform(0.12, 0.30) * along / np.sqrt(along @ along)
        radius = size * rng.uniform(0.02, 0.05)
        meshes.append(limb(joint, end, (radius, radius * rng.uniform(0.9, 1.3))))
        joint = end
    return meshes


def bust(rng: np.random.Generator, sight: Sight, nearest_m: float = 0.35) -> list[Mesh]:
    """Return a person close to the camera, cut by the border: torso with neck, and head."""
    depth = nearest_m + rng.exponential(0.25)
    origin = sight.somewhere(rng, depth, -0.1) + np.array([0.0, rng.uniform(-0.1, 0.3), 0.0])
    return trunk(rng, origin, sample_posture(rng), rng.uniform(0.85, 1.1))


def clear_of(mesh: Mesh, joints_m: list[FloatArray]) -> bool:
    """Return whether no vertex lies within 2 cm of a joint, or in front of a hand's middle."""
    for joints in joints_m:
        gaps = mesh.vertices_m[::3, None].astype(np.float64) - joints[None]
        if (gaps * gaps).sum(axis=2).min() < _LEAST_CLEARANCE_M**2:
            return False
        if float(mesh.vertices_m[:, 2].min()) < float(joints[:, 2].mean()):
            return False
    return True


def table_top(point_m: FloatArray, up: FloatArray, half_m: FloatArray, turn_rad: float) -> Mesh:
    """Return a board of 2.4 cm whose upper side has its middle at a point (3,); edges in view."""
    frame = frame_along(up)
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    turned = frame @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    return box(point_m - 0.012 * up, np.array([half_m[0], half_m[1], 0.012]), turned)


def lamp(rng: np.random.Generator, base_m: FloatArray, up: FloatArray) -> list[Mesh]:
    """Return a desk lamp: foot, two arms at an angle and a shade."""
    lean = up + 0.5 * rng.standard_normal(3)
    knee = base_m + rng.uniform(0.12, 0.25) * lean / np.sqrt(lean @ lean)
    reach = frame_along(up)[:, :2] @ rng.standard_normal(2) + 0.3 * up
    head = knee + rng.uniform(0.10, 0.22) * reach / np.sqrt(reach @ reach)
    radius = rng.uniform(0.005, 0.012)
    shade = np.zeros((4, 5))
    shade[:, 2] = (0.0, 0.0, 0.10, 0.10)
    shade[:, 3] = shade[:, 4] = np.array([0.0, 0.025, rng.uniform(0.05, 0.09), 0.0])
    down = -up + 0.6 * rng.standard_normal(3)
    foot = np.array([0.06, 0.06, 0.01])
    return [
        ellipsoid(base_m + 0.01 * up, foot, frame_along(up)),
        limb(base_m, knee, (radius, radius)),
        limb(knee, head, (radius, radius)),
        column(shade, head, frame_along(down / np.sqrt(down @ down))),
    ]


def plant(rng: np.random.Generator, base_m: FloatArray, up: FloatArray) -> list[Mesh]:
    """Return a pot with stems and flat leaves."""
    high = rng.uniform(0.05, 0.10)
    pot = np.zeros((4, 5))
    pot[:, 2] = (0.0, 0.0, high, high)
    pot[:, 3] = pot[:, 4] = np.array([0.0, 0.6, 1.0, 0.0]) * rng.uniform(0.04, 0.07)
    meshes = [column(pot, base_m, frame_along(up))]
    for _ in range(rng.integers(4, 10)):
        along = up + 0.7 * rng.standard_normal(3)
        along /= np.sqrt(along @ along)
        tip = base_m + high * up + rng.uniform(0.06, 0.22) * along
        leaf = rng.uniform((0.01, 0.002, 0.03), (0.03, 0.004, 0.06))
        meshes += [
            limb(base_m + high * up, tip, (0.003, 0.002)),
            ellipsoid(tip, leaf, frame_along(along)),
        ]
    return meshes


def cable(rng: np.random.Generator, base_m: FloatArray, up: FloatArray) -> list[Mesh]:
    """Return a cable that winds over a table."""
    frame, radius = frame_along(up), rng.uniform(0.002, 0.006)
    heading, at = rng.uniform(-np.pi, np.pi), base_m + radius * up
    meshes = []
    for _ in range(rng.integers(5, 12)):
        heading += 0.6 * rng.standard_normal()
        step = frame[:, :2] @ np.array([np.cos(heading), np.sin(heading)])
        end = at + rng.uniform(0.03, 0.07) * step
        meshes.append(limb(at, end, (radius, radius)))
        at = end
    return meshes


def keyboard(rng: np.random.Generator, base_m: FloatArray, up: FloatArray) -> list[Mesh]:
    """Return a keyboard: a flat case and rows of keys, of 4 to 7 mm height."""
    frame, turn = frame_along(up), rng.uniform(-np.pi, np.pi)
    c, s = np.cos(turn), np.sin(turn)
    turned = frame @ np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    high = rng.uniform(0.004, 0.012)
    meshes = [box(base_m + high * up, np.array([0.20, 0.07, high]), turned)]
    key = np.array([0.0078, 0.0078, rng.uniform(0.002, 0.0035)])
    top = base_m + 2.0 * high * up
    for row in range(5):
        for place in range(0, 20, 2):  # every second key: the gaps are what a camera resolves
            spot = np.array([-0.18 + 0.019 * place, -0.05 + 0.024 * row])
            meshes.append(box(top + turned[:, :2] @ spot, key, turned))
    return meshes


def chair(rng: np.random.Generator, base_m: FloatArray, up: FloatArray) -> list[Mesh]:
    """Return a chair's back of slats beyond a table's edge, and its seat."""
    frame = frame_along(up)
    aside = frame[:, :2] @ rng.standard_normal(2)
    aside /= np.sqrt(aside @ aside)
    wide = np.stack([cross(up, aside), aside, up], axis=1)
    middle = base_m + rng.uniform(0.1, 0.4) * up
    meshes = [box(middle - 0.3 * up, np.array([0.21, 0.21, 0.02]), wide)]
    slats = int(rng.integers(2, 6))
    for place in np.linspace(-0.18, 0.18, slats):
        at = middle + wide @ np.array([place, 0.2, 0.0])
        meshes.append(box(at, np.array([rng.uniform(0.008, 0.03), 0.01, 0.22]), wide))
    rail = np.array([0.2, 0.012, 0.03])
    return [*meshes, box(middle + 0.2 * aside + 0.22 * up, rail, wide)]


def _cup(rng: np.random.Generator, base_m: FloatArray, up: FloatArray) -> list[Mesh]:
    return [vessel(rng, base_m, up)]


def _cloth(rng: np.random.Generator, base_m: FloatArray, up: FloatArray) -> list[Mesh]:
    return [crumpled(rng, base_m + 0.02 * up, up)]


THINGS: Final[dict[str, Callable[[np.random.Generator, FloatArray, FloatArray], list[Mesh]]]] = {
    'cup': _cup,
    'lamp': lamp,
    'plant': plant,
    'cable': cable,
    'keyboard': keyboard,
    'chair': chair,
    'cloth': _cloth,
}
"""Things by name: meshes from a generator, the point (3,) they stand on, and up (3,)."""
