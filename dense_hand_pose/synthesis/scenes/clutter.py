# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What real rooms hold and a search mistakes for hands: shreds, vessels, grippers, busts."""

import numpy as np
import numpy.typing as npt

from .viewpoint import uniform_rotation
from ..objects.objects import bottle_mesh, cup_mesh
from ..objects.shapes import box, frame_along, grid_triangles, limb, Mesh
from ..people.arms import Sight
from ..people.body import sample_posture, trunk

FloatArray = npt.NDArray[np.float64]
_CELLS = 72
_LEAST_CLEARANCE_M = 0.02


def smooth_noise(rng: np.random.Generator, size: int, sigma: float) -> FloatArray:
    """Return (size, size) noise of unit variance, blurred by a Gaussian of sigma cells."""
    frequency = np.fft.fftfreq(size)[:, None] ** 2 + np.fft.rfftfreq(size)[None] ** 2
    spectrum = np.fft.rfft2(rng.standard_normal((size, size)))
    blurred = np.fft.irfft2(
        spectrum * np.exp(-2.0 * (np.pi * sigma) ** 2 * frequency), (size, size)
    )
    noise: FloatArray = blurred / max(float(blurred.std()), 1e-12)
    return noise


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
