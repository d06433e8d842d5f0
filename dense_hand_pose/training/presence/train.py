# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Training of the presence and handedness head on weights that stay as they are.

It writes weights.safetensors, weights.md and metrics.json, whose figures are those of the written
weights on crops that no training holds.
"""

import copy
from dataclasses import replace
import json
from pathlib import Path
from typing import Final, NamedTuple

from dense_hand_pose.evaluation.presence import measure_presence
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.presence import PresenceHead
from dense_hand_pose.network.score_settings import NOTE
from dense_hand_pose.network.weight_file import (
    find_weights,
    read_notes,
    sha256_of,
    write_atomically,
)
from dense_hand_pose.network.weights import load_weights, save_weights
import torch

from .card import add_section, make_section
from .config import load_presence_config, PresenceConfig
from .features import PresenceFeatures, rendered_features
from .fit import fit_head, with_presence
from ..checkpoint import CHECKPOINT
from ..distributed import Group
from ..mining.proposals import mined_features
from ..model_cards import current_commit
from ..runs import chosen_precision, load_average

_MEASURED: Final = 2000
"""Crops of hands, and as many others, on which the written weights are measured."""


class _Start(NamedTuple):
    """A network, the notes of its file, the card beside it, and the hash of the file."""

    network: DenseRegressionNet
    notes: dict[str, str]
    card: str
    digest: str


def train_presence(config_path: Path, init: Path, out: Path) -> str:
    """
    Train the head as a YAML file says, write all files to ``out``, return the tables (Markdown).

    init: weights, or the folder of a training, whose running average is taken. Raises OSError and
    ValueError for what cannot be read or used.
    """
    config = load_presence_config(config_path)
    config = replace(config, precision=chosen_precision(config.precision, Group()))
    start = _open(init)
    out.mkdir(parents=True, exist_ok=True)
    commit = current_commit()
    loss = _fit(start.network, config)
    path = out / 'weights.safetensors'
    save_weights(start.network, path, start.notes)
    summary, tables = measure_presence(load_weights(path), min(_MEASURED, config.hands))
    section = make_section(config, start.digest, commit, loss, tables)
    write_atomically(path.with_suffix('.md'), add_section(start.card, section).encode())
    write_atomically(out / 'metrics.json', json.dumps(summary, indent=2).encode())
    return tables


def _open(init: Path) -> _Start:
    """Open weights, or the folder of a training of which the running average is taken."""
    if init.is_dir():
        network, _ = load_average(init)
        if not isinstance(network, DenseRegressionNet):
            raise ValueError(f'{init}: a baseline, which can have no presence head')
        return _Start(network, {}, f'# Model card: {init.name}', sha256_of(init / CHECKPOINT))
    path = find_weights(str(init))
    card = path.with_suffix('.md')
    text = card.read_text(encoding='utf-8') if card.exists() else f'# Model card: {path.stem}'
    # What scores mean belongs to the head that is replaced.
    notes = {name: note for name, note in read_notes(path).items() if name != NOTE}
    return _Start(load_weights(path), notes, text, sha256_of(path))


def _fit(network: DenseRegressionNet, config: PresenceConfig) -> float:
    """Give the network a trained head, and return the last epoch's loss."""
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads or torch.get_num_threads())
    head = PresenceHead(replace(network.config, verdict=True, verdict_hidden=config.hidden))
    frozen = copy.deepcopy(network).for_inference()
    features = rendered_features(frozen, head, config)
    searched = mined_features(frozen, head, config) if config.scenes else None
    if searched is not None:
        features = PresenceFeatures.joined([features, *[searched] * config.scene_weight])
    losses = fit_head(head, features, config)
    with_presence(network, head)
    return losses[-1]
