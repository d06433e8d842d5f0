# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Convolution blocks and the hourglass (Newell et al., ECCV 2016), and their normalisation.

Normalisation follows each convolution, so that it folds into it. The paper trains with batch
renormalisation (Ioffe, NeurIPS 2017). The hourglass goes down to 2 pixels and back, with skips.
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


_PLAIN_STEPS = 5_000
"""Steps of plain batch normalisation; then the bounds open linearly (Sec. 4.1 of the source)."""
_R_MAX, _R_OPEN_STEPS = 3.0, 40_000
_D_MAX, _D_OPEN_STEPS = 5.0, 25_000
_MOMENTUM = 0.01


class BatchRenorm2d(nn.BatchNorm2d):
    """
    Batch normalisation corrected towards the running statistics: ``x_hat * r + d``.

    r = clip(sigma_batch / sigma, 1 / r_max, r_max) and d = clip((mu_batch - mu) / sigma, d_max)
    pass no gradients. It holds the tensors of BatchNorm2d, so that weights fit either.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise (B, C, H, W); in evaluation exactly as BatchNorm2d."""
        if not self.training:
            return super().forward(x)
        if (
            self.running_mean is None
            or self.running_var is None
            or (self.num_batches_tracked is None)
        ):
            raise ValueError('batch renormalisation needs running statistics')
        x32 = x.float()
        variance, mean = torch.var_mean(x32, dim=(0, 2, 3), correction=0)
        sigma = (variance + self.eps).sqrt()
        with torch.no_grad():
            r_max, d_max = bounds(int(self.num_batches_tracked))
            usual = (self.running_var + self.eps).sqrt()
            r = (sigma / usual).clamp(1.0 / r_max, r_max)
            d = ((mean - self.running_mean) / usual).clamp(-d_max, d_max)
        scale = self.weight * r / sigma
        shift = self.bias + self.weight * d - mean * scale
        with torch.no_grad():
            count = x.numel() // x.shape[1]
            unbiased = variance * (count / max(1, count - 1))
            self.running_mean.lerp_(mean, _MOMENTUM)
            self.running_var.lerp_(unbiased, _MOMENTUM)
            self.num_batches_tracked += 1
        return (x32 * scale.view(1, -1, 1, 1) + shift.view(1, -1, 1, 1)).to(x.dtype)


def bounds(batches: int) -> tuple[float, float]:
    """
    Return r_max and d_max after a number of batches.

    >>> bounds(5_000), bounds(15_000), bounds(40_000)
    ((1.0, 0.0), (1.5714285714285714, 2.5), (3.0, 5.0))
    """
    r_open = min(1.0, max(0.0, (batches - _PLAIN_STEPS) / (_R_OPEN_STEPS - _PLAIN_STEPS)))
    d_open = min(1.0, max(0.0, (batches - _PLAIN_STEPS) / (_D_OPEN_STEPS - _PLAIN_STEPS)))
    return 1.0 + (_R_MAX - 1.0) * r_open, _D_MAX * d_open


def renormalise(module: nn.Module) -> None:
    """Turn every BatchNorm2d below a module into BatchRenorm2d, in place."""
    for child in module.modules():
        if type(child) is nn.BatchNorm2d:
            child.__class__ = BatchRenorm2d
