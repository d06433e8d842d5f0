# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The running average of the weights, which is what is validated and shipped."""

from typing import TypeAlias

from torch import nn, Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

Tensors: TypeAlias = tuple[Tensor, ...] | list[Tensor]


def decay_after(updates: int, decay: float) -> float:
    """
    Return the decay of the next update: that of a short memory while there were few.

    With ``decay`` from the start, the random first weights would hold a share of
    decay ** updates: at 0.999 still a twentieth after 3,000 steps.
    """
    return min(decay, (1 + updates) / (10 + updates))


def running_average(network: nn.Module, decay: float) -> AveragedModel:
    """Return a copy of the network that follows its parameters and its statistics."""

    def update(average: Tensors, current: Tensors, updates: Tensor | int) -> None:
        share = decay_after(int(updates), decay)
        mean = get_ema_multi_avg_fn(share)  # type: ignore[no-untyped-call]
        mean(average, current, updates)

    return AveragedModel(network, multi_avg_fn=update, use_buffers=True)
