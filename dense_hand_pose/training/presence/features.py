# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The features of a frozen network for crops with and without a hand: the data of the head.

Those of a search in whole scenes are in mining/proposals.py.

Legend: N crops, F pooled features.
"""

from typing import NamedTuple

from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.presence import Features, PresenceHead
from dense_hand_pose.synthesis.crops import render_crops
from dense_hand_pose.synthesis.negatives import render_negatives
from dense_hand_pose.synthesis.seeds import PRESENCE_TRAINING
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from .config import PresenceConfig
from ..distributed import leave_signals_to_the_trainer

_TOGETHER = 64
_LARGEST = 6e4


class PresenceFeatures(NamedTuple):
    """Pooled features (N, F) float16; present (N,) 0 or 1; side (N,) +1 right, -1 left, 0 none."""

    pooled: Tensor
    present: Tensor
    side: Tensor

    @classmethod
    def joined(cls, parts: list['PresenceFeatures']) -> 'PresenceFeatures':
        """Return the parts one after the other."""
        return cls(*(torch.cat(column) for column in zip(*parts, strict=True)))


class _Crops(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Batches of crops (n, 1, 128, 128), present (n,) and side (n,): hands, then others."""

    def __init__(self, config: PresenceConfig) -> None:
        self._seed = PRESENCE_TRAINING[config.seed]
        self._tasks = [
            (present, first, min(_TOGETHER, count - first))
            for present, count in ((1, config.hands), (0, config.others))
            for first in range(0, count, _TOGETHER)
        ]

    def __len__(self) -> int:
        return len(self._tasks)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        present, first, count = self._tasks[index]
        if present:
            hands = render_crops(self._seed, count, first)
            depth, side = hands.depth, hands.side
        else:
            depth = render_negatives(self._seed, count, first).depth
            side = np.zeros(count, np.int8)
        crops = torch.from_numpy(depth).unsqueeze(1)
        return crops, torch.full((count,), float(present)), torch.from_numpy(side).float()


@torch.no_grad()
def pool_crops(
    network: DenseRegressionNet, head: PresenceHead, crops: Tensor, precision: str = 'float32'
) -> Tensor:
    """Return the pooled features (N, F) float16 of crops (N, 1, 128, 128)."""
    return pooled_half(head, crop_features(network, crops, precision))


@torch.no_grad()
def crop_features(network: DenseRegressionNet, crops: Tensor, precision: str) -> Features:
    """Return the network's features of crops (N, 1, 128, 128)."""
    crops = crops.to(memory_format=torch.channels_last)
    with torch.autocast('cpu', torch.bfloat16, enabled=precision == 'bfloat16'):
        return network.forward_features(crops)


@torch.no_grad()
def pooled_half(head: PresenceHead, seen: Features) -> Tensor:
    """Return the features (N, F) in half precision, half the memory: they are of order one."""
    return head.pool(seen).clamp(-_LARGEST, _LARGEST).half()


def rendered_features(
    network: DenseRegressionNet, head: PresenceHead, config: PresenceConfig
) -> PresenceFeatures:
    """Render all crops of a training and return the features of each."""
    crops = _Crops(config)
    loader = DataLoader(
        crops, batch_size=None, num_workers=config.workers,
        worker_init_fn=leave_signals_to_the_trainer,
    )  # fmt: skip
    return PresenceFeatures.joined([
        PresenceFeatures(pool_crops(network, head, crop, config.precision), present, side)
        for crop, present, side in tqdm(loader, total=len(crops), unit='batch', disable=None)
    ])  # fmt: skip
