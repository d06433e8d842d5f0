# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""An engine at work: loaded, and compared with float32 PyTorch before it serves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
import io

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.network.config import NetworkConfig
import numpy as np

from .build import build_in_child, BuildRequest
from .compiling import load_engine
from .fingerprint import Fingerprint, platform_fingerprint
from ..artefact import Artefact, pack, RejectedError, unpack
from ..base import Array
from ..cache import Progress
from ..host import first_line
from ..precision import disagreement_mm, TOLERANCE_MM
from ..static_graph import Function, StaticGraph

DECODING = DecodingConfig()
"""What engines are made for; votes that are to be merged otherwise are merged in PyTorch."""
_FORMAT = 'dense_hand_pose/engine/2'
_ENGINE, _JOINTS = 'engine.pt2', 'joints.npy'


@dataclass(frozen=True)
class GpuHooks:
    """Where a GPU is needed; tests and dry runs put something else there."""

    build: Callable[[BuildRequest, Progress], bytes] = build_in_child
    load: Callable[[bytes], Function] = load_engine
    platform: Callable[[], Fingerprint] = platform_fingerprint
    device: str = 'cuda'


@dataclass(frozen=True)
class EngineFile:
    """An engine, and the joints (an NPY file) that it must find in the crops of precision.py."""

    engine: bytes
    joints: bytes

    def pack(self, fingerprint: Mapping[str, str]) -> bytes:
        """Return the contents of the file."""
        members = {_ENGINE: self.engine, _JOINTS: self.joints}
        return pack(Artefact(_FORMAT, fingerprint, members), compress=False)

    @classmethod
    def unpack(cls, data: bytes, fingerprint: Mapping[str, str]) -> 'EngineFile':
        """Return what was packed; RejectedError names what is wrong with the file."""
        members = unpack(data, _FORMAT, fingerprint).members
        if set(members) != {_ENGINE, _JOINTS}:
            raise RejectedError(f'holds {sorted(members)}, no engine with its joints')
        return cls(members[_ENGINE], members[_JOINTS])


class TensorRTBackend:
    """Serves from an engine; ``mean_error_mm``: how far its joints are from float32 on average."""

    name = 'tensorrt'

    def __init__(self, graph: StaticGraph, precision: str) -> None:
        self.precision = precision
        self.mean_error_mm = float('inf')
        self._graph = graph

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        return self._graph.run(crops, centers_m, sizes_m, decoding)


def open_engine(
    file: EngineFile, precision: str, batch: int, network: NetworkConfig, hooks: GpuHooks
) -> TensorRTBackend:
    """Load an engine and run its check; RejectedError where it does not even run."""
    try:
        function = hooks.load(file.engine)
        graph = StaticGraph(lambda _: function, network, DECODING, batch, hooks.device)
        backend = TensorRTBackend(graph, precision)
        expected_m = np.load(io.BytesIO(file.joints), allow_pickle=False)
        backend.mean_error_mm = disagreement_mm(backend, expected_m)
    except Exception as error:  # torch, torch_tensorrt and zip readers raise what they like
        raise RejectedError(f'it cannot be loaded and run: {first_line(error)}') from error
    return backend


def accuracy_message(backend: TensorRTBackend) -> str:
    """Return how far the joints of an engine are from those of float32, in words."""
    return (
        f'its joints in {backend.precision} differ from those of float32 PyTorch by '
        f'{backend.mean_error_mm:.2f} mm on average, at most {TOLERANCE_MM} mm is accepted'
    )


def to_bytes(joints_m: Array) -> bytes:
    """Return joints as an NPY file."""
    file = io.BytesIO()
    np.save(file, joints_m)
    return file.getvalue()
