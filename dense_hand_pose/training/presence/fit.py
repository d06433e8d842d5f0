# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Fit the presence and handedness head of a network, which itself stays as it is.

The head is trained on features of the frozen network (features.py). Legend: N crops, F pooled
features.
"""

from collections.abc import Iterator
from dataclasses import replace
import math

from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.presence import PresenceHead
import torch
from torch import nn, Tensor
import torch.nn.functional as F  # noqa: N812

from .config import PresenceConfig
from .features import PresenceFeatures

_LEAST_SCALE = 0.1
"""Of the median: a feature that hardly varies must not be blown up."""


def with_presence(network: DenseRegressionNet, head: PresenceHead) -> DenseRegressionNet:
    """Give a network a head, in place, and return it."""
    hidden = head.hidden.out_features
    network.config = replace(network.config, verdict=True, verdict_hidden=hidden)
    network.verdict = head
    return network.eval()


def fit_head(
    head: PresenceHead, features: PresenceFeatures, config: PresenceConfig
) -> list[float]:
    """
    Train a head; returns the mean loss of each epoch.

    It learns on standardised features; mean and scale are then folded into its first layer.
    """
    generator = torch.Generator().manual_seed(config.seed)
    mean, scale = _standard(features.pooled, head.palm)
    optimiser = torch.optim.AdamW(
        head.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    steps = config.epochs * math.ceil(len(features.pooled) / config.batch_size)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    keep = 1.0 - config.dropout
    means = []
    for _ in range(config.epochs):
        total = 0.0
        for chosen in _shuffled(len(features.pooled), config.batch_size, generator):
            x = (features.pooled[chosen].float() - mean) / scale
            x = x * (torch.rand(x.shape, generator=generator) < keep) / keep
            value = _loss(*head.logits(x), features.present[chosen], features.side[chosen])
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            rates.step()
            total += float(value.detach()) * len(chosen)
        means.append(total / len(features.pooled))
    _fold(head.hidden, mean, scale)
    _fold(head.bend, mean[: head.palm], scale[: head.palm])
    return means


def _loss(presence: Tensor, right: Tensor, present: Tensor, side: Tensor) -> Tensor:
    """Return the cross entropy of presence, and that of the side over the crops with a hand."""
    of_presence = F.binary_cross_entropy_with_logits(presence, present)
    each = F.softplus(-side * right) * present
    return of_presence + each.sum() / present.sum().clamp(min=1.0)


def _shuffled(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    order = torch.randperm(count, generator=generator)
    return (order[first:][:size] for first in range(0, count, size))


def _standard(pooled: Tensor, palm: int) -> tuple[Tensor, Tensor]:
    """
    Return mean and scale (F,) of features (N, F); none of the scales is near zero.

    Of the first ``palm``, coordinates along a palm's axes, those along its normal keep their zero,
    on whose sides the two hands lie.
    """
    values = pooled.float()
    sd, mean = torch.std_mean(values, dim=0)
    mean[2:palm:3] = 0.0
    return mean, sd.clamp(min=_LEAST_SCALE * float(sd.median()))


@torch.no_grad()
def _fold(layer: nn.Linear, mean: Tensor, scale: Tensor) -> None:
    """Let a layer that takes (x - mean) / scale take x, in place."""
    layer.weight.div_(scale)
    layer.bias.sub_(layer.weight @ mean)
