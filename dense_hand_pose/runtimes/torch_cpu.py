# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch on a CPU: arrays at both ends of a graph; the reference of all other runtimes."""

from __future__ import annotations

from collections.abc import Mapping
import importlib.util
from typing import Any, TYPE_CHECKING

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
import numpy as np

from .base import Array, Backend, BackendError, Model, Runtime, Wanted
from .host import cpu_computes_bfloat16, cpu_name
from .precision import choose_precision, DETECTOR_INPUT, DETECTOR_OUTPUT, joints_of, Offer

if TYPE_CHECKING:
    from dense_hand_pose.network.dense_regression import DenseRegressionNet

_NO_TORCH = 'PyTorch is not installed (pip install torch; docs/install.md)'


class TorchRuntime:
    """Runs a graph eagerly; ``inputs`` and ``outputs`` name its arguments and what it returns."""

    def __init__(
        self,
        graph: Any,
        inputs: tuple[str, ...],
        outputs: tuple[str, ...],
        device: str = 'cpu',
        precision: str = 'float32',
    ) -> None:
        import torch

        self.name = device
        self.precision = precision
        self.graph = graph.to(torch.device(device))
        self._inputs, self._outputs = inputs, outputs
        self._device = torch.device(device)

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the graph's outputs by name."""
        import torch

        arrays = (np.ascontiguousarray(inputs[name], np.float32) for name in self._inputs)
        with torch.inference_mode():
            made = self.graph(*(torch.from_numpy(array).to(self._device) for array in arrays))
        parts = made if isinstance(made, tuple) else (made,)
        return {name: part.cpu().numpy() for name, part in zip(self._outputs, parts, strict=True)}


class TorchBackend:
    """The pose network and its decoding; the normalisation folded and channels last."""

    def __init__(
        self, network: DenseRegressionNet, device: str, precision: str = 'float32'
    ) -> None:
        from dense_hand_pose.network.graph import HandGraph, INPUTS
        import torch

        graph = HandGraph(network, DecodingConfig()).to(torch.device(device))
        # The decoding is no module: only the network's convolutions change their type.
        graph.to(dtype=getattr(torch, precision))
        graph.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._runtime = TorchRuntime(graph, INPUTS, graph.outputs, device, precision)
        self.name, self.precision = device, precision

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        self._runtime.graph.decoding = decoding
        inputs = {'crops': crops, 'centers_m': centers_m, 'sizes_m': sizes_m}
        return Result(**self._runtime.run(inputs))


def offer(wanted: Wanted) -> Offer:
    """Return what PyTorch can load onto the CPU: bfloat16 where that computes in it, float32."""
    if importlib.util.find_spec('torch') is None:
        raise BackendError(_NO_TORCH)
    import torch

    if wanted.threads:
        torch.set_num_threads(wanted.threads)
    return Offer(
        ('bfloat16', 'float32') if cpu_computes_bfloat16() else ('float32',),
        make=lambda precision: TorchBackend(wanted.model.network(), 'cpu', precision),
        reference=lambda: reference_joints(wanted.model),
        where=f'PyTorch {torch.__version__} on {cpu_name()}',
    )


def load_cpu(wanted: Wanted) -> Backend:
    """Load the pose network onto the CPU."""
    return choose_precision(wanted, offer(wanted))


def load_detector(wanted: Wanted) -> Runtime:
    """Load the hand detector onto the CPU, in float32."""
    if importlib.util.find_spec('torch') is None:
        raise BackendError(
            'the detector needs OpenVINO with an exported graph, or PyTorch: '
            'pip install openvino, or torch'
        )
    from dense_hand_pose.network.detector import DetectorGraph
    from dense_hand_pose.network.weights import load_detector as load_network

    graph = DetectorGraph(load_network(wanted.model.path)).eval()
    return TorchRuntime(graph, (DETECTOR_INPUT,), (DETECTOR_OUTPUT,))


def reference_joints(model: Model) -> Array:
    """Return the joints (200, J, 3) of float32 PyTorch, the measure of all precisions."""
    return joints_of(TorchBackend(model.network(), 'cpu'))
