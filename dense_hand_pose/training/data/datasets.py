# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Crops of NYU, ICVL or MSRA for training and validation, seeded like the synthetic ones."""

from collections.abc import Iterator, Sequence

from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.datasets.frames import FrameSet
import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import get_worker_info, IterableDataset

from .augmentation import Augmentation, Change, changed_crop, changed_joints, draw_change
from .synthetic import Batch

_ORDERS = 2**32
"""
The order of epoch e is drawn with seed ``_ORDERS + e``.

NumPy cuts it into two words, so that it starts as crop 1 of batch e does: the same bits serve for
an order here and for an augmentation there, which no two crops share.
"""
UNCHANGED = Augmentation(rotation_deg=0.0, aspect=0.0, scale=0.0, center_m=0.0)


class RecordedBatches(IterableDataset[Batch]):
    """
    Endless batches of augmented crops: every frame once an epoch, in an order of its own.

    Batch i depends on the seed and i alone, from ``first`` on; ``rank`` of ``ranks`` processes
    reads its own even part of every batch.
    """

    def __init__(
        self,
        frames: FrameSet,
        how: Augmentation,
        cube_m: float,
        seed: int,
        batch_size: int,
        first: int,
        rank: int = 0,
        ranks: int = 1,
    ) -> None:
        self.frames, self.how, self.cube_m = frames, how, cube_m
        self.seed, self.batch_size, self.first = seed, batch_size, first
        self.count = batch_size // ranks
        self.offset = rank * self.count
        self._order: tuple[int, npt.NDArray[np.int64]] = (-1, np.zeros(0, np.int64))

    def __iter__(self) -> Iterator[Batch]:
        """Yield this worker's share, without end."""
        worker = get_worker_info()
        step, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        while True:
            yield self._batch(self.first + step)
            step += stride

    def _batch(self, number: int) -> Batch:
        indices, changes = [], []
        for j in range(self.offset, self.offset + self.count):
            index = self._index(number * self.batch_size + j)
            rng = np.random.default_rng([self.seed, number, j])
            joints_m = self.frames.joints_m[index]
            indices.append(index)
            changes.append(
                draw_change(rng, joints_m, self.frames.intrinsics, self.cube_m, self.how)
            )
        return read_batch(self.frames, indices, changes)

    def _index(self, place: int) -> int:
        """Return which frame stands at a place of the endless order."""
        epoch, within = divmod(place, len(self.frames))
        if self._order[0] != epoch:
            order = np.random.default_rng([self.seed, _ORDERS + epoch])
            self._order = (epoch, order.permutation(len(self.frames)))
        return int(self._order[1][within])


def read_batch(frames: FrameSet, indices: Sequence[int], changes: Sequence[Change]) -> Batch:
    """Read frames and change each."""
    crops, joints = [], []
    for index, change in zip(indices, changes, strict=True):
        frame = frames[index]
        crops.append(changed_crop(frame.depth_m, change))
        joints.append(changed_joints(frame.joints_m, change))
    return Batch(
        torch.from_numpy(np.stack(crops)).unsqueeze(1),
        torch.from_numpy(np.stack(joints)).float(),
        Cube(
            torch.tensor([change.window.center_m for change in changes]),
            torch.tensor([change.window.cube_size_m for change in changes]),
        ),
    )


def spaced_batches(
    frames: FrameSet, batch_size: int, samples: int | None = None
) -> list[list[int]]:
    """Return the indices of evenly spaced frames, all without ``samples``, in batches."""
    count = len(frames) if samples is None else min(samples, len(frames))
    chosen = [i * len(frames) // count for i in range(count)]
    starts = range(0, count, batch_size)
    return [chosen[start:][:batch_size] for start in starts]


def true_center_batch(frames: FrameSet, indices: Sequence[int], cube_m: float) -> Batch:
    """Read frames as they are, the cube around the mean of the true joints."""
    rng = np.random.default_rng(0)  # asked for nothing: all ranges are empty
    changes = [
        draw_change(rng, frames.joints_m[i], frames.intrinsics, cube_m, UNCHANGED) for i in indices
    ]
    return read_batch(frames, indices, changes)
