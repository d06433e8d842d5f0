# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The 200 synthetic crops on which precisions are compared, as data: data/probe_crops.npz.

They are rendered once (tools/make_probe_crops.py) and shipped, so that a machine needs no
renderer to decide, and stay the same when the renderer changes.
"""

import functools
from pathlib import Path
from typing import NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND
import numpy as np
import numpy.typing as npt

PROBE_FILE = Path(__file__).resolve().parent / 'data' / 'probe_crops.npz'
_LEVELS = 254
"""Depth lies in steps of 1.2 mm; the byte above the last step is background."""


class Probe(NamedTuple):
    """Crops (N, 128, 128) as a network reads them, centres (N, 3) and edges (N,) of the cubes."""

    crops: npt.NDArray[np.float32]
    centers_m: npt.NDArray[np.float32]
    sizes_m: npt.NDArray[np.float32]


def pack(crops: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Round normalised depth in [-1, 1] (any shape) to a byte each."""
    steps = np.minimum(np.rint((crops + 1.0) / 2.0 * _LEVELS), _LEVELS)
    return np.where(crops >= BACKGROUND, _LEVELS + 1, steps).astype(np.uint8)


def unpack(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the normalised depth of packed crops."""
    depth = packed.astype(np.float32) * np.float32(2.0 / _LEVELS) - np.float32(1.0)
    return np.where(packed > _LEVELS, np.float32(BACKGROUND), depth)


@functools.cache
def load_probe() -> Probe:
    """Read the probe; FileNotFoundError means a broken installation."""
    with np.load(PROBE_FILE, allow_pickle=False) as file:
        return Probe(unpack(file['crops']), file['centers_m'], file['sizes_m'])
