# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Validation on data that no training batch holds, and the log: a CSV row for every report."""

import csv
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from .data.synthetic import Batch
from .distributed import Group
from .objectives.detector import SceneMethod, validate_scenes
from .objectives.objectives import Method


@dataclass(frozen=True)
class Validation:
    """
    Mean joint errors in millimetres: by mean shift (mean, median over joints) and softly.

    A method without those two ways of decoding has the same figures for both.
    """

    mean_shift_mm: float
    median_mm: float
    soft_mm: float


@torch.no_grad()
def validate(
    network: nn.Module, batches: list[Batch], method: Method, group: Group | None = None
) -> Validation:
    """
    Run the network over the batches and decode by a method with its defaults.

    With a group each process brings its own batches, one at least; the result is that of all.
    """
    group = group or Group()
    network.eval()
    shifted, soft = [], []
    for mine in batches:
        batch = mine.to(group.device)
        outputs = network(batch.crop.to(memory_format=torch.channels_last))
        joints, joints_soft = method.joints(outputs, batch)
        shifted.append((joints - batch.joints_m).norm(dim=-1))
        soft.append((joints_soft - batch.joints_m).norm(dim=-1))
    mine_mm = torch.stack([torch.cat(shifted), torch.cat(soft)], dim=1) * 1000.0
    errors, soft_errors = group.gather(mine_mm).unbind(dim=1)
    return Validation(float(errors.mean()), float(errors.median()), float(soft_errors.mean()))


class CsvLog:
    """
    Append rows of named numbers to a CSV file; the header is written once.

    ValueError for an existing file with other columns.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns
        if not path.exists():
            self._append(columns)
            return
        with path.open(encoding='utf-8', newline='') as file:
            found = tuple(next(csv.reader(file), ()))
        if found != columns:
            raise ValueError(
                f'{path}: columns {", ".join(found)}, expected {", ".join(columns)}; '
                'give the file another name and resume'
            )

    def write(self, values: dict[str, float]) -> None:
        """Append one row: six digits, whole numbers whole; a column without a value is empty."""
        self._append(tuple(_word(values[c]) if c in values else '' for c in self._columns))

    def _append(self, row: tuple[str, ...]) -> None:
        with self._path.open('a', encoding='utf-8', newline='') as file:
            csv.writer(file).writerow(row)


def _word(value: float) -> str:
    return str(value) if isinstance(value, int) else f'{value:.6g}'


_PROGRESS = ('step', 'samples', 'elapsed_s', 'samples_per_s', 'waiting_share', 'learning_rate')
_LOSSES = ('loss', 'heat_2d', 'heat_3d', 'direction', 'coordinates', 'train_soft_mm')
_VALIDATION = ('validation_mean_shift_mm', 'validation_median_mm', 'validation_soft_mm')
_SCENE_LOSSES = ('loss', 'score', 'offset', 'depth', 'side', 'joints', 'train_center_px')
_SCENE_VALIDATION = (
    'validation_recall', 'validation_false_positives', 'validation_recall_at_1_percent',
    'validation_center_mm', 'validation_side',
)  # fmt: skip


def loss_columns(method: Method | SceneMethod) -> tuple[str, ...]:
    """Return the names of a method's losses, in their order; the last is an error."""
    return _SCENE_LOSSES if isinstance(method, SceneMethod) else _LOSSES


def log_columns(method: Method | SceneMethod) -> tuple[str, ...]:
    """Return the columns of the log of a training by this method."""
    found = _SCENE_VALIDATION if isinstance(method, SceneMethod) else _VALIDATION
    return (*_PROGRESS, *loss_columns(method), *found)


def validation_row(
    network: nn.Module, held_out: list[Any], method: Method | SceneMethod, group: Group
) -> dict[str, float]:
    """Validate a network on what is held out; return the values of its columns."""
    result: Any
    if isinstance(method, SceneMethod):
        result = validate_scenes(network, held_out, group)
    else:
        result = validate(network, held_out, method, group)
    return {f'validation_{name}': value for name, value in asdict(result).items()}
