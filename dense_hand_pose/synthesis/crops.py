# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Noisy depth crops of random hands with exact joints, made as fast as a network can eat them."""

from dataclasses import dataclass
from typing import NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND, CROP_SIZE_PX, CropWindow, normalise_depth
import numpy as np
import numpy.typing as npt

from .scenes.hand_scene import HandScene, sample_scene, Scene
from .sensor.cameras import CAMERAS, DepthCamera
from .sensor.noise import add_noise, NoiseLevel
from .sensor.raster import DepthBuffer, MIN_VISIBLE, visible_share

FloatArray = npt.NDArray[np.float64]
_CUBE_RANGE_M = (0.24, 0.36)
# The crop's centre misses the joints' mean as a detector or a tracker would (share up to here, sd
# in metres), and in fast motion by a length between two bounds.
_CENTER_JITTER = ((0.58, 0.010), (0.88, 0.020))
_FAST_MISS_M = (0.03, 0.05)
# The labelled hand is nearer to the crop's centre than any other, by so much.
_NEARER_M = 0.02
_NEAREST_CENTER_M = 0.15


def sample_window(rng: np.random.Generator, scene: HandScene) -> CropWindow:
    """Draw the crop of a scene: centred near the mean of the joints, nearest to this hand."""
    mean = scene.joints_m.mean(axis=0)
    while True:
        miss = _sample_miss(rng)
        rivals = [other.mean(axis=0) - mean - miss for other in scene.others_m]
        own = float(np.sqrt(miss @ miss)) + _NEARER_M
        if all(rival @ rival > own * own for rival in rivals):
            break
    center = mean + miss
    center[2] = max(center[2], _NEAREST_CENTER_M)
    # Through float32, so that the window is exactly the one that the batch reports.
    x, y, z = (float(value) for value in center.astype(np.float32))
    size = float(np.float32(rng.uniform(*_CUBE_RANGE_M)))
    return CropWindow((x, y, z), size, scene.intrinsics)


def _sample_miss(rng: np.random.Generator) -> FloatArray:
    """Draw by how much (3,) a crop's centre misses the hand's, metres."""
    which = rng.random()
    direction = rng.standard_normal(3)
    for share, sd in _CENTER_JITTER:
        if which <= share:
            return sd * direction
    miss: FloatArray = direction * (rng.uniform(*_FAST_MISS_M) / np.sqrt(direction @ direction))
    return miss


@dataclass(frozen=True)
class CropBatch:
    """
    N crops with their ground truth.

    depth (N, 128, 128) float32 normalised as in camera/crop.py; joints_m (N, 21, 3) and
    center_m (N, 3) in the camera frame; cube_size_m (N,); intrinsics (N, 4) fx fy cx cy of the
    whole image; side (N,) int8, +1 right and -1 left; camera (N,) int8, an index into
    cameras.CAMERAS.
    """

    depth: npt.NDArray[np.float32]
    joints_m: npt.NDArray[np.float32]
    center_m: npt.NDArray[np.float32]
    cube_size_m: npt.NDArray[np.float32]
    intrinsics: npt.NDArray[np.float32]
    side: npt.NDArray[np.int8]
    camera: npt.NDArray[np.int8]


class View(NamedTuple):
    """A scene, the window of its crop and what the camera sees of it without noise."""

    scene: HandScene
    window: CropWindow
    buffer: DepthBuffer


def sample_view(rng: np.random.Generator) -> View:
    """
    Draw a scene and its crop until the crop shows enough of the hand.

    A crop of less than MIN_VISIBLE of the hand (raster.visible_share) is drawn again as a
    whole.
    """
    while True:
        scene = sample_scene(rng)
        window = sample_window(rng, scene)
        buffer = _lattice_buffer(scene, window)
        buffer.draw(*scene.meshes[0])
        alone = buffer.inverse_z.copy()
        for mesh in scene.meshes[1:]:
            buffer.draw(*mesh)
        cube = np.array(window.center_m), window.cube_size_m
        lattice = buffer.columns, buffer.rows
        shown = visible_share(
            alone, buffer.inverse_z, scene.intrinsics, lattice, scene.joints_m, cube
        )
        if shown >= MIN_VISIBLE:
            return View(scene, window, buffer)


def _lattice_buffer(scene: Scene, window: CropWindow) -> DepthBuffer:
    """Return an empty buffer of the image's columns and rows that the crop reads."""
    columns, rows = window.read_indices()
    return DepthBuffer(
        scene.intrinsics,
        _ascending(columns[(columns >= 0) & (columns < scene.camera.width)]),
        _ascending(rows[(rows >= 0) & (rows < scene.camera.height)]),
    )


def _ascending(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return sorted indices that are not negative without repeats."""
    return indices[np.diff(indices, prepend=-1) > 0]


def render_crop(
    scene: Scene,
    window: CropWindow,
    level: NoiseLevel | None = None,
    rng: np.random.Generator | None = None,
) -> npt.NDArray[np.float32]:
    """
    Return the normalised (128, 128) crop of a scene; without a level and rng free of noise.

    Only the image columns and rows that the crop reads are rendered, which gives the same crop as
    a rendering of the whole image.
    """
    buffer = _lattice_buffer(scene, window)
    for mesh in scene.meshes:
        buffer.draw(*mesh)
    return _crop_of(scene.camera, window, buffer, level, rng)


def _crop_of(
    camera: DepthCamera,
    window: CropWindow,
    buffer: DepthBuffer,
    level: NoiseLevel | None,
    rng: np.random.Generator | None,
) -> npt.NDArray[np.float32]:
    """Return the normalised crop of a buffer that everything was drawn into."""
    if level is None or rng is None:
        depth = buffer.depth_m()
    else:
        depth = add_noise(buffer, camera, level, rng)
    crop = np.full((CROP_SIZE_PX, CROP_SIZE_PX), BACKGROUND, dtype=np.float32)
    if depth.size:
        columns, rows = window.read_indices()
        # Columns and rows beyond the image are the first and the last of the crop.
        left, right = np.searchsorted(columns, (0, camera.width))
        top, bottom = np.searchsorted(rows, (0, camera.height))
        repeat_u = np.searchsorted(buffer.columns, columns[left:right])
        repeat_v = np.searchsorted(buffer.rows, rows[top:bottom])
        crop[top:bottom, left:right] = normalise_depth(depth, window)[repeat_v][:, repeat_u]
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
        camera=np.empty(count, np.int8),
    )
    for i in range(count):
        rng = np.random.default_rng([seed, first + i])
        view = sample_view(rng)
        scene, window = view.scene, view.window
        level = NoiseLevel.sample(rng, scene.camera)
        batch.depth[i] = _crop_of(scene.camera, window, view.buffer, level, rng)
        batch.joints_m[i], batch.side[i] = scene.joints_m, scene.side
        batch.center_m[i], batch.cube_size_m[i] = window.center_m, window.cube_size_m
        batch.intrinsics[i] = scene.intrinsics.as_array()
        batch.camera[i] = CAMERAS.index(scene.camera)
    return batch
