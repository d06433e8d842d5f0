# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What else is in the cube: a surface behind the hand, a thing beside or before it.

Every part is a function from (rng, joints in the camera frame) to a mesh or None, so that a new
kind of surrounding is one function and one row in a table.
"""

from collections.abc import Callable

from dense_hand_pose.synthesis.shapes import box, ellipsoid, Mesh, plane
from dense_hand_pose.synthesis.views import uniform_rotation
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BACKGROUND_SHARE, DISTRACTOR_SHARE = 0.35, 0.10
_GAP_M = (0.02, 0.20)  # between the hand's joints and the surface behind them
_MIN_CLEARANCE_M = 0.05  # a plane closer to the camera would hide the hand
_PATCH_M = 0.6


def _plane_behind(rng: np.random.Generator, joints_m: FloatArray, tilt_rad: float) -> Mesh | None:
    """Return a plane behind all joints, its normal tilted against the optical axis."""
    azimuth = rng.uniform(-np.pi, np.pi)
    sine = np.sin(tilt_rad)
    away = np.array([sine * np.cos(azimuth), sine * np.sin(azimuth), np.cos(tilt_rad)])
    offset = float((joints_m @ away).max()) + rng.uniform(*_GAP_M)
    if offset < _MIN_CLEARANCE_M:
        return None
    center = joints_m.mean(axis=0)
    return plane(center + (offset - center @ away) * away, away, _PATCH_M)


def wall(rng: np.random.Generator, joints_m: FloatArray) -> Mesh | None:
    """Return a wall, tilted by up to 40 degrees."""
    return _plane_behind(rng, joints_m, np.radians(rng.uniform(0.0, 40.0)))


def table(rng: np.random.Generator, joints_m: FloatArray) -> Mesh | None:
    """Return a table top seen at 40 to 75 degrees."""
    return _plane_behind(rng, joints_m, np.radians(rng.uniform(40.0, 75.0)))


def body(rng: np.random.Generator, joints_m: FloatArray) -> Mesh | None:
    """Return an ellipsoid of the size of a head or a torso behind the hand."""
    head = rng.random() < 0.5
    radii = np.array([0.08, 0.11, 0.10] if head else [0.19, 0.30, 0.13])
    radii *= 1.0 + 0.1 * rng.standard_normal(3)
    center = joints_m.mean(axis=0)
    center[:2] += (0.06 if head else 0.12) * rng.standard_normal(2)
    center[2] = joints_m[:, 2].max() + rng.uniform(*_GAP_M) + radii[2]
    lean = np.radians(20.0) * rng.standard_normal()
    c, s = np.cos(lean), np.sin(lean)
    return ellipsoid(center, radii, np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]]))


def distractor(rng: np.random.Generator, joints_m: FloatArray) -> Mesh | None:
    """Return a ball, a box or a long blob beside the hand, often a little before it."""
    direction = rng.uniform(-np.pi, np.pi)
    center = joints_m.mean(axis=0) + np.array([0.0, 0.0, rng.uniform(-0.12, 0.08)])
    center[:2] += rng.uniform(0.07, 0.17) * np.array([np.cos(direction), np.sin(direction)])
    kind = rng.integers(3)
    size = rng.uniform(0.015, 0.05)
    if kind == 0:
        return ellipsoid(center, np.full(3, size), np.eye(3))
    if kind == 1:
        return box(center, size * rng.uniform(0.5, 1.5, 3), uniform_rotation(rng))
    return ellipsoid(center, np.array([size, size, 0.11]), uniform_rotation(rng))


BACKGROUNDS: tuple[Callable[[np.random.Generator, FloatArray], Mesh | None], ...] = (
    wall,
    table,
    body,
)


def sample_surroundings(rng: np.random.Generator, joints_m: FloatArray) -> list[Mesh]:
    """Draw the meshes around a hand with joints (21, 3) in the camera frame; often none."""
    meshes = []
    if rng.random() < BACKGROUND_SHARE:
        meshes.append(BACKGROUNDS[rng.integers(len(BACKGROUNDS))](rng, joints_m))
    if rng.random() < DISTRACTOR_SHARE:
        meshes.append(distractor(rng, joints_m))
    return [mesh for mesh in meshes if mesh is not None]
