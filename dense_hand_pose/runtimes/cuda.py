# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch on an NVIDIA GPU: channels last, network and decoding recorded as one CUDA graph."""

from collections.abc import Callable, Sequence

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.graph import HandGraph
import torch
from torch import Tensor

from .base import Array
from .static_graph import Function, StaticGraph

_LARGEST_BATCH = 8
_WARM_UP = 3


class CudaBackend:
    """
    A network and its decoding on a GPU; one recorded graph for each size of a batch.

    The network is changed in place. On another device than a GPU nothing is recorded.
    """

    def __init__(
        self,
        network: DenseRegressionNet,
        precision: str = 'float16',
        decoding: DecodingConfig | None = None,
        device: str = 'cuda',
    ) -> None:
        self.name = torch.device(device).type
        self.precision = precision
        self._decoding = decoding or DecodingConfig()
        self._device = device
        self._graph = HandGraph(network, self._decoding, maps=True).eval()
        self._graph.to(device, getattr(torch, precision))
        self._graph.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._recorded: dict[int, StaticGraph] = {}

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        # The least power of two that holds them all.
        batch = min(1 << max(len(crops) - 1, 0).bit_length(), _LARGEST_BATCH)
        if batch not in self._recorded:
            self._recorded[batch] = self._record(batch)
        return self._recorded[batch].run(crops, centers_m, sizes_m, decoding)

    @torch.inference_mode()
    def _record(self, batch: int) -> StaticGraph:
        make = _recorder(self._graph) if self.name == 'cuda' else lambda _: self._graph
        config = self._graph.network.config
        return StaticGraph(make, config, self._decoding, batch, self._device)


def _recorder(graph: HandGraph) -> Callable[[tuple[Tensor, ...]], Function]:
    """Return what records the graph on given inputs into a CUDA graph."""

    def record(inputs: tuple[Tensor, ...]) -> Function:
        torch.backends.cudnn.benchmark = True  # shapes are fixed: look for the fastest once
        torch.backends.cudnn.allow_tf32 = False  # float32 is to be float32
        side = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                graph(*inputs)
        torch.cuda.current_stream().wait_stream(side)
        recorded = torch.cuda.CUDAGraph()
        # An engine that is being loaded on another thread must not spoil the recording.
        with torch.cuda.graph(recorded, capture_error_mode='thread_local'):
            outputs: tuple[Tensor, ...] = graph(*inputs)

        def replay(*_: Tensor) -> Sequence[Tensor]:
            recorded.replay()
            return outputs

        return replay

    return record
