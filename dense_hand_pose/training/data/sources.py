# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the batches of a training come from: the renderer, or the files of a data set."""

from pathlib import Path
from typing import Protocol

from dense_hand_pose.datasets.opening import open_protocol
from torch.utils.data import DataLoader

from .datasets import RecordedBatches, spaced_batches, true_center_batch
from .detector_scenes import SceneSource
from .mixed import MixedBatches
from .shards import Shards
from .synthetic import Batch, loader_of, make_batch, Maker, SyntheticBatches, validation_batches
from .unlabelled import load_unlabelled_crops, UnlabelledBatches
from ..config import RENDERED, TrainingConfig
from ..distributed import Group
from ..mining.places import load_mined_crops


class BatchSource(Protocol):
    """A training's hands, of which each process of a group asks for its own."""

    def training(self, first: int, group: Group) -> DataLoader[Batch]:
        """Return the endless batches from number ``first`` on."""

    def validation(self, group: Group) -> list[Batch]:
        """Return the batches that are held out."""


class SyntheticSource:
    """Rendered hands; ``make`` renders them, or reads what was rendered (shards.py)."""

    def __init__(self, config: TrainingConfig, make: Maker = make_batch) -> None:
        self.config = config
        self.make = make

    def training(self, first: int, group: Group) -> DataLoader[Batch]:
        """Return the endless batches from number ``first`` on."""
        config = self.config
        batches = SyntheticBatches(
            config.seed, config.batch_size, first, group.rank, group.count, self.make
        )
        return loader_of(batches, config.workers, pinned=group.pinned, ranks=group.count)

    def validation(self, group: Group) -> list[Batch]:
        """Return hands that no training sees."""
        config = self.config
        return validation_batches(
            config.validation_samples, config.batch_size, group.rank, group.count, self.make
        )


class SearchedSource(SyntheticSource):
    """Rendered hands, and places in whole scenes that lie gathered in a folder."""

    def __init__(self, config: TrainingConfig, root: Path, make: Maker = make_batch) -> None:
        super().__init__(config, make)
        self._places = load_mined_crops(root, config.scenes)

    def training(self, first: int, group: Group) -> DataLoader[Batch]:
        """Return the endless batches from number ``first`` on."""
        config = self.config
        batches = MixedBatches(
            self._places, config.seed, config.batch_size, first, group.rank, group.count, self.make
        )
        return loader_of(batches, config.workers, pinned=group.pinned, ranks=group.count)


class UnlabelledSource(SyntheticSource):
    """Rendered hands, and crops without labels of a folder of bags."""

    def __init__(self, config: TrainingConfig, root: Path, make: Maker = make_batch) -> None:
        super().__init__(config, make)
        self._crops = load_unlabelled_crops(root)

    def training(self, first: int, group: Group) -> DataLoader[Batch]:
        """Return the endless batches from number ``first`` on."""
        config = self.config
        batches = UnlabelledBatches(
            self._crops, config.seed, config.batch_size, first, group.rank, group.count, self.make
        )
        return loader_of(batches, config.workers, pinned=group.pinned, ranks=group.count)


class RecordedSource:
    """The frames of a data set's usual protocol; validation takes evenly spaced test frames."""

    def __init__(self, config: TrainingConfig, root: Path) -> None:
        self.config = config
        self._train, self._test = open_protocol(config.data, root, config.held_out or None)

    def training(self, first: int, group: Group) -> DataLoader[Batch]:
        """Return the endless batches from number ``first`` on."""
        config = self.config
        batches = RecordedBatches(
            self._train, config.augmentation, config.cube_m, config.seed, config.batch_size,
            first, group.rank, group.count,
        )  # fmt: skip
        return loader_of(batches, config.workers, pinned=group.pinned, ranks=group.count)

    def validation(self, group: Group) -> list[Batch]:
        """Return test frames, the cube around the mean of the true joints."""
        config = self.config
        batches = spaced_batches(self._test, config.batch_size, config.validation_samples)
        rank, ranks = group.rank, group.count
        mine = batches[rank::ranks]
        if not mine:
            raise ValueError(
                f'{len(batches)} batches of {len(self._test)} test frames: '
                f'fewer than processes ({group.count})'
            )
        return [true_center_batch(self._test, indices, config.cube_m) for indices in mine]


def open_source(
    config: TrainingConfig, root: Path | None, shards: Path | None = None
) -> BatchSource | SceneSource:
    """
    Open what ``config.data`` names; ``root`` is the folder of a data set.

    ``shards`` is a folder of rendered crops (shards.py). ValueError when a folder is missing,
    superfluous, or holds what it should not.
    """
    make = make_batch if shards is None else _reader_of(config, shards)
    if config.data == 'synthetic':
        if root is not None:
            raise ValueError(f'data: synthetic needs no folder, given is {root}')
        detector = config.network.task == 'detector'
        return SceneSource(config) if detector else SyntheticSource(config, make)
    if root is None:
        raise ValueError(f'data: {config.data} needs the folder that holds it: add --data ROOT')
    if config.data == 'searched':
        return SearchedSource(config, root, make)
    if config.data == 'unlabelled':
        return UnlabelledSource(config, root, make)
    return RecordedSource(config, root)


def _reader_of(config: TrainingConfig, folder: Path) -> Maker:
    """Return what reads the crops of a folder; ValueError where this training renders none."""
    if config.data not in RENDERED or config.network.task == 'detector':
        raise ValueError(f'{folder}: shards hold crops that are rendered, which this data has not')
    shards = Shards(folder)
    other = shards.other_renderer()
    if other is not None:
        raise ValueError(other)
    return shards.batch
