# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The files of the hand meshes, as data/README.md tells them, and the normals of a mesh."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Source = Literal['soma', 'makehuman']
DATA_DIR = Path(__file__).parents[1] / 'data'
# Files that are read into one model; the shape space of SOMA's hand lies beside its mesh.
_FILES: dict[Source, tuple[str, ...]] = {
    'soma': ('soma_hand.npz', 'soma_shapes.npz'),
    'makehuman': ('makehuman_hand.npz',),
}


def read_arrays(source: Source) -> dict[str, npt.NDArray[Any]]:
    """Return all arrays of a hand's files by name."""
    data: dict[str, npt.NDArray[Any]] = {}
    for name in _FILES[source]:
        with np.load(DATA_DIR / name, allow_pickle=False) as file:
            data |= {key: file[key] for key in file}
    return data


def unit_normals(
    vertices_m: npt.NDArray[np.float32], triangles: npt.NDArray[np.int32]
) -> npt.NDArray[np.float32]:
    """Return the (V, 3) normals of a mesh, area weighted."""
    a, b, c = (vertices_m[triangles[:, i]].astype(np.float64) for i in range(3))
    out = np.zeros((len(vertices_m), 3))
    for i in range(3):
        np.add.at(out, triangles[:, i], np.cross(b - a, c - a))
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
    return out.astype(np.float32)
