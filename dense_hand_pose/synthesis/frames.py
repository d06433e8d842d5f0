# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Whole sensor frames of random hands, noise included: what a depth camera would publish."""

from dataclasses import dataclass, replace

from dense_hand_pose.camera.crop import CROP_SIZE_PX
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

from .crops import sample_view
from .scenes.hand_scene import HandScene
from .sensor.noise import add_noise, NoiseLevel
from .sensor.raster import DepthBuffer

SIDES = {1: 'right', -1: 'left'}


@dataclass(frozen=True)
class SensorFrame:
    """
    A frame and its truth.

    depth_m (H, W) float32 metres, 0 = no measurement; joints_m (21, 3) metres in the camera frame;
    camera: a name of synthesis.cameras.CAMERAS; side: 'right' or 'left'. others: joints and
    side of further hands that were drawn beside this one.
    """

    depth_m: npt.NDArray[np.float32]
    joints_m: npt.NDArray[np.float64]
    intrinsics: Intrinsics
    camera: str
    side: str
    others: tuple[tuple[npt.NDArray[np.float64], str], ...] = ()


def render_frame(seed: int) -> SensorFrame:
    """
    Render a noisy frame; the same seed gives the same frame.

    Scene and level of noise are those of the first crop of engine.render_crops(seed, count).
    Raises ValueError for a negative seed.
    """
    if seed < 0:
        raise ValueError(f'seed = {seed}: must not be negative')
    rng = np.random.default_rng([seed, 0])
    scene = sample_view(rng).scene
    depth_m = render_depth(scene, NoiseLevel.sample(rng, scene.camera), rng)
    sides = (SIDES[side] for side in scene.other_sides)
    others = tuple(zip(scene.others_m, sides, strict=True))
    return SensorFrame(
        depth_m, scene.joints_m, scene.intrinsics, scene.camera.name, SIDES[scene.side], others
    )


def render_depth(
    scene: HandScene, level: NoiseLevel | None = None, rng: np.random.Generator | None = None
) -> npt.NDArray[np.float32]:
    """Return the whole image (H, W) of a scene, metres; without level and rng free of noise."""
    width, height = scene.camera.width, scene.camera.height
    buffer = DepthBuffer(scene.intrinsics, np.arange(width), np.arange(height))
    for mesh in scene.meshes:
        buffer.draw(*mesh)
    if level is None or rng is None:
        return buffer.depth_m()
    # A level counts the holes of a crop; as large a share of the image is lost.
    holes = level.holes * width * height / CROP_SIZE_PX**2
    return add_noise(buffer, scene.camera, replace(level, holes=holes), rng)
