# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What the paper compares itself with (Sec. 4.1, Fig. 2), built of the same blocks.

Legend: B crops, J joints, C channels, H = W = MAP_SIZE_PX. Inputs are normalised crops
(B, 1, CROP_SIZE_PX, CROP_SIZE_PX). Coordinates are half cubes from the cube's centre.
"""

from dense_hand_pose.codec.map_geometry import reduce_depth
import torch
from torch import nn, Tensor
import torch.nn.functional as F  # noqa: N812

from .blocks import ConvNorm, Hourglass, Residual
from .config import NetworkConfig
from .dense_regression import DenseRegressionNet, FoldedStem, PaperStem
from .detector import DetectorNet

_HIDDEN = 512


class Regressor(nn.Module):
    """Residual modules down to 4 pixels and two fully connected layers."""

    def __init__(self, inputs: int, width: int, outputs: int) -> None:
        super().__init__()
        self.enter = ConvNorm(inputs, width, 1)
        self.levels = nn.ModuleList(Residual(width, width) for _ in range(3))
        self.hidden = nn.Linear(16 * width, _HIDDEN)
        self.result = nn.Linear(_HIDDEN, outputs)
        # The first answers lie near the cube's centre.
        nn.init.normal_(self.result.weight, std=1e-3)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, 32, 32) to (B, outputs)."""
        x = self.enter(x)
        for level in self.levels:
            x = F.max_pool2d(level(x), 2)
        result: Tensor = self.result(torch.relu(self.hidden(x.flatten(1))))
        return result


class StackedMaps(nn.Module):
    """Stacked hourglasses that make ``channels`` maps each, all of them supervised."""

    def __init__(self, config: NetworkConfig, channels: int) -> None:
        super().__init__()
        width, count = config.widths[0], config.stacks
        self.hourglasses = nn.ModuleList(Hourglass(config.widths) for _ in range(count))
        self.features = nn.ModuleList(
            nn.Sequential(Residual(width, width), ConvNorm(width, width, 1)) for _ in range(count)
        )
        self.maps = nn.ModuleList(nn.Conv2d(width + 1, channels, 1) for _ in range(count))
        self.remap_maps = nn.ModuleList(nn.Conv2d(channels, width, 1) for _ in range(count - 1))
        self.remap_features = nn.ModuleList(nn.Conv2d(width, width, 1) for _ in range(count - 1))

    def forward(self, x: Tensor, depth: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return the maps (B, channels, H, W) of every stack and the last features."""
        outputs: list[Tensor] = []
        for i, hourglass in enumerate(self.hourglasses):
            features = self.features[i](hourglass(x))
            maps = self.maps[i](torch.cat([features, depth.to(features.dtype)], dim=1))
            outputs.append(maps)
            if i + 1 < len(self.hourglasses):
                x = x + self.remap_maps[i](maps) + self.remap_features[i](features)
        return outputs, features


class BaselineNet(nn.Module):
    """
    The network of one baseline; ``config.task`` names it.

    'coordinates': [(B, 3 J)] straight from the crop. 'detection_coordinates' and
    'detection_depth': heat maps (B, J, H, W) of every stack, then (B, 3 J) or (B, J) regressed
    from the last features, maps and depth. 'offset': R and 3D offsets in theta (B, 4 J, H, W) of
    every stack.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        width, joints = config.widths[0], config.joints
        self.stem = PaperStem(width) if config.stem == 'paper' else FoldedStem(width)
        if config.task == 'offset':
            self.stacked: StackedMaps | None = StackedMaps(config, 4 * joints)
            self.regressor: Regressor | None = None
        elif config.task == 'coordinates':
            self.stacked, self.regressor = None, Regressor(width + 1, width, 3 * joints)
        else:
            regressed = 3 * joints if config.task == 'detection_coordinates' else joints
            self.stacked = StackedMaps(config, joints)
            self.regressor = Regressor(width + joints + 1, width, regressed)

    def forward(self, crop: Tensor) -> list[Tensor]:
        """Return the maps of every stack, and last the regressed values where there are some."""
        depth = reduce_depth(crop)
        features: Tensor = self.stem(crop)
        outputs: list[Tensor] = []
        if self.stacked is not None:
            outputs, features = self.stacked(features, depth)
        if self.regressor is None:
            return outputs
        # In one type: beside float32 all that is joined would be copied to it, and back again.
        seen = [features, *outputs[-1:], depth.to(features.dtype)]
        return [*outputs, self.regressor(torch.cat(seen, dim=1))]


HandNet = DenseRegressionNet | BaselineNet | DetectorNet


def build_network(config: NetworkConfig) -> HandNet:
    """Return the random network of a configuration's task."""
    if config.task == 'detector':
        return DetectorNet(config)
    return DenseRegressionNet(config) if config.task == 'dense' else BaselineNet(config)
