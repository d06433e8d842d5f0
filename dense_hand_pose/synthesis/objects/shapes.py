# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Simple meshes for what is around a hand: planes, ellipsoids, boxes and round columns."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
_DARK_SCENES, _DARK_SHARE = 0.2, 0.4


class Mesh(NamedTuple):
    """
    Vertices (V, 3) float32 in metres and triangles (T, 3) int32.

    dark: too dark for a depth camera, which measures nothing there.
    """

    vertices_m: npt.NDArray[np.float32]
    triangles: npt.NDArray[np.int32]
    dark: bool = False


def darkened(rng: np.random.Generator, meshes: list[Mesh], first: int) -> list[Mesh]:
    """Return the meshes, some of those from number first on too dark in a fifth of the draws."""
    if rng.random() >= _DARK_SCENES:
        return meshes
    dark = rng.random(len(meshes)) < _DARK_SHARE
    return [
        mesh._replace(dark=bool(d and n >= first))
        for n, (mesh, d) in enumerate(zip(meshes, dark, strict=True))
    ]


def grid_triangles(rows: int, columns: int) -> npt.NDArray[np.int32]:
    """Return the triangles (T, 3) between neighbours of a grid of points, row by row."""
    corner = np.arange(rows * columns).reshape(rows, columns)
    a, b = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel()
    c, d = corner[1:, :-1].ravel(), corner[1:, 1:].ravel()
    return np.concatenate([np.stack([a, b, c], 1), np.stack([b, d, c], 1)]).astype(np.int32)


@lru_cache(maxsize=1)
def _unit_plane() -> tuple[FloatArray, npt.NDArray[np.int32]]:
    steps = np.linspace(-1.0, 1.0, 9)
    x, y = np.meshgrid(steps, steps)
    return np.stack([x.ravel(), y.ravel()], 1), grid_triangles(9, 9)


@lru_cache(maxsize=1)
def _unit_sphere() -> tuple[FloatArray, npt.NDArray[np.int32]]:
    polar, around = np.meshgrid(
        np.linspace(0, np.pi, 13), np.linspace(0, 2 * np.pi, 21), indexing='ij'
    )
    points = [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)]
    return np.stack([p.ravel() for p in points], 1), grid_triangles(13, 21)


@lru_cache(maxsize=1)
def _unit_box() -> tuple[FloatArray, npt.NDArray[np.int32]]:
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)
    faces = [(0, 1, 3, 2), (4, 5, 7, 6), (0, 1, 5, 4), (2, 3, 7, 6), (0, 2, 6, 4), (1, 3, 7, 5)]
    triangles = [t for a, b, c, d in faces for t in ((a, b, c), (a, c, d))]
    return corners, np.array(triangles, np.int32)


@lru_cache(maxsize=8)
def _tube_triangles(rings: int, around: int) -> npt.NDArray[np.int32]:
    return grid_triangles(rings, around + 1)


@lru_cache(maxsize=8)
def _circle(around: int, squareness: float) -> FloatArray:
    """Return (around + 1, 2) points of a superellipse; 2 is a circle, more is squarer."""
    angle = np.linspace(0.0, 2.0 * np.pi, around + 1)
    points = np.stack([np.cos(angle), np.sin(angle)], 1)
    circle: FloatArray = np.sign(points) * np.abs(points) ** (2.0 / squareness)
    return circle


def plane(point_m: FloatArray, normal: FloatArray, half_size_m: float) -> Mesh:
    """Return a square patch around a point (3,), perpendicular to the unit normal (3,)."""
    axes = frame_along(normal)[:, :2].T
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


def column(
    rings_m: FloatArray, origin_m: FloatArray, rotation: FloatArray, squareness: float = 2.0
) -> Mesh:
    """
    Return the hull of elliptic rings (R, 5) along the third axis of a rotation (3, 3).

    A ring is x, y and z of its centre and its two radii, in the frame of the rotation at origin_m
    (3,); the first and the last ring should have radii of 0, to close the hull.
    """
    around = 16
    ring = _circle(around, squareness)
    points = np.repeat(rings_m[:, None, :3], around + 1, axis=1)
    points[:, :, :2] += rings_m[:, None, 3:] * ring
    vertices = origin_m + points.reshape(-1, 3) @ rotation.T
    return Mesh(vertices.astype(np.float32), _tube_triangles(len(rings_m), around))


