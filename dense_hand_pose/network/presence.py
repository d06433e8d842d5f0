# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Whether a crop shows a hand, and which one: a small head on the features of the network.

It is trained after the network, which it leaves as it is (training/presence/train.py). The side is
read from a rough hand in the frame of its own palm.

Legend: B crops, J = 21 joints of HAND_21, C channels, F pooled features, H = W = MAP_SIZE_PX.
Points are half cubes from the cube's centre, as the crop is normalised; that a cube's far side is
seen smaller is left out.
"""

from typing import NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND
from dense_hand_pose.codec.config import REFERENCE_CUBE_M
from dense_hand_pose.codec.decoding import vote_shares
import torch
from torch import nn, Tensor

from .config import NetworkConfig

_SIDE_HIDDEN = 32
LOWEST_PX = 2
_FAR = 8.0
"""Palm lengths; a hand is shorter, so coordinates are clipped here."""
_SURE = 20.0
_WRIST, _INDEX, _MIDDLE, _LITTLE = 0, 5, 9, 17
_LEAST = 1e-4


class Features(NamedTuple):
    """
    What one run of the network makes: its outputs, and what the presence head reads.

    outputs: channels (B, 5 J, H, W) of every stack; upper (B, C, H, W), the features that the
    maps are made of, and lowest, the hourglass's narrowest level (B, widths[-1], 2, 2), of the
    last stack; depth (B, 1, H, W), the crop reduced to the maps' size.
    """

    outputs: list[Tensor]
    upper: Tensor
    lowest: Tensor
    depth: Tensor


class PresenceOutput(NamedTuple):
    """
    Presence and side of B crops, float32.

    presence (B,): probability in [0, 1] that the crop is centred on a hand. side (B,): the
    probability of a right hand less that of a left one, in [-1, 1]; it means nothing where there
    is no hand.
    """

    presence: Tensor
    side: Tensor


class PresenceHead(nn.Module):
    """
    Presence from all pooled features, the side from the joints in the frame of their palm.

    Antisymmetric by construction: side = f(joints) - f(mirrored joints).
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

    def forward(self, features: Features) -> PresenceOutput:
        """Return presence and side of crops by their features."""
        presence, side = (odds.float() for odds in self.logits(self.pool(features)))
        # NaN means no hand.
        presence = torch.nan_to_num(presence, nan=-_SURE, posinf=_SURE, neginf=-_SURE)
        side = torch.nan_to_num(side, nan=0.0, posinf=_SURE, neginf=-_SURE)
        return PresenceOutput(torch.sigmoid(presence), torch.tanh(side / 2.0))

    def pool(self, features: Features) -> Tensor:
        """
        Pool features to (B, F), in the floating type of the head.

        First the joints along the palm's axes, then the lowest level as it is, then features and
        maps over all places.
        """
        maps = features.outputs[-1].float()
        joints = maps.shape[1] // 5
        palm = palm_coordinates(soft_joints(maps, features.depth.float(), self.theta_m))
        pooled = [
            palm.clamp(-_FAR, _FAR).flatten(1),
            features.lowest.flatten(1),
            features.upper.mean(dim=(2, 3)),
            features.upper.amax(dim=(2, 3)),
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


def soft_joints(maps: Tensor, depth: Tensor, theta_m: float) -> Tensor:
    """
    Return the joints (B, J, 3) that maps (B, 5 J, H, W) over depth (B, 1, H, W) vote for.

    As decoding.decode_soft does, in units of the cube and without the camera.
    """
    batch, channels, height, width = maps.shape
    joints = channels // 5
    ends = (joints, 2 * joints)
    _, heat_3d, direction = torch.tensor_split(maps.flatten(2), ends, dim=1)
    direction = direction.reshape(batch, joints, 3, height * width)
    foreground = (depth < BACKGROUND).to(maps.dtype).flatten(2)
    weights = vote_shares(heat_3d, foreground)
    steps = (torch.arange(width, device=maps.device, dtype=maps.dtype) + 0.5) * (2.0 / width) - 1.0
    x = steps.view(1, 1, width).expand(batch, height, width).flatten(1)
    y = steps.view(1, height, 1).expand(batch, height, width).flatten(1)
    points = torch.stack([x, y, depth.flatten(1)], dim=1)
    lengths = weights * (1.0 - heat_3d) * (2.0 * theta_m / REFERENCE_CUBE_M)
    centers = torch.matmul(weights, points.transpose(1, 2))
    return centers + (lengths.unsqueeze(2) * direction).sum(dim=3)


def palm_coordinates(joints: Tensor) -> Tensor:
    """
    Return joints (B, J, 3) from the wrist along a palm's axes, in lengths of its palm.

    The axes: to the middle knuckle, across, and the normal that a right and a left hand have on
    opposite sides, so that of a mirrored hand the last coordinates have the opposite sign.
    """
    out = joints - joints[:, _WRIST].unsqueeze(1)
    length = _length(out[:, _MIDDLE])
    forward = out[:, _MIDDLE] / length
    normal = _cross(out[:, _INDEX], out[:, _LITTLE])
    normal = normal - (normal * forward).sum(dim=1, keepdim=True) * forward
    normal = normal / _length(normal)
    axes = torch.stack([forward, _cross(normal, forward), normal], dim=2)
    return torch.matmul(out, axes) / length.unsqueeze(2)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    """Return the cross products of (B, 3) by products alone, which every runtime has."""
    # (y, z, x) and (z, x, y): as slices of the vectors twice, fewer operations than by component.
    a, b = torch.cat([a, a], dim=1), torch.cat([b, b], dim=1)
    return a[:, 1:4] * b[:, 2:5] - a[:, 2:5] * b[:, 1:4]


def _length(vectors: Tensor) -> Tensor:
    """Return lengths (B, 1) of (B, 3), none of them zero."""
    return (vectors * vectors).sum(dim=1, keepdim=True).sqrt().clamp(min=_LEAST)
