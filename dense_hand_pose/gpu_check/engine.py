# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The step that builds TensorRT engines: how long it takes, how large they are, what is left."""

from collections import Counter
from collections.abc import Sequence
import io
import time
from typing import Any

from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import Model
import torch

from .plan import CannotRunError, Check, engine_hooks, hooks_of, StepFindings

_EXECUTE = 'execute_engine'
_GLUE = ('getitem', 'engine', 'sym_size')


def build(check: Check, findings: StepFindings) -> None:
    """Build the engines for one crop and for four, check their joints, and keep them."""
    missing = hooks_of(check).why_no_tensorrt()
    if missing is not None:
        raise CannotRunError(missing)
    from dense_hand_pose.runtimes.tensorrt.backend import BATCHES
    from dense_hand_pose.runtimes.tensorrt.engines import EngineMaker

    model = Model(find_weights(check.model))
    for batch in BATCHES:
        maker = EngineMaker(model, engine_hooks(check), batch)
        begin_s = time.perf_counter()
        backend = maker.get(progress=_say, force=True)
        spent_s = time.perf_counter() - begin_s
        path = maker.path(backend.precision)
        engine = maker.engine(backend.precision)
        findings.rows.append(
            {
                'crops': batch,
                'precision': backend.precision,
                'build and check s': round(spent_s, 1),
                'mean mm from float32': round(backend.mean_error_mm, 4),
                'file MB': None if path is None else round(path.stat().st_size / 1e6, 1),
                **({} if engine is None else parts_of(engine)),
            }
        )


def parts_of(engine: bytes) -> dict[str, Any]:
    """Return how many subgraphs of an engine TensorRT runs, and what is left to PyTorch."""
    program = torch.export.load(io.BytesIO(engine))
    names = [
        str(getattr(node.target, '__name__', node.target))
        for node in program.graph.nodes
        if node.op == 'call_function'
    ]
    left = Counter(n for n in names if _EXECUTE not in n and not any(g in n for g in _GLUE))
    return {
        'TensorRT subgraphs': sum(_EXECUTE in name for name in names),
        'operations left to PyTorch': sum(left.values()),
        'of these': _listed(left.most_common(5)),
    }


def _listed(counts: Sequence[tuple[str, int]]) -> str:
    return ', '.join(f'{count} {name}' for name, count in counts)


def _say(text: str) -> None:
    print(text, flush=True)
