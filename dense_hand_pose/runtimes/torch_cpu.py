# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch on a CPU or an NVIDIA GPU: network and decoding in one pass, nothing in between."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

from dense_hand_pose.codec.config import DecodingConfig
import numpy as np

from .base import Array, Backend, BackendError, Result, Wanted
from .host import cpu_computes_bfloat16, cpu_name
from .precision import choose_precision, reference_joints

if TYPE_CHECKING:
    from dense_hand_pose.network.dense_regression import DenseRegressionNet
    import torch

_NO_TORCH = 'PyTorch is not installed (pip install torch; README.md, "Set-up")'


class TorchBackend:
    """Runs a network eagerly, its normalisation folded and channels last."""

    def __init__(
        self, network: DenseRegressionNet, device: str, precision: str = 'float32'
    ) -> None:
        from dense_hand_pose.network.graph import HandGraph
        import torch

        self.name = device
        self.precision = precision
        self._graph = HandGraph(network, DecodingConfig()).to(torch.device(device))
        # The decoding is no module: only the network's convolutions change their type.
        self._graph.to(dtype=getattr(torch, precision))
        self._graph.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._device = torch.device(device)

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        import torch

        self._graph.decoding = decoding
        inputs = (self._tensor(array) for array in (crops, centers_m, sizes_m))
        with torch.inference_mode():
            return Result(*(part.cpu().numpy() for part in self._graph(*inputs)))

    def _tensor(self, array: Array) -> torch.Tensor:
        import torch

        return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(self._device)


def load_cpu(wanted: Wanted) -> Backend:
    """Load onto the CPU: bfloat16 where it computes in it, otherwise float32."""
    if importlib.util.find_spec('torch') is None:
        raise BackendError(_NO_TORCH)
    import torch

    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    offered = ('bfloat16', 'float32') if cpu_computes_bfloat16() else ('float32',)
    return choose_precision(
        wanted,
        offered,
        make=lambda precision: TorchBackend(wanted.model.network(), 'cpu', precision),
        reference=lambda: reference_joints(wanted.model),
        where=f'PyTorch {torch.__version__} on {cpu_name()}',
    )
