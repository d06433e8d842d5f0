# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Synthetic crops for training: an endless, seeded stream rendered beside the trainer."""

from collections.abc import Callable, Iterator
import os
from typing import NamedTuple, TypeVar

from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.synthesis.crops import render_crops
from dense_hand_pose.synthesis.seeds import SEEDS_PER_RUN, VALIDATION
import torch
from torch import Tensor
from torch.utils.data import DataLoader, get_worker_info, IterableDataset

from ..distributed import leave_signals_to_the_trainer

ABSENT, PRESENT, BESIDE = 0, 1, 2
"""A crop without a hand; with one in its middle; with one whose joints can be asked for, beside
it."""
Maker = Callable[[int, int, int], 'Batch']
"""From a seed, a number of crops and the first one's number to the crops, as make_batch."""
_Batch = TypeVar('_Batch')


class Batch(NamedTuple):
    """
    Crops (B, 1, 128, 128), joints (B, 21, 3) in metres, and the cubes they were cut from.

    state (B,), where crops without a hand are among them: ABSENT, PRESENT or BESIDE.
    """

    crop: Tensor
    joints_m: Tensor
    cube: Cube
    state: Tensor | None = None

    def to(self, device: torch.device) -> 'Batch':
        """Return the batch on another device."""
        cube = Cube(*(tensor.to(device) for tensor in self.cube))
        state = None if self.state is None else self.state.to(device)
        crop, joints_m = (t.to(device, non_blocking=True) for t in (self.crop, self.joints_m))
        return Batch(crop, joints_m, cube, state)


def make_batch(seed: int, count: int, first: int = 0) -> Batch:
    """Render ``count`` crops of one seed, from number ``first`` on."""
    crops = render_crops(seed, count, first)
    return Batch(
        torch.from_numpy(crops.depth).float().unsqueeze(1),
        torch.from_numpy(crops.joints_m).float(),
        Cube(
            torch.from_numpy(crops.center_m).float(), torch.from_numpy(crops.cube_size_m).float()
        ),
    )


class SyntheticBatches(IterableDataset[Batch]):
    """
    Batch i of a run holds the hands of seed ``run seed * 2 ** 24 + i``, from ``first`` on.

    ``rank`` of ``ranks`` processes renders its own even part of every batch, so that the hands of
    a batch do not depend on their number. ``make`` renders, or reads rendered ones (shards.py).
    """

    def __init__(
        self,
        seed: int,
        batch_size: int,
        first: int,
        rank: int = 0,
        ranks: int = 1,
        make: Maker = make_batch,
    ) -> None:
        self.make = make
        self.seed = seed
        self.count = batch_size // ranks
        self.offset = rank * self.count
        self.first = first

    def __iter__(self) -> Iterator[Batch]:
        """Yield this worker's share, without end."""
        worker = get_worker_info()
        step, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        while True:
            seed = self.seed * SEEDS_PER_RUN + self.first + step
            yield self.make(seed, self.count, self.offset)
            step += stride


def loader_of(
    batches: IterableDataset[_Batch], workers: int, *, pinned: bool = False, ranks: int = 1
) -> DataLoader[_Batch]:
    """
    Return a loader whose workers make batches ahead of the trainer.

    ``workers`` 0: one for each core that this machine's ``ranks`` trainers leave. ``pinned``
    batches lie in memory that a GPU reads by itself.
    """
    cores = len(os.sched_getaffinity(0))
    return DataLoader(
        batches,
        batch_size=None,
        num_workers=workers or max(1, cores // ranks - 1),
        pin_memory=pinned,
        prefetch_factor=8,
        persistent_workers=True,
        worker_init_fn=leave_signals_to_the_trainer,
    )


def validation_batches(
    samples: int, batch_size: int, rank: int = 0, ranks: int = 1, make: Maker = make_batch
) -> list[Batch]:
    """Render the fixed validation set, or every ``ranks``-th batch of it."""
    counts = [min(batch_size, samples - i) for i in range(0, samples, batch_size)]
    chosen = list(enumerate(counts))[rank::ranks]
    return [make(VALIDATION[i], count, 0) for i, count in chosen]
