# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Training configuration, read from YAML."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
import yaml


@dataclass(frozen=True, kw_only=True)
class LossConfig:
    """Weights of the loss terms and the width of their quadratic part."""

    heat_2d: float = 1.0
    heat_3d: float = 1.0
    direction: float = 1.0
    coordinates: float = 2.0
    beta: float = 0.05

    def __post_init__(self) -> None:
        """Refuse negative weights."""
        for entry in fields(self):
            if getattr(self, entry.name) < 0.0:
                raise ValueError(f'loss.{entry.name} = {getattr(self, entry.name)}: below zero')


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """
    Everything that decides what a training does.

    The learning rate rises over ``warmup_steps`` and falls as a cosine over the budget:
    ``samples`` seen or ``minutes`` of training time, whichever ends first (0 = no such limit).
    """

    network: NetworkConfig = field(default_factory=lambda: CONFIGURATIONS['default'])
    loss: LossConfig = field(default_factory=LossConfig)
    samples: int = 1_000_000
    minutes: float = 0.0
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    warmup_steps: int = 500
    gradient_norm: float = 1.0
    ema_decay: float = 0.999
    seed: int = 0
    threads: int = 0
    workers: int = 1
    bfloat16: bool = True
    validation_samples: int = 512
    validate_every: int = 2000
    checkpoint_every: int = 500

    def __post_init__(self) -> None:
        """Check the ranges; errors name the value."""
        if self.samples <= 0 and self.minutes <= 0:
            raise ValueError('samples and minutes are both 0: the training would never end')
        positive = (
            'batch_size', 'learning_rate', 'workers', 'validation_samples', 'validate_every',
            'checkpoint_every',
        )  # fmt: skip
        for name in positive:
            if getattr(self, name) <= 0:
                raise ValueError(f'{name} = {getattr(self, name)}: expected a positive number')
        if not 0.0 <= self.ema_decay < 1.0:
            raise ValueError(f'ema_decay = {self.ema_decay}: expected 0 <= decay < 1')

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> 'TrainingConfig':
        """Build from plain types; ``network`` is the name of a configuration or a mapping."""
        known = {entry.name for entry in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise ValueError(
                f'unknown settings {", ".join(unknown)}: known are {", ".join(sorted(known))}'
            )
        chosen = dict(values)
        if 'network' in chosen:
            chosen['network'] = _network(chosen['network'])
        if 'loss' in chosen:
            chosen['loss'] = _loss(chosen['loss'])
        return cls(**chosen)


def _network(value: Any) -> NetworkConfig:
    if isinstance(value, str):
        if value not in CONFIGURATIONS:
            raise ValueError(
                f'network {value!r}: expected one of {", ".join(CONFIGURATIONS)} or a mapping'
            )
        return CONFIGURATIONS[value]
    if not isinstance(value, dict):
        raise ValueError(f'network {value!r}: expected a name or a mapping')
    return NetworkConfig.from_dict(value)


def _loss(value: Any) -> LossConfig:
    known = {entry.name for entry in fields(LossConfig)}
    if not isinstance(value, dict) or set(value) - known:
        raise ValueError(f'loss {value!r}: expected a mapping of {", ".join(sorted(known))}')
    return LossConfig(**value)


def load_config(path: Path) -> TrainingConfig:
    """Read a YAML file; ValueError names the file and the setting that is wrong."""
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8')) or {}
        if not isinstance(values, dict):
            raise ValueError('expected a mapping of settings')
        return TrainingConfig.from_dict(values)
    except (OSError, yaml.YAMLError, TypeError, ValueError) as error:
        raise ValueError(f'{path}: {error}') from error
