# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What runs the hand detector: OpenVINO from an exported graph, PyTorch where it is missing.

It stays on the CPU whatever runs the poses: it is small, it runs in few of the frames, and its
input would have to be copied to a GPU first.
"""

from __future__ import annotations

import importlib.util
import logging
from typing import Any, Protocol

from dense_hand_pose.process import import_openvino
import numpy as np

from .base import Array, BackendError, BACKENDS
from .model import Model
from .openvino.lookup import exported_graph
from .openvino.openvino_core import openvino_core

_LOG = logging.getLogger(__name__)


class DetectorRuntime(Protocol):
    """A runtime with a loaded detector."""

    name: str
    precision: str

    def run(self, frame: Array) -> Array:
        """Return the maps (5, MAP_HEIGHT, MAP_WIDTH) of a letterbox (3, HEIGHT_PX, WIDTH_PX)."""
        ...


class OpenVinoDetector:
    """
    Runs the exported graph in 'float32' or 'bfloat16'.

    In bfloat16 the centres differ by a millimetre or a few, where the next look begins anyway.
    """

    name = 'openvino'

    def __init__(
        self, xml: bytes, weights: bytes, threads: int = 0, precision: str = 'float32'
    ) -> None:
        from .openvino.runtime import HINTS

        openvino = import_openvino()
        core = openvino_core()
        model = core.read_model(xml, openvino.Tensor(np.frombuffer(weights, np.uint8)))
        settings = {
            'PERFORMANCE_HINT': 'LATENCY',
            'INFERENCE_PRECISION_HINT': HINTS[precision],
            'ENABLE_CPU_PINNING': False,
            **({'INFERENCE_NUM_THREADS': threads} if threads else {}),
        }
        self.precision = precision
        self._request = core.compile_model(model, 'CPU', settings).create_infer_request()

    def run(self, frame: Array) -> Array:
        """Return the maps of a letterbox."""
        self._request.infer([np.ascontiguousarray(frame[None])], share_inputs=True)
        maps: Array = self._request.get_output_tensor(0).data[0].copy()
        return maps


class TorchDetector:
    """Runs the network itself, in float32."""

    name = 'cpu'
    precision = 'float32'

    def __init__(self, model: Model) -> None:
        from dense_hand_pose.network.detector import DetectorGraph
        from dense_hand_pose.network.weights import load_detector

        self._graph: Any = DetectorGraph(load_detector(model.path)).eval()

    def run(self, frame: Array) -> Array:
        """Return the maps of a letterbox."""
        import torch

        with torch.inference_mode():
            maps: Array = self._graph(torch.from_numpy(frame[None]))[0].numpy()
        return maps


def load_runtime(
    model: Model, backend: str = 'auto', threads: int = 0, precision: str = 'auto'
) -> DetectorRuntime:
    """
    Load a detector for 'openvino' or 'cpu' (PyTorch); any other backend's name means either.

    ``threads`` of OpenVINO; 0 leaves the number to it, and PyTorch's is that of its process.
    ``precision`` 'auto': in OpenVINO bfloat16 where the CPU computes in it, else float32, which
    'float16' is here, too. Raises WeightsError for unusable weights, ValueError for an unknown
    backend, and BackendError where the one asked for, or any, cannot run here.
    """
    if backend not in BACKENDS:
        raise ValueError(f'backend {backend!r}: expected one of {", ".join(BACKENDS)}')
    if backend == 'cpu':
        return _load_torch(model)
    try:
        return _load_openvino(model, threads, precision)
    except BackendError as error:
        if backend == 'openvino':
            raise
        _LOG.info('detector: %s; PyTorch runs it', error)
    return _load_torch(model)


def _load_openvino(model: Model, threads: int, precision: str) -> OpenVinoDetector:
    if importlib.util.find_spec('openvino') is None:
        raise BackendError('OpenVINO is not installed (pip install openvino)')
    from .openvino.runtime import offered_precisions

    able = precision in ('auto', 'bfloat16') and 'bfloat16' in offered_precisions()
    graph = exported_graph(model, _export)
    return OpenVinoDetector(graph.xml, graph.weights, threads, 'bfloat16' if able else 'float32')


def _load_torch(model: Model) -> TorchDetector:
    if importlib.util.find_spec('torch') is None:
        raise BackendError(
            'the detector needs OpenVINO with an exported graph, or PyTorch: '
            'pip install openvino, or torch'
        )
    return TorchDetector(model)


def _export(model: Model) -> Any:
    from .openvino.detector_export import export_detector

    return export_detector(model)
