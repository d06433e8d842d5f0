# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What moves the weights: optimisers, the schedule of the learning rate, the running average.

AdamW moves all parameters, or Muon the kernels of hidden convolutions. The running average is what
is validated and shipped.

torch.optim.Muon iterates in bfloat16, which takes most of a step on a processor without
bfloat16 instructions. Muon (Jordan et al. 2024) here iterates in float32 on the small Gram matrix
of a kernel, which costs a few hundredths of a step on any processor.
"""

import math
from typing import Any, TypeAlias

from dense_hand_pose.network.blocks import ConvNorm
import torch
from torch import nn, Tensor
from torch.optim import Adam, AdamW, Optimizer
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

_COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic polynomial whose slope at zero is steepest (Jordan et al. 2024)."""
_STEPS = 5
_EPSILON = 1e-7


class Muon(Optimizer):
    """
    Move matrices by orthogonal steps: Nesterov momentum, its singular values brought near one.

    ``parameters`` are matrices (rows, columns). A step has the size of one of AdamW, 0.2 times
    the root of the longer side, after Liu et al. 2025 (Muon is Scalable for LLM Training).
    ValueError for a parameter of another number of dimensions.
    """

    def __init__(
        self,
        parameters: list[torch.nn.Parameter],
        lr: float,
        weight_decay: float = 0.0,
        momentum: float = 0.95,
    ) -> None:
        for parameter in parameters:
            if parameter.ndim != 2:
                raise ValueError(
                    f'a parameter of shape {tuple(parameter.shape)}: Muon moves matrices; '
                    'reshape it, or give it to AdamW'
                )
        super().__init__(
            parameters, {'lr': lr, 'weight_decay': weight_decay, 'momentum': momentum}
        )

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient; ``closure`` is not supported."""
        if closure is not None:
            raise ValueError('a closure: Muon evaluates the loss once, before the step')
        for group in self.param_groups:
            for parameter in group['params']:
                if parameter.grad is not None:
                    self._move(parameter, parameter.grad, group)

    def _move(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state['momentum_buffer'] = torch.zeros_like(gradient)
        buffer, momentum = state['momentum_buffer'], group['momentum']
        buffer.lerp_(gradient, 1.0 - momentum)
        step = orthogonalised(gradient.lerp(buffer, momentum))
        parameter.mul_(1.0 - group['lr'] * group['weight_decay'])
        parameter.add_(step, alpha=-0.2 * math.sqrt(max(parameter.shape)) * group['lr'])


def orthogonalised(matrix: Tensor) -> Tensor:
    """
    Return the matrix (M, N) with its singular values near one, its singular vectors kept.

    Five iterations X -> (a + b A + c A A) X with A = X X' multiply the start by polynomials of
    its Gram matrix, which commute. So the iterations move the Gram matrix and the product of the
    polynomials, both of the shorter side, and touch the matrix twice.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.T
    wide = wide.float()
    wide = wide / wide.norm().clamp(min=_EPSILON)
    first, second, third = _COEFFICIENTS
    gram = wide @ wide.T
    product = torch.eye(len(wide), device=wide.device)
    for _ in range(_STEPS):
        factor = torch.addmm(gram, gram, gram, beta=second, alpha=third)
        factor.diagonal().add_(first)
        product = factor @ product
        gram = factor @ gram @ factor
    result: Tensor = (product @ wide).to(matrix.dtype)
    return result if matrix.shape[0] <= matrix.shape[1] else result.T


_NARROWEST = 32
"""Kernels with fewer inputs or outputs are left to AdamW: there is little to orthogonalise."""


