# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Whether a crop shows a hand at all, and which one: a small head on what the network has seen.

It is trained after the network, on which it changes nothing (training/presence/fit.py). Legend: B
crops, J joints, C channels, F pooled features, H = W = MAP_SIZE_PX.
"""

from typing import NamedTuple

import torch
from torch import nn, Tensor

from .config import NetworkConfig
from .palm import palm_coordinates, soft_joints

_SIDE_HIDDEN = 32
LOWEST_PX = 2
_FAR = 8.0
"""Palm lengths; a hand is shorter, so what is farther says no more than that."""
_SURE = 20.0


class Seen(NamedTuple):
    """
    What one run of the network makes: what it puts out, and what the verdict reads.

    outputs: channels (B, 5 J, H, W) of every stack; features (B, C, H, W) and lowest, the
    hourglass's narrowest level (B, widths[-1], 2, 2), of the last stack; depth (B, 1, H, W), the
    crop reduced to the maps' size.
    """

    outputs: list[Tensor]
    features: Tensor
    lowest: Tensor
    depth: Tensor


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
    """
    Presence from all pooled features, the side from the joints in the frame of their palm.

    A mirrored hand has the opposite side by construction: what is asked of the joints is asked of
    their mirror image, too, and the difference counts. Two small products: next to no time.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.theta_m = config.theta_m
        self.palm = 3 * config.joints
        lowest = config.widths[-1] * LOWEST_PX * LOWEST_PX
        inputs = self.palm + lowest + 2 * config.widths[0] + 2 * config.joints
        self.hidden = nn.Linear(inputs, config.verdict_hidden)
        self.presence = nn.Linear(config.verdict_hidden, 1)
        self.bend = nn.Linear(self.palm, _SIDE_HIDDEN)
        self.side = nn.Linear(_SIDE_HIDDEN, 1, bias=False)

    def forward(self, seen: Seen) -> Verdict:
        """Judge the crops that the network has seen."""
        presence, side = (odds.float() for odds in self.logits(self.pool(seen)))
        # What is no number is no hand.
        presence = torch.nan_to_num(presence, nan=-_SURE, posinf=_SURE, neginf=-_SURE)
        side = torch.nan_to_num(side, nan=0.0, posinf=_SURE, neginf=-_SURE)
        return Verdict(torch.sigmoid(presence), torch.tanh(side / 2.0))

    def pool(self, seen: Seen) -> Tensor:
        """
        Pool what was seen to (B, F), in the floating type of the features.

        First the joints along the palm's axes, then the lowest level as it is, then features and
        maps over all places.
        """
        maps = seen.outputs[-1].float()
        joints = maps.shape[1] // 5
        palm = palm_coordinates(soft_joints(maps, seen.depth.float(), self.theta_m))
        pooled = [
            palm.clamp(-_FAR, _FAR).flatten(1),
            seen.lowest.flatten(1),
            seen.features.mean(dim=(2, 3)),
            seen.features.amax(dim=(2, 3)),
            maps.flatten(2)[:, : 2 * joints].amax(dim=2),
        ]
        return torch.cat([part.to(self.hidden.weight.dtype) for part in pooled], dim=1)

    def logits(self, pooled: Tensor) -> tuple[Tensor, Tensor]:
        """Map pooled features (B, F) to the log odds (B,) of a hand and of a right one."""
        presence = self.presence(torch.relu(self.hidden(pooled)))
        palm = pooled[:, : self.palm]
        there, mirrored = (torch.relu(self.bend(x)) for x in (palm, mirror_palm(palm)))
        return presence[:, 0], self.side(there - mirrored)[:, 0]


def mirror_palm(palm: Tensor) -> Tensor:
    """Return the palm coordinates (B, 3 J) of the mirrored hand: those along the normal flip."""
    axes = palm.reshape(-1, palm.shape[1] // 3, 3)
    return torch.cat([axes[..., :2], -axes[..., 2:]], dim=2).flatten(1)
