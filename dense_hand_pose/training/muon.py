# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Muon (Jordan et al. 2024) with its iterations in float32.

torch.optim.Muon iterates in bfloat16, which takes most of a step on a processor without
bfloat16 instructions. Here the iterations run on the small Gram matrix of a kernel, where
float32 costs a few hundredths of a step on any processor.
"""

import math
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

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
