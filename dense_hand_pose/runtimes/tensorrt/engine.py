# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""An engine at work: loaded, and compared with float32 PyTorch before it serves."""

from collections.abc import Callable
from dataclasses import dataclass
import io

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.config import NetworkConfig
import numpy as np

from .build import build_in_child
from .cache import Say
from .compiling import load_engine
from .container import Parcel, RejectedError
from .fingerprint import Facts, platform_facts
from .request import BuildRequest
from ..base import Array, Result
from ..nvidia import first_line
from ..precision import disagreement_mm, TOLERANCE_MM
from ..static_graph import Function, StaticGraph

DECODING = DecodingConfig()
"""What engines are made for; votes that are to be merged otherwise are merged in PyTorch."""


@dataclass(frozen=True)
class Seams:
    """Where a GPU is needed; tests put something else there."""

    build: Callable[[BuildRequest, Say], bytes] = build_in_child
    load: Callable[[bytes], Function] = load_engine
    platform: Callable[[], Facts] = platform_facts
    device: str = 'cuda'


class TensorRTBackend:
    """Serves from an engine; ``miss_mm``: how far its joints are from float32 on average."""

    name = 'tensorrt'

    def __init__(self, graph: StaticGraph, precision: str) -> None:
        self.precision = precision
        self.miss_mm = float('inf')
        self._graph = graph

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        return self._graph.run(crops, centers_m, sizes_m, decoding)


def open_engine(
    parcel: Parcel, precision: str, batch: int, network: NetworkConfig, seams: Seams
) -> TensorRTBackend:
    """Load an engine and run its check; RejectedError where it does not even run."""
    try:
        function = seams.load(parcel.engine)
        graph = StaticGraph(lambda _: function, network, DECODING, batch, seams.device)
        backend = TensorRTBackend(graph, precision)
        expected_m = np.load(io.BytesIO(parcel.joints), allow_pickle=False)
        backend.miss_mm = disagreement_mm(backend, expected_m)
    except Exception as error:  # torch, torch_tensorrt and zip readers raise what they like
        raise RejectedError(f'it cannot be loaded and run: {first_line(error)}') from error
    return backend


def strays(backend: TensorRTBackend) -> str:
    """Say how far the joints of an engine are from those that they should be."""
    return (
        f'its joints in {backend.precision} differ from those of float32 PyTorch by '
        f'{backend.miss_mm:.2f} mm on average, at most {TOLERANCE_MM} mm is accepted'
    )


def to_bytes(joints_m: Array) -> bytes:
    """Return joints as an NPY file."""
    file = io.BytesIO()
    np.save(file, joints_m)
    return file.getvalue()
