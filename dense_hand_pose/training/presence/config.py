# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Settings of the training of the presence head (network/presence.py), read from YAML."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dense_hand_pose.safe_output import refusing
import yaml

from ..config import check_types, refuse_unknown

LEARNS = ('presence', 'verdict')
"""Values of the key ``learns``: today's, and that of version 0.1; without it: a whole network."""
PRECISIONS = ('auto', 'float32', 'bfloat16')
_MOST_SEEDS = 2**16
_POSITIVE = (
    'hands', 'others', 'scene_weight', 'hidden', 'epochs', 'batch_size', 'learning_rate',
    'workers',
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class PresenceConfig:
    """
    How the presence and handedness head is trained on a network that stays as it is.

    ``hands`` crops of hands and ``others`` without are rendered by ``workers`` and pass the
    network once, in ``precision``, 'auto' as in trainings (../runs.py); so do the candidates
    of the ``detector`` (a name or a file) in ``scenes`` whole scenes, which count ``scene_weight``
    times. The head, with
    ``hidden`` units, is trained on their features for ``epochs`` with AdamW, the rate falling
    along a cosine. ``dropout``: the share of the pooled features that each
    step leaves out. ``threads`` 0: one for each core.
    """

    hands: int = 24_000
    others: int = 24_000
    scenes: int = 0
    scene_weight: int = 2
    detector: str = 'detector'
    hidden: int = 64
    epochs: int = 30
    batch_size: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    dropout: float = 0.2
    precision: str = 'auto'
    seed: int = 0
    workers: int = 1
    threads: int = 0

    def __post_init__(self) -> None:
        """Check types and ranges; errors name the value."""
        check_types(self)
        if not isinstance(self.detector, str):
            raise ValueError(f'detector = {self.detector!r}: expected a name or a file')
        if self.precision not in PRECISIONS:
            raise ValueError(f'precision = {self.precision!r}: expected {" or ".join(PRECISIONS)}')
        for name in _POSITIVE:
            if getattr(self, name) <= 0:
                raise ValueError(f'{name} = {getattr(self, name)}: expected a positive number')
        for name in ('weight_decay', 'threads', 'scenes'):
            if getattr(self, name) < 0:
                raise ValueError(f'{name} = {getattr(self, name)}: expected 0 or more')
        if not 0.0 <= self.dropout < 1.0:
            raise ValueError(f'dropout = {self.dropout}: expected 0 <= dropout < 1')
        if not 0 <= self.seed < _MOST_SEEDS:
            raise ValueError(f'seed = {self.seed}: expected 0 to {_MOST_SEEDS - 1}')


def trains_presence(path: Path) -> bool:
    """Return whether a YAML file is of a presence head; False where it cannot be read."""
    try:
        values = yaml.safe_load(path.read_text(encoding='utf-8'))
    except Exception:  # load_presence_config, or load_config, says what it is
        return False
    return isinstance(values, dict) and values.get('learns') in LEARNS


def load_presence_config(path: Path) -> PresenceConfig:
    """Read a YAML file; ValueError names the file and the setting that is wrong."""
    with refusing(lambda reason: ValueError(f'{path}: {reason}')):
        values: dict[str, Any] = yaml.safe_load(path.read_text(encoding='utf-8'))
        if not isinstance(values, dict):
            raise ValueError('expected a mapping of settings')
        settings = {name: value for name, value in values.items() if name != 'learns'}
        refuse_unknown(PresenceConfig, settings)
        return PresenceConfig(**settings)
