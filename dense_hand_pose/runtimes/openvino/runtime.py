# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO on a CPU: an exported graph, compiled for the batches that frames need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
import importlib.util
from typing import Any

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import decode_maps, joined, Result
from dense_hand_pose.network.config import NetworkConfig
import numpy as np

from .archive import exported_graph, ExportedGraph
from ..base import Array, Backend, BackendError, Model, Runtime, Wanted
from ..host import cpu_name
from ..precision import choose_precision, Offer
from ..process import import_openvino

BATCHES = (1, 4)
"""
Crops that are computed together: one for a hand that is followed, more for a search.

Two crops take less time alone than in a batch of four, of which half is padding.
"""
_FEWEST_IN_A_BATCH = 3
_HINTS = {'float32': 'f32', 'bfloat16': 'bf16', 'float16': 'f16'}
_CAPABILITIES = {'bfloat16': 'BF16', 'float16': 'FP16', 'float32': 'FP32'}
_MAPS = 'maps'
_MERGED = Result._fields
_UNMERGED = (_MAPS, 'presence', 'side')


@cache
def openvino_core() -> Any:
    """
    Return the one core of this process, which lives as long; ImportError without OpenVINO.

    OpenVINO's CPU plugin gives the thread that loads it a stack for signal handlers (AMX's
    registers need a larger one), and takes the memory back, but not the setting, when its core is
    freed: after that the next Ctrl-C would end the process with SIGSEGV.
    """
    return import_openvino().Core()


