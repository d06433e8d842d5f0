# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The network that a training has made so far, of whatever task."""

from pathlib import Path

from dense_hand_pose.network.baselines import build_network, HandNet
from safetensors.torch import load_file

from .checkpoint import read_header
from .config import TrainingConfig
from .resume import CHECKPOINT, choose_checkpoint, spent
from .runs import add_presence

_AVERAGE = 'average/module.'


def load_average(folder: Path) -> tuple[HandNet, TrainingConfig]:
    """
    Return the averaged network of a training's folder, in evaluation mode, and its settings.

    ValueError when there is no checkpoint of this package.
    """
    path = folder / CHECKPOINT
    _, settings = read_header(path)
    config = TrainingConfig.from_dict(settings)
    network = build_network(config.network)
    add_presence(network, config)
    tensors = {k.removeprefix(_AVERAGE): v for k, v in load_file(path).items()
               if k.startswith(_AVERAGE)}  # fmt: skip
    network.load_state_dict(tensors)
    return network.eval(), config


def is_complete(folder: Path, config: TrainingConfig) -> bool:
    """
    Say whether a folder holds a training that has used up the budget of ``config``.

    ValueError when the folder's is another training.
    """
    if not (folder / CHECKPOINT).exists():
        return False
    path, _ = choose_checkpoint(folder, config)
    return spent(config, read_header(path)[0]) >= 1.0
