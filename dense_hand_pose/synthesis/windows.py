# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the crop of a hand lies: about its joints, as a detector or a tracker would put it."""

from dense_hand_pose.camera.crop import CropWindow
import numpy as np
import numpy.typing as npt

from .scenes.hand_scene import HandScene

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