class Optimisers:
    """
    What moves the parameters of a network, as one.

    ``kind`` 'muon' gives the kernels of hidden convolutions, as matrices (outputs, inputs x area),
    to Muon (Muon), its steps scaled to the size of AdamW's so that one learning rate
    serves both; all else goes to AdamW. 'adam' is the paper's (beta1 = 0.5). ``parts`` holds the
    optimisers by name, for checkpoints; ``param_groups`` is what torch.amp.GradScaler asks of an
    optimiser. ValueError for 'muon' and a network that does not lie channels last.
    """

    def __init__(
        self, network: nn.Module, learning_rate: float, weight_decay: float, kind: str
    ) -> None:
        self.learning_rate = learning_rate
        self.param_groups = [{'params': list(network.parameters())}]
        hidden = _hidden_kernels(network) if kind == 'muon' else []
        chosen = {id(kernel) for kernel in hidden}
        rest = [p for p in network.parameters() if id(p) not in chosen]
        self.parts: dict[str, Optimizer] = {}
        if kind == 'adam':
            self.parts['adam'] = Adam(rest, lr=learning_rate, betas=(0.5, 0.999), fused=True)
        else:
            self.parts['adamw'] = AdamW(
                rest, lr=learning_rate, weight_decay=weight_decay, fused=True
            )
        self._kernels = [(kernel, nn.Parameter(_matrix(kernel.detach()))) for kernel in hidden]
        if any(kernel.data_ptr() != matrix.data_ptr() for kernel, matrix in self._kernels):
            # Muon would move copies, and the network would stay as it is.
            raise ValueError(
                'the kernels of the network do not lie channels last: bring it there by '
                'network.to(memory_format=torch.channels_last) first'
            )
        if self._kernels:
            self.parts['muon'] = Muon(
                [matrix for _, matrix in self._kernels],
                lr=learning_rate,
                weight_decay=weight_decay,
            )

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for kernel, _ in self._kernels:
            kernel.grad = None
        for part in self.parts.values():
            part.zero_grad(set_to_none=True)

    def step(self) -> None:
        """Move every parameter by its gradient, at ``learning_rate``."""
        for kernel, matrix in self._kernels:
            matrix.grad = None if kernel.grad is None else _matrix(kernel.grad)
        for part in self.parts.values():
            for group in part.param_groups:
                group['lr'] = self.learning_rate
            part.step()


def _hidden_kernels(network: nn.Module) -> list[Tensor]:
    kernels = [m.conv.weight for m in network.modules() if isinstance(m, ConvNorm)]
    return [kernel for kernel in kernels if min(kernel.shape[:2]) >= _NARROWEST]


def _matrix(kernel: Tensor) -> Tensor:
    """Return a kernel (O, I, H, W) that lies channels last as (O, H W I), sharing its memory."""
    return kernel.permute(0, 2, 3, 1).reshape(len(kernel), -1)


Tensors: TypeAlias = tuple[Tensor, ...] | list[Tensor]


def ema_decay(updates: int, decay: float) -> float:
    """
    Return the decay of the next update: that of a short memory while there were few.

    With ``decay`` from the start, the random first weights would hold a share of
    decay ** updates: at 0.999 still a twentieth after 3,000 steps.
    """
    return min(decay, (1 + updates) / (10 + updates))


def ema_model(network: nn.Module, decay: float) -> AveragedModel:
    """Return a copy of the network that follows its parameters and its statistics."""

    def update(average: Tensors, current: Tensors, updates: Tensor | int) -> None:
        share = ema_decay(int(updates), decay)
        mean = get_ema_multi_avg_fn(share)  # type: ignore[no-untyped-call]
        mean(average, current, updates)

    return AveragedModel(network, multi_avg_fn=update, use_buffers=True)


def rate_share(schedule: str, spent: float, decay_share: float) -> float:
    """
    Return the learning rate's share of its peak where a share ``spent`` of the budget is used.

    'cosine' falls from the start; 'step' to a tenth after each third (the paper's released code:
    every 10 of 30 epochs). 'wsd' (warm-up, stable, decay: Hu et al. 2024, MiniCPM) stays
    at the peak and falls over the last ``decay_share`` as 1 - sqrt, the form that Haegele et
    al. 2024 (Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations) found
    best; a stable phase does not depend on the budget, so that a larger one can carry it on.

    >>> [rate_share('wsd', spent, 0.4) for spent in (0.0, 0.6, 0.7, 1.0)]
    [1.0, 1.0, 0.5, 0.0]
    """
    if schedule == 'cosine':
        return 0.5 * (1.0 + math.cos(math.pi * spent))
    if schedule == 'step':
        return 0.1 ** min(2, math.floor(3.0 * spent))
    if not decays(schedule, spent, decay_share):
        return 1.0
    return 1.0 - math.sqrt(min(1.0, (spent - (1.0 - decay_share)) / decay_share))


def decays(schedule: str, spent: float, decay_share: float) -> bool:
    """Say whether the rate of a 'wsd' schedule falls from here on."""
    return schedule == 'wsd' and decay_share > 0.0 and spent >= 1.0 - decay_share
