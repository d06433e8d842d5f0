# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The steps of a check: their order, the time that each may take, and what each one returns.

CheckHooks is where a step meets a GPU; a dry run puts the CPU there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
import io
import json
from pathlib import Path
from typing import Any, TYPE_CHECKING

from dense_hand_pose.runtimes.host import why_no_cuda, why_no_tensorrt

if TYPE_CHECKING:
    from dense_hand_pose.runtimes.cache import Progress
    from dense_hand_pose.runtimes.static_graph import Function
    from dense_hand_pose.runtimes.tensorrt.build import BuildRequest
    from dense_hand_pose.runtimes.tensorrt.engine import GpuHooks

USUAL_MINUTES = 8.0

Row = dict[str, Any]


class CannotRunError(RuntimeError):
    """A step that cannot run here; the message says why in one line."""


@dataclass(frozen=True)
class Step:
    """
    One step: ``function`` is 'module:name' in this package.

    ``limit_s`` holds for a check of USUAL_MINUTES and grows with it; ``needs_gpu`` keeps the step
    from machines without one.
    """

    name: str
    title: str
    function: str
    limit_s: float
    needs_gpu: bool = True


STEPS = (
    Step('machine', 'What is there', 'machine:describe', 20.0, needs_gpu=False),
    Step('engine', 'TensorRT engine', 'engine:build', 150.0),
    Step('agreement', 'Joints against float32', 'runtimes:compare', 70.0, needs_gpu=False),
    Step('tests', 'Tests that need a GPU', 'machine:run_tests', 60.0),
    Step('network', 'Network and decoding alone', 'runtimes:network', 40.0, needs_gpu=False),
    Step('end_to_end', 'From frame to hand', 'runtimes:end_to_end', 60.0, needs_gpu=False),
    Step('training', 'Training steps', 'training:steps', 60.0),
    Step('rendering', 'Crops for a training', 'training:rendering', 20.0, needs_gpu=False),
)
"""In the order of their worth: what comes last is left out first where time runs out."""


@dataclass(frozen=True)
class Check:
    """
    What the steps are to do, as plain values that a child process can be given.

    ``dry`` puts the CPU in the GPU's place, and ``quick`` does as little as shows that a step
    works. ``folder`` is the report's.
    """

    folder: str
    model: str = 'default'
    dry: bool = False
    quick: bool = False
    limit_s: float = 60.0

    def to_json(self) -> str:
        """Return the values as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Check:
        """Return what to_json has written."""
        return cls(**json.loads(text))

    @property
    def path(self) -> Path:
        """Return the report's folder."""
        return Path(self.folder)


@dataclass
class StepFindings:
    """What a step found: single values by name, and the rows of one table."""

    figures: Row = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)


@dataclass
class Outcome:
    """
    How a step ended, for the report.

    ``state``: 'done', 'not run' (it cannot run here, or no time was left), 'failed' or
    'timed out'; ``why`` is one line for all but the first.
    """

    name: str
    title: str
    state: str
    why: str = ''
    spent_s: float = 0.0
    findings: StepFindings = field(default_factory=StepFindings)


Reason = Callable[[], str | None]


@dataclass(frozen=True)
class CheckHooks:
    """The device of the check, and why it, or TensorRT, cannot be used; None where it can."""

    device: str
    why_no_gpu: Reason
    why_no_tensorrt: Reason


def hooks_of(check: Check) -> CheckHooks:
    """Return the hooks of a check: the real ones, or those of a dry run."""
    if check.dry:
        return CheckHooks('cpu', lambda: None, lambda: None)
    return CheckHooks('cuda', why_no_cuda, why_no_tensorrt)


def engine_hooks(check: Check) -> GpuHooks:
    """Return what builds and loads engines; this imports PyTorch."""
    from dense_hand_pose.runtimes.tensorrt.engine import GpuHooks

    if not check.dry:
        return GpuHooks()
    return GpuHooks(_export, _load_exported, lambda: {'gpu': 'none (dry run)'}, 'cpu')


def _export(request: BuildRequest, progress: Progress) -> bytes:
    """Return the exported graph in the place of an engine; float32, for the CPU."""
    from dense_hand_pose.network.graph import export_graph
    from dense_hand_pose.runtimes.tensorrt.compiling import engine_graph
    import torch

    progress('exporting network and decoding')
    graph = engine_graph(request.model.network(), request.decoding, 'float32')
    file = io.BytesIO()
    torch.export.save(export_graph(graph, request.batch), file)
    return file.getvalue()


def _load_exported(engine: bytes) -> Function:
    import torch

    module: Function = torch.export.load(io.BytesIO(engine)).module()
    return module
