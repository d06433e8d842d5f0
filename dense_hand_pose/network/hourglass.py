# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The hourglass (Newell et al., ECCV 2016): down to 2 pixels and back, with skips."""

from torch import nn, Tensor
import torch.nn.functional as F  # noqa: N812

from .blocks import Residual


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
