# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Inputs on which the runtimes of the hand detector are compared, and the comparison."""

from dense_hand_pose.camera.letterbox import CHANNELS, HEIGHT_PX, WIDTH_PX
import numpy as np

from .base import Array, Runtime

INPUT, OUTPUT = 'frame', 'maps'
"""A letterbox (1, 3, HEIGHT_PX, WIDTH_PX); maps (1, 5, MAP_HEIGHT, MAP_WIDTH)."""
_PROBES = 8


def probe_letterboxes() -> Array:
    """Return inputs (8, 3, HEIGHT_PX, WIDTH_PX) of blobs before slopes, with holes."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    out = np.zeros((_PROBES, CHANNELS, HEIGHT_PX, WIDTH_PX), np.float32)
    for frame in out:
        slope = rng.uniform(-0.005, 0.005, 2)
        depth = 0.8 + slope[0] * x + slope[1] * y
        for _ in range(6):
            u, v, radius = rng.uniform(0, WIDTH_PX), rng.uniform(0, HEIGHT_PX), rng.uniform(4, 20)
            depth[(x - u) ** 2 + (y - v) ** 2 < radius**2] = rng.uniform(-1.0, 0.5)
        frame[2] = rng.random((HEIGHT_PX, WIDTH_PX)) < 0.9
        frame[0], frame[1] = depth * frame[2], (depth + rng.uniform(-0.3, 0.3)) * frame[2]
    return out


def disagreement(runtime: Runtime, reference: Array) -> tuple[float, float]:
    """
    Return how far a runtime is from the maps (8, 5, ...) of float32 PyTorch on the probe.

    The largest difference of a score, and that of a depth in millimetres.
    """
    maps = [runtime.run({INPUT: frame[None]})[OUTPUT][0] for frame in probe_letterboxes()]
    off = np.abs(np.stack(maps) - reference)
    return float(off[:, 0].max()), float(off[:, 3].max()) * 1000.0
