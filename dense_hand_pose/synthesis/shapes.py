# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Simple meshes for what stands around a hand: planes, ellipsoids and boxes."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class Mesh(NamedTuple):
    """Vertices (V, 3) float32 in metres and triangles (T, 3) int32."""

    vertices_m: npt.NDArray[np.float32]
    triangles: npt.NDArray[np.int32]


def _grid_triangles(rows: int, columns: int) -> npt.NDArray[np.int32]:
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel()
    c, d = corner[1:, :-1].ravel(), corner[1:, 1:].ravel()
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]).astype(np.int32)


@lru_cache(maxsize=1)
def _unit_plane() -> tuple[FloatArray, npt.NDArray[np.int32]]:
    steps = np.linspace(-1.0, 1.0, 9)
    x, y = np.meshgrid(steps, steps)
    return np.stack([x.ravel(), y.ravel()], 1), _grid_triangles(9, 9)


@lru_cache(maxsize=1)
def _unit_sphere() -> tuple[FloatArray, npt.NDArray[np.int32]]:
    polar, around = np.meshgrid(
        np.linspace(0, np.pi, 13), np.linspace(0, 2 * np.pi, 21), indexing='ij'
    )
    points = [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)]
    return np.stack([p.ravel() for p in points], 1), _grid_triangles(13, 21)


@lru_cache(maxsize=1)
def _unit_box() -> tuple[FloatArray, npt.NDArray[np.int32]]:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    faces = [(0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5)]
    triangles = [t for a, b, c, d in faces for t in ((a, b, c), (a, c, d))]
    return corners, np.array(triangles, np.int32)


def plane(point_m: FloatArray, normal: FloatArray, half_size_m: float) -> Mesh:
    """Return a square patch around a point (3,), perpendicular to the unit normal (3,)."""
    across = np.cross(normal, np.eye(3)[int(np.argmin(np.abs(normal)))])
    across /= np.linalg.norm(across)
    axes = np.stack([across, np.cross(normal, across)])
    grid, triangles = _unit_plane()
    return Mesh((point_m + half_size_m * grid @ axes).astype(np.float32), triangles)


def ellipsoid(center_m: FloatArray, radii_m: FloatArray, rotation: FloatArray) -> Mesh:
    """Return an ellipsoid with radii (3,) along the columns of a rotation (3, 3)."""
    sphere, triangles = _unit_sphere()
    return Mesh((center_m + (sphere * radii_m) @ rotation.T).astype(np.float32), triangles)


def box(center_m: FloatArray, half_sizes_m: FloatArray, rotation: FloatArray) -> Mesh:
    """Return a box with half edges (3,) along the columns of a rotation (3, 3)."""
    corners, triangles = _unit_box()
    return Mesh((center_m + (corners * half_sizes_m) @ rotation.T).astype(np.float32), triangles)
