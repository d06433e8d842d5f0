# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Convolution blocks and the hourglass (Newell et al., ECCV 2016).

Normalisation follows each convolution, so that it folds into it. The hourglass goes down to 2
pixels and back, with skips.
"""

import torch
from torch import nn, Tensor
import torch.nn.functional as F  # noqa: N812


class ConvNorm(nn.Module):
    """A convolution and its batch normalisation, optionally with a ReLU behind."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int = 1, relu: bool = True
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(outputs)
        self.relu = relu
        nn.init.kaiming_normal_(self.conv.weight, nonlinearity='relu')

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H / stride, W / stride)."""
        x = self.norm(self.conv(x))
        return torch.relu(x) if self.relu else x

    @torch.no_grad()
    def fold(self) -> None:
        """Fold the normalisation into the convolution; for inference only."""
        norm = self.norm
        if not isinstance(norm, nn.BatchNorm2d):
            return
        if norm.running_var is None or norm.running_mean is None:
            raise ValueError('a normalisation without running statistics cannot be folded')
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        bias = norm.bias - norm.running_mean * scale
        self.conv.weight.mul_(scale.view(-1, 1, 1, 1))
        self.conv.bias = nn.Parameter(bias)
        self.norm = nn.Identity()


class Residual(nn.Module):
    """The bottleneck residual module: 1x1 to half the width, 3x3, 1x1, and the shortcut."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        middle = outputs // 2
        self.reduce = ConvNorm(inputs, middle, 1)
        self.spatial = ConvNorm(middle, middle, 3)
        self.expand = ConvNorm(middle, outputs, 1, relu=False)
        self.shortcut: nn.Module = (
            nn.Identity() if inputs == outputs else ConvNorm(inputs, outputs, 1, relu=False)
        )
        # Starting as its shortcut, a deep stack trains stably from the first step.
        nn.init.zeros_(self.expand.norm.weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, inputs, H, W) to (B, outputs, H, W)."""
        return torch.relu(self.shortcut(x) + self.expand(self.spatial(self.reduce(x))))


def fold_norms(module: nn.Module) -> None:
    """Fold every batch normalisation below ``module`` into its convolution, once, in place."""
    for child in module.modules():
        if isinstance(child, ConvNorm):
            child.fold()


class Hourglass(nn.Module):
    """One hourglass over maps of ``widths[0]`` channels; its depth is len(widths) - 1."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        outer, inner = widths[0], widths[1]
        self.skip = Residual(outer, outer)
        self.down = Residual(outer, inner)
        self.middle: nn.Module = (
            Hourglass(widths[1:]) if len(widths) > 2 else Residual(inner, inner)
        )
        self.up = Residual(inner, outer)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, widths[0], H, W) to the same shape; H and W divide by 2 ** depth."""
        return self.with_lowest(x)[0]

    def with_lowest(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return forward's result and the narrowest level, (B, widths[-1], H', W')."""
        inner = self.down(F.max_pool2d(x, 2))
        if isinstance(self.middle, Hourglass):
            middle, lowest = self.middle.with_lowest(inner)
        else:
            middle = lowest = self.middle(inner)
        low = self.up(middle)
        wide: Tensor = self.skip(x)
        return wide + F.interpolate(low, scale_factor=2.0, mode='nearest'), lowest