class OpenVinoRuntime:
    """Runs an exported graph, of whose outputs ``outputs`` are wanted; compiled on first use."""

    name = 'openvino'

    def __init__(
        self, graph: ExportedGraph, precision: str, threads: int, outputs: Sequence[str]
    ) -> None:
        self.precision = precision
        self._graph, self._outputs = graph, tuple(outputs)
        self._settings = {
            'PERFORMANCE_HINT': 'LATENCY',
            'INFERENCE_PRECISION_HINT': _HINTS[precision],
            # Pinned threads wait for whatever else runs on their core.
            'ENABLE_CPU_PINNING': False,
            **({'INFERENCE_NUM_THREADS': threads} if threads else {}),
        }
        self._requests: dict[int, Any] = {}

    def prepare(self, batch: int) -> None:
        """Compile for a batch of this size, unless that is done."""
        if batch not in self._requests:
            self._requests[batch] = self._compile(batch).create_infer_request()

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs by name; all inputs have the batch in front."""
        batch = len(next(iter(inputs.values())))
        self.prepare(batch)
        request = self._requests[batch]
        request.infer(dict(inputs), share_inputs=True)
        return {
            self._name_of(port): tensor.data.copy()
            for port, tensor in zip(request.model_outputs, request.output_tensors, strict=True)
        }

    def _compile(self, batch: int) -> Any:
        openvino = import_openvino()
        core = openvino_core()
        weights = np.frombuffer(self._graph.weights, np.uint8)
        model = core.read_model(self._graph.xml, openvino.Tensor(weights))
        for result in model.get_results():
            if not set(self._outputs) & result.output(0).get_names():
                model.remove_result(result)
        shapes = {port: [batch, *list(port.partial_shape)[1:]] for port in model.inputs}
        model.reshape(shapes)
        return core.compile_model(model, 'CPU', self._settings)

    def _name_of(self, port: Any) -> str:
        """Return the name of an output; the compiler may have added some of its own."""
        return next(name for name in self._outputs if name in port.get_names())


class OpenVinoBackend:
    """
    Runs the exported graph with the votes merged as it was exported.

    Where they are to be merged otherwise, the network's maps alone come from OpenVINO, and
    codec/numpy_decoding.py does the rest.
    """

    name = 'openvino'

    def __init__(
        self, graph: ExportedGraph, network: NetworkConfig, precision: str, threads: int = 0
    ) -> None:
        self.precision = precision
        self._network = network
        self._merged = OpenVinoRuntime(graph, precision, threads, _MERGED)
        self._unmerged = OpenVinoRuntime(graph, precision, threads, _UNMERGED)
        for batch in BATCHES:
            self._merged.prepare(batch)

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        inputs = {'crops': crops, 'centers_m': centers_m, 'sizes_m': sizes_m}
        inputs = {name: np.ascontiguousarray(a, np.float32) for name, a in inputs.items()}
        results = []
        for part in parts_of(len(crops)):
            chunk = {name: array[part] for name, array in inputs.items()}
            results.append(self._run_part(chunk, decoding))
        return joined(results)

    def _run_part(self, chunk: dict[str, Array], decoding: DecodingConfig) -> Result:
        count = len(chunk['crops'])
        batch = next(size for size in BATCHES if size >= count)
        padded = {name: _padded(array, batch) for name, array in chunk.items()}
        merged = decoding == DecodingConfig()
        found = (self._merged if merged else self._unmerged).run(padded)
        found = {name: array[:count] for name, array in found.items()}
        if merged:
            return Result(**found)
        maps = found.pop(_MAPS)
        inputs = (chunk['crops'], chunk['centers_m'], chunk['sizes_m'])
        network = self._network
        decoded = decode_maps(maps, inputs, network.joints, network.theta_m, decoding)
        return decoded._replace(**found)


def parts_of(count: int) -> Iterator[slice]:
    """Cut ``count`` crops into the parts that are computed together."""
    begin, largest = 0, BATCHES[-1]
    while begin < count:
        left = count - begin
        size = min(left, largest) if left >= _FEWEST_IN_A_BATCH else 1
        yield slice(begin, begin + size)
        begin += size


def offer(wanted: Wanted) -> Offer:
    """Return what OpenVINO can load onto the CPU; BackendError where it is not installed."""
    _require_openvino()
    openvino = import_openvino()
    graph = exported_graph(wanted.model, _export_pose)
    return Offer(
        offered_precisions(),
        make=lambda p: OpenVinoBackend(graph, wanted.model.config, p, wanted.threads),
        reference=lambda: graph.reference_m,
        where=f'OpenVINO {openvino.__version__} on {cpu_name()}',
    )


def load(wanted: Wanted) -> Backend:
    """Load onto the CPU in the fastest precision that it computes in and that agrees."""
    return choose_precision(wanted, offer(wanted))


def load_detector(wanted: Wanted) -> Runtime:
    """
    Load the hand detector: in bfloat16 where that is wanted and the CPU computes in it.

    In bfloat16 the centres differ by a millimetre or a few, where the next search begins anyway.
    """
    _require_openvino()
    able = wanted.precision in ('auto', 'bfloat16') and 'bfloat16' in offered_precisions()
    return detector_runtime(
        exported_graph(wanted.model, _export_detector),
        'bfloat16' if able else 'float32',
        wanted.threads,
    )


def detector_runtime(graph: ExportedGraph, precision: str, threads: int = 0) -> OpenVinoRuntime:
    """Return the runtime of a detector's graph, compiled."""
    runtime = OpenVinoRuntime(graph, precision, threads, (_MAPS,))
    runtime.prepare(1)
    return runtime


def offered_precisions() -> list[str]:
    """Return the precisions in which this processor computes, the fastest first."""
    capable = openvino_core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
    return [precision for precision, name in _CAPABILITIES.items() if name in capable]


def _require_openvino() -> None:
    try:
        found = importlib.util.find_spec('openvino') is not None
    except ModuleNotFoundError:  # of an import hook
        found = False
    if not found:
        raise BackendError('OpenVINO is not installed (pip install openvino)')


def _export_pose(model: Model) -> ExportedGraph:
    from .export import export_model

    return export_model(model)


def _export_detector(model: Model) -> ExportedGraph:
    from .export import export_detector

    return export_detector(model)


def _padded(array: Array, batch: int) -> Array:
    """Repeat the last entry until there are ``batch``."""
    missing = batch - len(array)
    return array if not missing else np.concatenate([array, *[array[-1:]] * missing])
