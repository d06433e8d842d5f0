# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Batch renormalisation (Ioffe, NeurIPS 2017), which the paper trains with."""

import torch
from torch import nn, Tensor

_PLAIN_STEPS = 5_000
"""So long it is batch normalisation; then the bounds open linearly (Sec. 4.1 of the source)."""
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
    Return r_max and d_max after so many batches.

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
