# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Crops of recorded frames: turned, stretched and shifted as the paper trains (Sec. 4)."""

from dataclasses import dataclass, fields

from dense_hand_pose.camera.crop import BACKGROUND, CROP_SIZE_PX, CropWindow, normalise_depth
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Augmentation:
    """
    How far a crop may be changed.

    ``rotation_deg``: turned in the image by up to this angle either way; ``aspect``: its width
    scaled by 1 +- this; ``scale``: the cube by 1 +- this; ``center_m``: the standard deviation
    per axis by which the cube misses the mean of the joints.
    """

    rotation_deg: float = 180.0
    aspect: float = 0.1
    scale: float = 0.1
    center_m: float = 0.01

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if type(value) not in (int, float):
                raise ValueError(f'augmentation.{entry.name} = {value!r}: expected a number')
        if not 0.0 <= self.rotation_deg <= 180.0:
            raise ValueError(f'augmentation.rotation_deg = {self.rotation_deg}: expected 0 to 180')
        for name in ('aspect', 'scale'):
            if not 0.0 <= getattr(self, name) <= 0.5:
                raise ValueError(f'augmentation.{name} = {getattr(self, name)}: expected 0 to 0.5')
        if not 0.0 <= self.center_m <= 0.1:
            raise ValueError(f'augmentation.center_m = {self.center_m}: expected 0 to 0.1 m')


@dataclass(frozen=True)
class Change:
    """One draw: window of the crop, and the map (2, 2) from old to new crop coordinates."""

    window: CropWindow
    turn: Floats


def draw_change(
    rng: np.random.Generator,
    joints_m: Floats,
    intrinsics: Intrinsics,
    cube_m: float,
    how: Augmentation,
) -> Change:
    """Draw the change of one crop around the mean of joints (J, 3)."""
    x, y, z = joints_m.mean(axis=0) + how.center_m * rng.standard_normal(3)
    size_m = cube_m * rng.uniform(1.0 - how.scale, 1.0 + how.scale)
    angle = np.deg2rad(rng.uniform(-how.rotation_deg, how.rotation_deg))
    stretch = rng.uniform(1.0 - how.aspect, 1.0 + how.aspect)
    cos, sin = np.cos(angle), np.sin(angle)
    window = CropWindow((float(x), float(y), float(max(z, 0.1))), float(size_m), intrinsics)
    return Change(window, np.array([[cos, -sin], [sin, cos]]) @ np.diag([stretch, 1.0]))


def changed_crop(depth_m: npt.NDArray[np.float32], change: Change) -> npt.NDArray[np.float32]:
    """Return the crop (CROP_SIZE_PX, CROP_SIZE_PX) of an image, read once, by nearest pixel."""
    middle = (CROP_SIZE_PX - 1) / 2
    steps = np.arange(CROP_SIZE_PX) - middle
    new = np.stack(np.meshgrid(steps, steps), axis=-1)
    old = new @ np.linalg.inv(change.turn).T + middle
    pixels = np.rint(change.window.crop_to_image(old)).astype(np.int64)
    columns, rows = pixels[..., 0], pixels[..., 1]
    height, width = depth_m.shape
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    crop = np.full((CROP_SIZE_PX, CROP_SIZE_PX), BACKGROUND, np.float32)
    crop[inside] = normalise_depth(depth_m[rows[inside], columns[inside]], change.window)
    return crop


def changed_joints(joints_m: Floats, change: Change) -> Floats:
    """
    Return the joints (J, 3) in metres that the changed crop shows; their depths stay.

    A crop is the image of a cube (codec/map_geometry.py): at the centre's depth, offsets from it
    are what crop coordinates are a multiple of, and those are what is turned and stretched.
    """
    center = np.array(change.window.center_m)
    depth = joints_m[:, 2:] / center[2]
    turned = (joints_m[:, :2] / depth - center[:2]) @ change.turn.T
    return np.concatenate([(turned + center[:2]) * depth, joints_m[:, 2:]], axis=1)
