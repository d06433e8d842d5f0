# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What a training says of itself: the columns of its log, and what a validation found."""

from dataclasses import asdict
from typing import Any

from torch import nn

from .distributed import Group
from .objectives.detector import SceneMethod, validate_scenes
from .objectives.objectives import Method
from .validation import validate

_PROGRESS = ('step', 'samples', 'elapsed_s', 'samples_per_s', 'learning_rate')
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
