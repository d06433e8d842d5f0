# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Batches of which half is rendered hands and half places in whole scenes (mining/places.py)."""

from collections.abc import Iterator

from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.synthesis.seeds import SEEDS_PER_RUN
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import get_worker_info, IterableDataset

from .synthetic import ABSENT, Batch, make_batch, Maker, PRESENT
from ..mining.places import decoded, MinedCrops
from ..mining.proposals import CUBE_M

_STREAM = 77
_HANDS_SHARE = 0.4
"""Of the places in a batch, those with a hand there or beside."""
_MIRROR = torch.tensor([-1.0, 1.0, 1.0])


class MixedBatches(IterableDataset[Batch]):
    """
    Batch i of a run: hands of seed ``run seed * 2 ** 24 + i`` (synthetic.py), then places.

    ``rank`` of ``ranks`` processes makes its own even part of every batch. ValueError where all
    places have a hand, or none.
    """

    def __init__(
        self,
        places: MinedCrops,
        seed: int,
        batch_size: int,
        first: int,
        rank: int,
        ranks: int,
        make: Maker = make_batch,
    ) -> None:
        self.make = make
        self.places = places
        self.seed, self.first = seed, first
        self.count = batch_size // ranks
        self.offset = rank * self.count
        there = places.state != ABSENT
        self._hands, self._others = (part.nonzero()[:, 0].numpy() for part in (there, ~there))
        if not (len(self._hands) and len(self._others)):
            raise ValueError(
                f'{len(self._hands)} places with a hand and {len(self._others)} without: both are '
                'needed; gather those of more scenes'
            )

    def __iter__(self) -> Iterator[Batch]:
        """Yield this worker's share, without end."""
        worker = get_worker_info()
        step, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        rendered = self.count // 2
        while True:
            seed = self.seed * SEEDS_PER_RUN + self.first + step
            hands = self.make(seed, rendered, self.offset)
            yield joined(hands, self._places(seed, self.count - rendered))
            step += stride

    def _places(self, seed: int, count: int) -> Batch:
        """Draw places, some with hands and some without, each mirrored or not."""
        rng = np.random.default_rng([seed, self.offset, _STREAM])
        hands = round(_HANDS_SHARE * count)
        chosen = np.sort(np.concatenate([
            rng.choice(self._hands, hands), rng.choice(self._others, count - hands)
        ]))  # fmt: skip
        return mirrored(taken(self.places, chosen), torch.from_numpy(rng.random(count) < 0.5))


def taken(places: MinedCrops, chosen: np.ndarray) -> Batch:
    """Return places by their numbers as a batch."""
    center_m = places.centers_m[chosen]
    return Batch(
        decoded(places.crops[chosen]).unsqueeze(1),
        places.joints_m[chosen].float() + center_m.unsqueeze(1),
        Cube(center_m, torch.full((len(chosen),), CUBE_M)),
        places.state[chosen],
    )


def mirrored(batch: Batch, flipped: Tensor) -> Batch:
    """Return a batch with the crops mirrored that ``flipped`` (B,) names: other hands."""
    crop = torch.where(flipped[:, None, None, None], batch.crop.flip(3), batch.crop)
    sign = torch.where(flipped[:, None], _MIRROR, torch.ones(3))
    cube = Cube(batch.cube.center_m * sign, batch.cube.size_m)
    return Batch(crop, batch.joints_m * sign[:, None], cube, batch.state)


def joined(hands: Batch, places: Batch) -> Batch:
    """Return rendered hands and places as one batch."""
    if places.state is None:
        raise ValueError('places without their state')
    state = torch.full((len(hands.crop),), PRESENT, dtype=places.state.dtype)
    cube = Cube(*(torch.cat(pair) for pair in zip(hands.cube, places.cube, strict=True)))
    return Batch(
        torch.cat([hands.crop, places.crop]),
        torch.cat([hands.joints_m, places.joints_m]),
        cube,
        torch.cat([state, places.state]),
    )
