# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Whether a crop shows a hand at all, and which one: a small head on what the network has seen.

It is trained after the network, on which it changes nothing (training/verdict.py). Legend: B
crops, J joints, C channels, H = W = MAP_SIZE_PX.
"""

from typing import NamedTuple

import torch
from torch import nn, Tensor

from .config import NetworkConfig

HIDDEN = 64
_LOWEST_PX = 2


class Seen(NamedTuple):
    """
    What one run of the network makes: what it puts out, and what the verdict reads.

    outputs: channels (B, 5 J, H, W) of every stack; features (B, C, H, W) and lowest, the
    hourglass's narrowest level (B, widths[-1], 2, 2), of the last stack.
    """

    outputs: list[Tensor]
    features: Tensor
    lowest: Tensor


class Verdict(NamedTuple):
    """
    The network's opinion of B crops, float32.

    presence (B,): probability in [0, 1] that the crop is centred on a hand. side (B,): the
    probability of a right hand less that of a left one, in [-1, 1]; it means nothing where there
    is no hand.
    """

    presence: Tensor
    side: Tensor


class VerdictHead(nn.Module):
    """Two fully connected layers on pooled features; their product costs next to nothing."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        lowest = config.widths[-1] * _LOWEST_PX * _LOWEST_PX
        inputs = lowest + 2 * config.widths[0] + 2 * config.joints
        self.hidden = nn.Linear(inputs, HIDDEN)
        self.result = nn.Linear(HIDDEN, 2)

    def forward(self, seen: Seen) -> Verdict:
        """Judge the crops that the network has seen."""
        presence, side = self.logits(self.pool(seen)).float().unbind(dim=1)
        return Verdict(torch.sigmoid(presence), torch.tanh(side / 2.0))

    @staticmethod
    def pool(seen: Seen) -> Tensor:
        """Pool what was seen to (B, inputs): the lowest level as it is, the others over place."""
        joints = seen.outputs[-1].shape[1] // 5
        heat = seen.outputs[-1][:, : 2 * joints]
        return torch.cat(
            [
                seen.lowest.flatten(1),
                seen.features.mean(dim=(2, 3)),
                seen.features.amax(dim=(2, 3)),
                heat.amax(dim=(2, 3)),
            ],
            dim=1,
        )

    def logits(self, pooled: Tensor) -> Tensor:
        """Map pooled features (B, inputs) to the log odds (B, 2) of a hand and of a right one."""
        result: Tensor = self.result(torch.relu(self.hidden(pooled)))
        return result
