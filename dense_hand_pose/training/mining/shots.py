# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth images of whole scenes, rendered beside what looks at them."""

from typing import Any, NamedTuple

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.synthesis.scenes.full_scene import (
    render_full_frame,
    sample_full_scene,
    SceneHand,
)
import numpy as np
import numpy.typing as npt
from torch.utils.data import DataLoader, Dataset

from ..signals import leave_signals_to_the_trainer


class Shot(NamedTuple):
    """A depth image (H, W) of a scene, metres, and the hands that are in it."""

    depth_m: npt.NDArray[np.float32]
    intrinsics: Intrinsics
    hands: tuple[SceneHand, ...]


class _Shots(Dataset[Shot]):
    """Scenes of a seed by their numbers, from ``first`` to before ``last``."""

    def __init__(self, seed: int, first: int, last: int) -> None:
        self._seed, self._first, self._count = seed, first, last - first

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Shot:
        rng = np.random.default_rng([self._seed, self._first + index])
        scene = sample_full_scene(rng)
        return Shot(render_full_frame(scene, rng), scene.intrinsics, scene.hands)


def load_shots(seed: int, first: int, last: int, workers: int) -> DataLoader[Shot]:
    """Return the shots of a seed from ``first`` to before ``last``, in order, made by workers."""
    return DataLoader(
        _Shots(seed, first, last), batch_size=None, num_workers=workers, collate_fn=_as_it_is,
        worker_init_fn=leave_signals_to_the_trainer,
    )  # fmt: skip


def _as_it_is(shot: Any) -> Any:
    return shot
