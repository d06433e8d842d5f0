# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The optimisers of a training: AdamW for all, or Muon for the kernels of hidden convolutions."""

from dense_hand_pose.network.blocks import ConvNorm
from torch import nn, Tensor
from torch.optim import Adam, AdamW, Muon, Optimizer

_NARROWEST = 32
"""Kernels with fewer inputs or outputs are left to AdamW: there is little to orthogonalise."""


class Optimisers:
    """
    What moves the parameters of a network, as one.

    ``kind`` 'muon' gives the kernels of hidden convolutions, as matrices (outputs, inputs x area),
    to Muon (Jordan et al. 2024), its steps scaled to the size of AdamW's so that one learning rate
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
                adjust_lr_fn='match_rms_adamw',
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
