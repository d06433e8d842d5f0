# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where a step of the check meets a GPU, and what stands there in a dry run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
import io
from typing import TYPE_CHECKING

from dense_hand_pose.runtimes.host import why_no_cuda, why_no_tensorrt

from .plan import Check

if TYPE_CHECKING:
    from dense_hand_pose.runtimes.cache import Progress
    from dense_hand_pose.runtimes.static_graph import Function
    from dense_hand_pose.runtimes.tensorrt.build import BuildRequest
    from dense_hand_pose.runtimes.tensorrt.engine import GpuHooks

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
