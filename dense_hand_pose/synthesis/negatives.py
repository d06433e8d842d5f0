# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Crops that show no hand at their centre: what a tracker drifts to and what a search proposes.

Forearms, sleeves, people, furniture and things, the place that a hand has left, and crops that
miss a hand. A crop whose centre lies nearer than FAR_M to the mean of a hand's joints is never
one of them, and the engine's own crops miss it by NEAR_M at most, but for one in a hundred: what
lies between, where nobody could say, is neither.
"""

from dataclasses import dataclass
from typing import NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND, CROP_SIZE_PX, CropWindow
import numpy as np
import numpy.typing as npt

from .crops import render_crop
from .objects.shapes import Mesh
from .scenes.full_scene import lattice_of
from .scenes.hand_scene import Scene
from .scenes.labelled_scene import Parts, sample_parts
from .sensor.cameras import CAMERAS
from .sensor.noise import NoiseLevel
from .sensor.raster import DepthBuffer

FloatArray = npt.NDArray[np.float64]
FAR_M, NEAR_M = 0.10, 0.06
# Kind of place, share of the crops, whether a hand is in the scene (share).
KINDS = (
    ('forearm', 0.20, 1.0), ('sleeve', 0.05, 1.0), ('upper arm', 0.06, 0.8),
    ('torso', 0.08, 0.6), ('head', 0.08, 0.6), ('bust', 0.10, 0.0), ('wall', 0.03, 0.5),
    ('table', 0.04, 0.5), ('furniture', 0.06, 0.5), ('thing', 0.08, 0.4), ('vessel', 0.05, 0.3),
    ('gripper', 0.02, 0.0), ('crumpled', 0.05, 0.3), ('branches', 0.04, 0.3),
    ('left', 0.04, 0.0), ('missed', 0.02, 1.0),
)  # fmt: skip
NAMES = tuple(kind[0] for kind in KINDS)
_SHARES = np.cumsum([kind[1] for kind in KINDS])
_MISSED_M = (FAR_M, 0.22)
_CUBE_RANGE_M = (0.24, 0.36)
_LOOK_COLUMNS = 64
_BEHIND_M, _JITTER_M, _EDGE_M, _EDGE_SHARE = (-0.01, 0.04), 0.012, 0.045, 0.25
_NEAREST_M, _MISS_SD_M = 0.15, 0.015
_LEAST_FOREGROUND = 0.03
_TRIES = 6


@dataclass(frozen=True)
class NegativeBatch:
    """
    N crops without a hand.

    depth (N, 128, 128) float32 normalised as in camera/crop.py; center_m (N, 3); cube_size_m (N,);
    kind (N,) int8, an index into NAMES; camera (N,) int8, an index into cameras.CAMERAS.
    """

    depth: npt.NDArray[np.float32]
    center_m: npt.NDArray[np.float32]
    cube_size_m: npt.NDArray[np.float32]
    kind: npt.NDArray[np.int8]
    camera: npt.NDArray[np.int8]


class Negative(NamedTuple):
    """A scene, the window of a crop without a hand, and where hands are: (21, 3) joints each."""

    scene: Scene
    window: CropWindow
    kind: str
    hands_m: list[FloatArray]


def sample_negative(rng: np.random.Generator) -> Negative:
    """Draw a kind of place, a scene that has it, and a crop there."""
    name, _, armed = KINDS[min(int(np.searchsorted(_SHARES, rng.random())), len(KINDS) - 1)]
    while True:
        with_arm = bool(rng.random() < armed)
        # Where a hand was there is nothing, or the person behind it.
        behind = 'torso' if name == 'left' and rng.random() < 0.5 else ''
        parts = sample_parts(rng, behind or _part_of(name), with_arm)
        hands = [parts.arm.joints_m] if with_arm else []
        center = _sample_center(rng, name, parts, hands)
        if center is not None:
            scene = Scene(*parts.sight, [m for meshes in parts.meshes.values() for m in meshes])
            x, y, z = (float(value) for value in center.astype(np.float32))
            size = float(np.float32(rng.uniform(*_CUBE_RANGE_M)))
            return Negative(scene, CropWindow((x, y, z), size, scene.intrinsics), name, hands)


def _part_of(name: str) -> str:
    """Return the part that a kind of place is on; '' for those in the air."""
    return {'forearm': 'arm', 'left': '', 'missed': 'arm'}.get(name, name)


def _sample_center(
    rng: np.random.Generator, name: str, parts: Parts, hands: list[FloatArray]
) -> FloatArray | None:
    """Draw the centre (3,) of a crop; None where the scene has no such place."""
    own = parts.arm.joints_m.mean(axis=0)
    if name == 'left':
        return _in_front(own + _MISS_SD_M * rng.standard_normal(3))
    for _ in range(_TRIES):
        if name == 'missed':
            away = rng.standard_normal(3)
            center = own + away * (rng.uniform(*_MISSED_M) / np.sqrt(away @ away))
        else:
            point = _visible_point(rng, name, parts)
            if point is None:
                return None
            center = _near_surface(rng, point)
        center = _in_front(center)
        if all(_is_far(center, joints) for joints in hands):
            return center
    return None


def _in_front(center_m: FloatArray) -> FloatArray:
    return np.array([*center_m[:2], max(float(center_m[2]), _NEAREST_M)])


def _is_far(center_m: FloatArray, joints_m: FloatArray) -> bool:
    gap = center_m - joints_m.mean(axis=0)
    return bool(gap @ gap >= FAR_M**2)


def _near_surface(rng: np.random.Generator, point_m: FloatArray) -> FloatArray:
    """Return the centre of a crop on a surface: a little behind it, sometimes over its edge."""
    ray = point_m / np.sqrt(point_m @ point_m)
    sd = _EDGE_M if rng.random() < _EDGE_SHARE else _JITTER_M
    jitter = rng.standard_normal(3) * [sd, sd, _JITTER_M]
    center: FloatArray = point_m + rng.uniform(*_BEHIND_M) * ray + jitter
    return center


def _visible_point(rng: np.random.Generator, name: str, parts: Parts) -> FloatArray | None:
    """Draw a point (3,) of the named part that the camera sees; every pixel is as likely."""
    camera, intrinsics = parts.sight
    step = max(1, camera.width // _LOOK_COLUMNS)
    lattice = lattice_of(camera.width, step), lattice_of(camera.height, step)
    buffer = DepthBuffer(intrinsics, *lattice)
    _draw(buffer, parts.meshes[_part_of(name)])
    alone = buffer.inverse_z.copy()
    for part, meshes in parts.meshes.items():
        if part != _part_of(name):
            _draw(buffer, meshes)
    rows, columns = np.nonzero((alone > 0.0) & (alone == buffer.inverse_z))
    z = 1.0 / alone[rows, columns].astype(np.float64)
    k = intrinsics
    x = (lattice[0][columns] - k.cx) / k.fx * z
    y = (lattice[1][rows] - k.cy) / k.fy * z
    points = np.stack([x, y, z], 1)
    if name == 'forearm':
        points = _behind_wrist(points, parts.arm.joints_m)
    return points[rng.integers(len(points))] if len(points) else None


def _behind_wrist(points_m: FloatArray, joints_m: FloatArray) -> FloatArray:
    """Return the points (N, 3) of an arm that belong to the forearm and lie far enough out."""
    along = (points_m - joints_m[0]) @ (joints_m[9] - joints_m[0])
    gap = points_m - joints_m.mean(axis=0)
    behind: FloatArray = points_m[(along < 0.0) & ((gap * gap).sum(axis=1) >= FAR_M**2)]
    return behind


def _draw(buffer: DepthBuffer, meshes: list[Mesh]) -> None:
    for mesh in meshes:
        buffer.draw(*mesh)


def render_negatives(seed: int, count: int, first: int = 0) -> NegativeBatch:
    """
    Render count noisy crops without a hand, from number first on; the same seed gives the same.

    Crop i depends on (seed, i) alone, and on another draw than crop i of render_crops. Raises
    ValueError for a negative seed, count or first.
    """
    if seed < 0 or count < 0 or first < 0:
        raise ValueError(f'seed = {seed}, count = {count}, first = {first}: none may be negative')
    shape = (count, CROP_SIZE_PX, CROP_SIZE_PX)
    depth, kind = np.empty(shape, np.float32), np.empty(count, np.int8)
    center_m, size_m = np.empty((count, 3), np.float32), np.empty(count, np.float32)
    camera = np.empty(count, np.int8)
    for i in range(count):
        rng = np.random.default_rng([seed, first + i, 1])
        while True:
            negative = sample_negative(rng)
            window = negative.window
            depth[i] = render_crop(
                negative.scene, window, NoiseLevel.sample(rng, negative.scene.camera), rng
            )
            shown = float((depth[i] < BACKGROUND).mean())
            if shown >= _LEAST_FOREGROUND or negative.kind == 'left':
                break
        kind[i], center_m[i] = NAMES.index(negative.kind), window.center_m
        size_m[i] = window.cube_size_m
        camera[i] = CAMERAS.index(negative.scene.camera)
    return NegativeBatch(depth, center_m, size_m, kind, camera)
