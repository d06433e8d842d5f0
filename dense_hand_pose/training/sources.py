# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the batches of a training come from: the renderer, or the files of a data set."""

from pathlib import Path
from typing import Protocol

from dense_hand_pose.datasets.opening import open_protocol
from torch.utils.data import DataLoader

from .config import TrainingConfig
from .data import Batch, loader_of, training_batches, validation_batches
from .group import Group
from .mixed import mixed_batches
from .places import load_places
from .recorded import RecordedBatches, spaced_batches, true_center_batch
from .scenes import SceneSource


class Source(Protocol):
    """A training's hands, of which each process of a group asks for its own."""

    def training(self, first: int, group: Group) -> DataLoader[Batch]:
        """Return the endless batches from number ``first`` on."""

    def validation(self, group: Group) -> list[Batch]:
        """Return the batches that are held out."""


class SyntheticSource:
    """Rendered hands."""

    def __init__(self, config: TrainingConfig) -> None:
        self.config = config

    def training(self, first: int, group: Group) -> DataLoader[Batch]:
        """Return the endless batches from number ``first`` on."""
        config = self.config
        return training_batches(
            config.seed, config.batch_size, first, config.workers, group.rank, group.count
        )

    def validation(self, group: Group) -> list[Batch]:
        """Return hands that no training sees."""
        config = self.config
        return validation_batches(
            config.validation_samples, config.batch_size, group.rank, group.count
        )


class SearchedSource(SyntheticSource):
    """Rendered hands, and places in whole scenes that lie gathered in a folder."""

    def __init__(self, config: TrainingConfig, root: Path) -> None:
        super().__init__(config)
        self._places = load_places(root, config.scenes)

    def training(self, first: int, group: Group) -> DataLoader[Batch]:
        """Return the endless batches from number ``first`` on."""
        config = self.config
        return mixed_batches(
            self._places, config.seed, config.batch_size, first, config.workers,
            group.rank, group.count,
        )  # fmt: skip


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
        return loader_of(batches, config.workers)

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


def open_source(config: TrainingConfig, root: Path | None) -> Source | SceneSource:
    """
    Open what ``config.data`` names; ``root`` is the folder of a data set.

    ValueError when the folder is missing, superfluous, or holds what it should not.
    """
    if config.data == 'synthetic':
        if root is not None:
            raise ValueError(f'data: synthetic needs no folder, given is {root}')
        detector = config.network.task == 'detector'
        return SceneSource(config) if detector else SyntheticSource(config)
    if root is None:
        raise ValueError(f'data: {config.data} needs the folder that holds it: add --data ROOT')
    if config.data == 'searched':
        return SearchedSource(config, root)
    return RecordedSource(config, root)
