# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO on a CPU: the exported graph, compiled for the batches that frames need."""

from __future__ import annotations

from collections.abc import Iterator
import importlib.util
from typing import Any

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.process import import_openvino
import numpy as np

from .archive import ExportedGraph
from .lookup import exported_graph
from .openvino_core import openvino_core
from ..base import Array, Backend, BackendError, joined, Result, Wanted
from ..host import cpu_name
from ..numpy_decoding import decode_maps
from ..precision import choose_precision

BATCHES = (1, 4)
"""
Crops that are computed together: one for a hand that is followed, more for a search.

Two crops take less time alone than in a batch of four, of which half is padding.
"""
_FEWEST_IN_A_BATCH = 3
HINTS = {'float32': 'f32', 'bfloat16': 'bf16', 'float16': 'f16'}
_CAPABILITIES = {'bfloat16': 'BF16', 'float16': 'FP16', 'float32': 'FP32'}
_MAPS = 'maps'
_JUDGED = ('presence', 'side')


class OpenVinoBackend:
    """
    Runs the exported graph with the votes merged as it was exported.

    Where they are to be merged otherwise, the network's maps alone come from OpenVINO, and
    numpy_decoding.py does the rest.
    """

    name = 'openvino'

    def __init__(
        self, graph: ExportedGraph, network: NetworkConfig, precision: str, threads: int = 0
    ) -> None:
        self.precision = precision
        self._graph, self._network = graph, network
        self._core = openvino_core()
        self._settings = {
            'PERFORMANCE_HINT': 'LATENCY',
            'INFERENCE_PRECISION_HINT': HINTS[precision],
            # Pinned threads wait for whatever else runs on their core.
            'ENABLE_CPU_PINNING': False,
            **({'INFERENCE_NUM_THREADS': threads} if threads else {}),
        }
        self._requests: dict[tuple[int, bool], Any] = {}
        for batch in BATCHES:
            self._request(batch, merged=True)

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        inputs = tuple(
            np.ascontiguousarray(array, np.float32) for array in (crops, centers_m, sizes_m)
        )
        merged = decoding == DecodingConfig()
        results = []
        for part in parts_of(len(crops)):
            chunk = tuple(array[part] for array in inputs)
            found = self._infer(chunk, merged)
            if not merged:
                decoded = decode_maps(found.pop(_MAPS), chunk, self._network, decoding)
                found = {**decoded._asdict(), **found}
            results.append(Result(**found))
        return joined(results)

    def _infer(self, chunk: tuple[Array, ...], merged: bool) -> dict[str, Array]:
        """Return the outputs of a part of the crops by their names."""
        count = len(chunk[0])
        batch = next(size for size in BATCHES if size >= count)
        request = self._request(batch, merged)
        request.infer([_padded(array, batch) for array in chunk], share_inputs=True)
        return {
            _name(port): tensor.data[:count].copy()
            for port, tensor in zip(request.model_outputs, request.output_tensors, strict=True)
        }

    def _request(self, batch: int, merged: bool) -> Any:
        """Return the inference request for a batch, compiled on first use."""
        key = (batch, merged)
        if key not in self._requests:
            self._requests[key] = self._compile(batch, merged).create_infer_request()
        return self._requests[key]

    def _compile(self, batch: int, merged: bool) -> Any:
        openvino = import_openvino()
        weights = np.frombuffer(self._graph.weights, np.uint8)
        model = self._core.read_model(self._graph.xml, openvino.Tensor(weights))
        wanted = Result._fields if merged else (_MAPS, *_JUDGED)
        for result in model.get_results():
            if _name(result.output(0)) not in wanted:
                model.remove_result(result)
        shapes = {port: [batch, *list(port.partial_shape)[1:]] for port in model.inputs}
        model.reshape(shapes)
        return self._core.compile_model(model, 'CPU', self._settings)


def parts_of(count: int) -> Iterator[slice]:
    """Cut ``count`` crops into the parts that are computed together."""
    begin, largest = 0, BATCHES[-1]
    while begin < count:
        left = count - begin
        size = min(left, largest) if left >= _FEWEST_IN_A_BATCH else 1
        yield slice(begin, begin + size)
        begin += size


def load(wanted: Wanted) -> Backend:
    """Load onto the CPU in the fastest precision that it computes in and that agrees."""
    if importlib.util.find_spec('openvino') is None:
        raise BackendError('OpenVINO is not installed (pip install openvino)')
    openvino = import_openvino()
    graph = exported_graph(wanted.model)
    return choose_precision(
        wanted,
        offered_precisions(),
        make=lambda p: OpenVinoBackend(graph, wanted.model.config, p, wanted.threads),
        reference=lambda: graph.reference_m,
        where=f'OpenVINO {openvino.__version__} on {cpu_name()}',
    )


def offered_precisions() -> list[str]:
    """Return the precisions in which this processor computes, the fastest first."""
    capable = openvino_core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
    return [precision for precision, name in _CAPABILITIES.items() if name in capable]


def _name(port: Any) -> str:
    """Return the name of an output; the compiler may have added some of its own."""
    return next(name for name in (*Result._fields, _MAPS) if name in port.get_names())


def _padded(array: Array, batch: int) -> Array:
    """Repeat the last entry until there are ``batch``."""
    missing = batch - len(array)
    return array if not missing else np.concatenate([array, *[array[-1:]] * missing])
