# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The hand detector: one hourglass on the whole frame (paper Sec. 4.3), made small.

The paper's detector has a heat map for each joint and takes the median of the peaks as the hand's
centre. With two hands every joint has two peaks, and nothing says which belong together. So one
heat map shows the centres themselves (the median u, v of the joints), as in Zhou et al., Objects
as Points (2019), and each of its pixels says where the centre is that it belongs to, how far away,
and which hand it is. The score of a pixel is the presence that the paper's detector lacks.

The paper's heat maps are made as well, but only while the network learns: where fingers are says
much more about a hand's looks than where its middle is.

Legend: B frames, H = MAP_HEIGHT, W = MAP_WIDTH, J joints.
"""

import math

from dense_hand_pose.camera.letterbox import CHANNELS, MAP_STRIDE_PX
from dense_hand_pose.codec.detector_input import INPUT_SCALE, USUAL_M
from dense_hand_pose.skeleton import HAND_21
import torch
from torch import nn, Tensor
import torch.nn.functional as F  # noqa: N812

from .blocks import ConvNorm, fold_norms, Hourglass, Residual
from .config import NetworkConfig

OUTPUTS = 5
"""Score, offset in x and y (map pixels), log2 of the centre's depth over 0.7 m, side."""
_EMPTY = 4.0
_PRIOR_LOGIT = -4.0
"""A hand's centre is rare: learning begins with few, so that the first steps do not unlearn."""


class DetectorNet(nn.Module):
    """Letterboxes (B, 3, HEIGHT_PX, WIDTH_PX) in, [maps (B, OUTPUTS, H, W)] out."""

    taught_by = ('joints.',)
    """What only a training needs: no weight file holds it, and none need."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        if config.task != 'detector':
            raise ValueError(f"task = {config.task!r}: expected 'detector'")
        self.config = config
        width = config.widths[0]
        folded = CHANNELS * MAP_STRIDE_PX**2
        self.stem = nn.Sequential(ConvNorm(folded, width, 3), Residual(width, width))
        self.hourglass = Hourglass(config.widths)
        self.features = nn.Sequential(Residual(width, width), ConvNorm(width, width, 1))
        self.maps = nn.Conv2d(width + 1, OUTPUTS, 1)
        nn.init.normal_(self.maps.weight, std=0.01)
        nn.init.zeros_(self.maps.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.maps.bias[0] = _PRIOR_LOGIT  # type: ignore[index]
        self.joints = nn.Conv2d(width, len(HAND_21.joints), 1)
        nn.init.normal_(self.joints.weight, std=0.01)
        nn.init.constant_(self.joints.bias, _PRIOR_LOGIT)  # type: ignore[arg-type]

    def forward(self, frame: Tensor) -> list[Tensor]:
        """
        Return the maps of the one stack; the score and the side are logits.

        In training mode heat maps of the joints (B, J, H, W), logits, come before them.
        """
        nearest = nearest_log2(frame)
        x = self.features(self.hourglass(self.stem(F.pixel_unshuffle(frame, MAP_STRIDE_PX))))
        made = self.maps(torch.cat([x, nearest.to(x.dtype)], dim=1)).float()
        # The depth is learnt as what lies behind the surface that is seen: that is small.
        log2_m = INPUT_SCALE * nearest.float() + made[:, 3:4]
        maps = torch.cat([made[:, :3], log2_m, made[:, 4:]], dim=1)
        return [self.joints(x).float(), maps] if self.training else [maps]

    def for_inference(self) -> 'DetectorNet':
        """Fold the normalisation, freeze, and return the network itself."""
        self.eval()
        fold_norms(self)
        self.requires_grad_(False)
        return self


def nearest_log2(frame: Tensor) -> Tensor:
    """
    Return the depth channel of the nearest measurement below each map pixel, (B, 1, H, W).

    Where there is none it is the nearest one around, and the usual distance (0) else.
    """
    depth, valid = frame[:, :1], frame[:, 2:3]
    inverse = valid * (_EMPTY - depth)
    block = F.max_pool2d(inverse, MAP_STRIDE_PX)
    around = F.max_pool2d(block, 5, stride=1, padding=2)
    found = torch.where(block > 0.0, block, around)
    return torch.where(found > 0.0, _EMPTY - found, torch.zeros_like(found))


def activated(maps: Tensor) -> Tensor:
    """Return (B, OUTPUTS, H, W): score in [0, 1], offsets, z in metres, side in [-1, 1]."""
    score, side = torch.sigmoid(maps[:, :1]), torch.tanh(maps[:, 4:])
    z_m = USUAL_M * torch.exp(math.log(2.0) * maps[:, 3:4].clamp(-4.0, 4.0))
    return torch.cat([score, maps[:, 1:3], z_m, side], dim=1)


class DetectorGraph(nn.Module):
    """The detector as runtimes compute it: a letterbox in, maps with plain values out."""

    def __init__(self, network: DetectorNet) -> None:
        super().__init__()
        self.network = network.for_inference()

    def forward(self, frame: Tensor) -> Tensor:
        """Return the maps (B, OUTPUTS, H, W) of ``activated``."""
        return activated(self.network(frame)[0])
