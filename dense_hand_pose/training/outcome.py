# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What a training leaves at its end: weights and their card."""

from pathlib import Path

from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.detector import DetectorNet
from dense_hand_pose.network.weights import save_weights
from torch import nn

from .checkpoint import Progress
from .config import TrainingConfig
from .detector_card import make_detector_card
from .model_cards import make_card


def write_outcome(
    network: nn.Module, out: Path, config: TrainingConfig, progress: Progress, commit: str
) -> None:
    """Write the averaged weights and their card; those of a baseline stay a checkpoint."""
    if not isinstance(network, DenseRegressionNet | DetectorNet):
        return
    notes = {
        'samples': str(progress.samples_before + progress.samples),
        'steps': str(progress.step),
        'hours': f'{progress.elapsed_s / 3600.0:.2f}',
        'seed': str(config.seed),
    }
    save_weights(network, out / 'weights.safetensors', notes)
    make = make_detector_card if isinstance(network, DetectorNet) else make_card
    card = make('weights', config, progress, out / 'log.csv', commit)
    (out / 'weights.md').write_text(card, encoding='utf-8')
