# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of a moving synthetic hand from three cameras, rendered once and kept in a file."""

from dataclasses import dataclass
from pathlib import Path

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np

# Width, height, focal length (px): two sizes, and two lenses of one size.
CAMERAS = ((320, 240, 237.5), (640, 480, 475.0), (320, 240, 300.0))
FRAMES = 60
_RATE_HZ = 30.0


@dataclass(frozen=True)
class Film:
    """Depth (N, H, W) uint16 mm, joints (N, 21, 3) m, and the intrinsics of the camera."""

    depth_mm: np.ndarray
    joints_m: np.ndarray
    intrinsics: Intrinsics


def render(path: Path) -> None:
    """Render the films of all cameras into an .npz file."""
    from dense_hand_pose.synthesis.hand_stream import GestureSequence  # compiles: seconds

    arrays = {}
    for camera, (width, height, _) in enumerate(CAMERAS):
        sequence = GestureSequence(
            seed=7, intrinsics=_intrinsics(camera), width=width, height=height
        )
        frames = [sequence.frame(index / _RATE_HZ) for index in range(FRAMES)]
        arrays[f'depth_{camera}'] = np.stack([frame.depth_mm for frame in frames])
        arrays[f'joints_{camera}'] = np.stack([frame.joints_m for frame in frames])
    np.savez(path, **arrays)


def load(path: Path) -> list[Film]:
    """Return the films by number of the camera."""
    with np.load(path, allow_pickle=False) as file:
        return [
            Film(file[f'depth_{camera}'], file[f'joints_{camera}'], _intrinsics(camera))
            for camera in range(len(CAMERAS))
        ]


def _intrinsics(camera: int) -> Intrinsics:
    width, height, focal_px = CAMERAS[camera]
    return Intrinsics(focal_px, focal_px, 0.5 * (width - 1), 0.5 * (height - 1))
