# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Noisy depth crops of random hands with exact joints, made as fast as a network can eat them."""

from dataclasses import dataclass

from dense_hand_pose.camera import Intrinsics
from dense_hand_pose.crop import BACKGROUND, CROP_SIZE_PX, CropWindow, normalise_depth
from dense_hand_pose.synthesis.cameras import CAMERAS, DepthCamera
from dense_hand_pose.synthesis.hands import sample_hand
from dense_hand_pose.synthesis.noise import add_noise, NoiseLevel
from dense_hand_pose.synthesis.raster import DepthBuffer
from dense_hand_pose.synthesis.shapes import Mesh
from dense_hand_pose.synthesis.surroundings import sample_surroundings
from dense_hand_pose.synthesis.views import sample_position, sample_rotation
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
CUBE_SIZE_M = 0.30
_CUBE_FACTOR = (0.90, 1.15)
# The crop's centre misses the joints' mean as a detector or a tracker would: share, sd in metres.
_CENTER_JITTER = ((0.6, 0.010), (1.0, 0.022))
_NEAREST_CENTER_M = 0.15


@dataclass(frozen=True)
class CropBatch:
    """
    N crops with their ground truth.

    depth (N, 128, 128) float32 normalised as in crop.py; joints_m (N, 21, 3), center_m (N, 3) in
    the camera frame; cube_size_m (N,); intrinsics (N, 4) fx fy cx cy of the whole image; side (N,)
    int8, +1 right and -1 left.
    """

    depth: npt.NDArray[np.float32]
    joints_m: npt.NDArray[np.float32]
    center_m: npt.NDArray[np.float32]
    cube_size_m: npt.NDArray[np.float32]
    intrinsics: npt.NDArray[np.float32]
    side: npt.NDArray[np.int8]


@dataclass(frozen=True)
class HandScene:
    """A hand before a camera: meshes and joints_m (21, 3) in the camera frame, side +1 or -1."""

    camera: DepthCamera
    intrinsics: Intrinsics
    meshes: list[Mesh]
    joints_m: FloatArray
    side: int


def sample_scene(rng: np.random.Generator) -> HandScene:
    """Draw a camera, a hand with its forearm, a view and what is around."""
    camera = CAMERAS[rng.integers(len(CAMERAS))]
    intrinsics = camera.sample_intrinsics(rng)
    hand = sample_hand(rng)
    rotation = sample_rotation(rng)
    shift = sample_position(rng, camera, intrinsics) - rotation @ hand.joints_m.mean(axis=0)
    joints = hand.joints_m @ rotation.T + shift
    vertices = hand.vertices_m @ rotation.T.astype(np.float32) + shift.astype(np.float32)
    meshes = [Mesh(vertices, hand.triangles), *sample_surroundings(rng, joints)]
    return HandScene(camera, intrinsics, meshes, joints, hand.side)


def sample_window(rng: np.random.Generator, scene: HandScene) -> CropWindow:
    """Draw the crop of a scene: centred near the mean of the joints."""
    which = rng.random()
    sd = next(sd for share, sd in _CENTER_JITTER if which <= share)
    center = scene.joints_m.mean(axis=0) + sd * rng.standard_normal(3)
    center[2] = max(center[2], _NEAREST_CENTER_M)
    # Through float32, so that the window is exactly the one that the batch reports.
    x, y, z = (float(value) for value in center.astype(np.float32))
    size = float(np.float32(CUBE_SIZE_M * rng.uniform(*_CUBE_FACTOR)))
    return CropWindow((x, y, z), size, scene.intrinsics)


def render_crop(
    scene: HandScene,
    window: CropWindow,
    level: NoiseLevel | None = None,
    rng: np.random.Generator | None = None,
) -> npt.NDArray[np.float32]:
    """
    Return the normalised (128, 128) crop of a scene; without a level and rng free of noise.

    Only the image columns and rows that the crop reads are rendered, which gives the same crop as
    a rendering of the whole image.
    """
    columns, rows = window.read_indices()
    inside_u = (columns >= 0) & (columns < scene.camera.width)
    inside_v = (rows >= 0) & (rows < scene.camera.height)
    lattice_u, repeat_u = np.unique(columns[inside_u], return_inverse=True)
    lattice_v, repeat_v = np.unique(rows[inside_v], return_inverse=True)
    buffer = DepthBuffer(scene.intrinsics, lattice_u, lattice_v)
    for mesh in scene.meshes:
        buffer.draw(mesh.vertices_m, mesh.triangles)
    if level is None or rng is None:
        depth = buffer.depth_m()
    else:
        depth = add_noise(buffer, scene.camera, level, rng)
    crop = np.full((CROP_SIZE_PX, CROP_SIZE_PX), BACKGROUND, dtype=np.float32)
    crop[np.ix_(inside_v, inside_u)] = normalise_depth(depth, window)[np.ix_(repeat_v, repeat_u)]
    return crop


def render_crops(seed: int, count: int, first: int = 0) -> CropBatch:
    """
    Render count noisy crops from number first on; the same seed gives the same, on one thread.

    Crop i depends on (seed, i) alone. Raises ValueError for a negative seed, count or first.
    """
    if seed < 0 or count < 0 or first < 0:
        raise ValueError(f'seed = {seed}, count = {count}, first = {first}: none may be negative')
    batch = CropBatch(
        depth=np.empty((count, CROP_SIZE_PX, CROP_SIZE_PX), np.float32),
        joints_m=np.empty((count, 21, 3), np.float32),
        center_m=np.empty((count, 3), np.float32),
        cube_size_m=np.empty(count, np.float32),
        intrinsics=np.empty((count, 4), np.float32),
        side=np.empty(count, np.int8),
    )
    for i in range(count):
        rng = np.random.default_rng([seed, first + i])
        scene = sample_scene(rng)
        window = sample_window(rng, scene)
        batch.depth[i] = render_crop(scene, window, NoiseLevel.sample(rng), rng)
        batch.joints_m[i], batch.side[i] = scene.joints_m, scene.side
        batch.center_m[i], batch.cube_size_m[i] = window.center_m, window.cube_size_m
        batch.intrinsics[i] = scene.intrinsics.as_array()
    return batch
