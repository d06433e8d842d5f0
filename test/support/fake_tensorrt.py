# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What stands at the two hooks of the TensorRT backend on machines without a GPU."""

from collections.abc import Callable, Sequence
from pathlib import Path

from dense_hand_pose.network.graph import HandGraph
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes import precision
from dense_hand_pose.runtimes.base import Model
from dense_hand_pose.runtimes.cache import Progress
from dense_hand_pose.runtimes.precision import Probe
from dense_hand_pose.runtimes.tensorrt.build import BuildRequest
from dense_hand_pose.runtimes.tensorrt.engine import GpuHooks
import pytest
from torch import Tensor

from .tiny import tiny_network

_WHOLE = precision.load_probe
MACHINE = {'gpu': 'NVIDIA Test', 'sm': '8.7', 'tensorrt': '10.3', 'torch': '2.8.0'}


def tiny_model(folder: Path, seed: int = 0) -> Model:
    """Write a tiny network and return it as a model."""
    path = folder / f'tiny_{seed}.safetensors'
    save_weights(tiny_network(seed=seed), path, {})
    return Model(path)


def few_crops() -> Probe:
    """Return the first crops of the probe."""
    return Probe(*(array[:6] for array in _WHOLE()))


def isolate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Compare precisions on a few crops, put caches below a folder and return that of engines."""
    monkeypatch.setattr(precision, 'load_probe', few_crops)
    monkeypatch.setenv('XDG_CACHE_HOME', str(folder))
    return folder / 'dense_hand_pose' / 'engines'


class FakeTensorRT:
    """
    A builder and a loader: engines are names of graphs that run in PyTorch on the CPU.

    ``error_m`` moves the joints of an engine by its precision; ``failure`` is raised by the
    builder; ``during`` is called while it builds.
    """

    def __init__(self) -> None:
        self.error_m = {'float16': 0.0, 'float32': 0.0}
        self.failure: Exception | None = None
        self.during: Callable[[], object] = lambda: None
        self.built: list[str] = []
        self.machine = dict(MACHINE)
        self.batches: list[int] = []
        self.graphs: dict[bytes, tuple[HandGraph, str, int]] = {}

    def hooks(self) -> GpuHooks:
        """Return builder and loader, a machine, and the CPU as the device."""
        return GpuHooks(self.build, self.load, lambda: dict(self.machine), 'cpu')

    def build(self, request: BuildRequest, progress: Progress) -> bytes:
        """Return the name of a graph."""
        self.built.append(request.precision)
        self.batches.append(request.batch)
        progress('TensorRT engine: half of it is there')
        self.during()
        if self.failure is not None:
            raise self.failure
        name = f'engine of {request.precision} for {request.batch}'.encode()
        graph = HandGraph(request.model.network(), request.decoding, maps=True)
        self.graphs[name] = (graph, request.precision, request.batch)
        return name

    def load(self, engine: bytes) -> Callable[..., Sequence[Tensor]]:
        """Return the function of a name that was built here; KeyError for another one."""
        graph, precision_name, batch = self.graphs[engine]

        def function(*inputs: Tensor) -> Sequence[Tensor]:
            assert len(inputs[0]) == batch, 'an engine has a fixed shape'
            joints_m, *others = graph(*inputs)
            return (joints_m + self.error_m[precision_name], *others)

        return function