def cross(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the cross product of two vectors (3,); np.cross takes ten times as long for one."""
    (ax, ay, az), (bx, by, bz) = a.tolist(), b.tolist()
    return np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])


def frame_along(axis: FloatArray) -> FloatArray:
    """Return a rotation (3, 3) whose third column is the unit vector axis (3,)."""
    across = cross(np.eye(3)[int(np.argmin(np.abs(axis)))], axis)
    across /= np.sqrt(across @ across)
    return np.stack([across, cross(axis, across), axis], 1)


def cylinder(
    center_m: FloatArray, radius_m: float, half_length_m: float, rotation: FloatArray
) -> Mesh:
    """Return a closed cylinder along the third column of a rotation (3, 3)."""
    rings = np.zeros((4, 5))
    rings[:, 2] = (-half_length_m, -half_length_m, half_length_m, half_length_m)
    rings[1:3, 3:] = radius_m
    return column(rings, center_m, rotation)


def limb(start_m: FloatArray, end_m: FloatArray, radii_m: tuple[float, float]) -> Mesh:
    """Return a tapered limb with round ends between two points (3,) that differ."""
    axis = end_m - start_m
    length = float(np.sqrt(axis @ axis))
    first, last = radii_m
    rings = np.zeros((8, 5))
    rings[:4, 2] = first * np.array([-1.0, -0.8, -0.4, 0.0])
    rings[:4, 3] = first * np.array([0.0, 0.6, 0.917, 1.0])
    rings[4:, 2] = length + last * np.array([0.0, 0.4, 0.8, 1.0])
    rings[4:, 3] = last * np.array([1.0, 0.917, 0.6, 0.0])
    rings[:, 4] = rings[:, 3]
    return column(rings, start_m, frame_along(axis / length))


_CLOTH_CELLS = 20


def smooth_noise(rng: np.random.Generator, size: int, sigma: float) -> FloatArray:
    """Return (size, size) noise of unit variance, blurred by a Gaussian of sigma cells."""
    frequency = np.fft.fftfreq(size)[:, None] ** 2 + np.fft.rfftfreq(size)[None] ** 2
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    blurred = np.fft.irfft2(
        spectrum * np.exp(-2.0 * (np.pi * sigma) ** 2 * frequency), (size, size)
    )
    noise: FloatArray = blurred / max(float(blurred.std()), 1e-12)
    return noise


def held_cloth(rng: np.random.Generator, pinch_m: FloatArray, away: FloatArray) -> Mesh:
    """
    Return a cloth of 8 to 24 cm that hangs from a point (3,) along a unit vector (3,).

    It is narrow where it is held and wide at its end, in folds along its length.
    """
    length, width = rng.uniform(0.08, 0.24), rng.uniform(0.03, 0.10)
    axes = frame_along(away)
    turn = rng.uniform(-np.pi, np.pi)
    across = np.cos(turn) * axes[:, 0] + np.sin(turn) * axes[:, 1]
    normal = np.cos(turn) * axes[:, 1] - np.sin(turn) * axes[:, 0]
    along = np.linspace(0.0, 1.0, _CLOTH_CELLS)[:, None]
    beside = np.linspace(-1.0, 1.0, _CLOTH_CELLS)[None, :]
    spread = 0.2 + 0.8 * np.sqrt(along)
    folds = np.sin(np.pi * rng.uniform(2.0, 5.0) * beside + rng.uniform(0.0, np.pi))
    height = rng.uniform(0.004, 0.02) * along * (folds + smooth_noise(rng, _CLOTH_CELLS, 3.0))
    points = (
        pinch_m
        + (length * along * np.ones_like(beside))[..., None] * away
        + (width * spread * beside)[..., None] * across
        + height[..., None] * normal
    )
    return Mesh(
        points.reshape(-1, 3).astype(np.float32), grid_triangles(_CLOTH_CELLS, _CLOTH_CELLS)
    )
