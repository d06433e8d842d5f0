# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Ask the real torch_tensorrt which operations of network and decoding it can convert.

`make tensorrt-coverage` runs it in an environment of its own (make_venv.sh), without a GPU: the
partitioner's dry run needs none, only answers to questions about one. Every operation has to
convert, into one subgraph. Exit status 1, with the operations, where one does not.
"""

from dataclasses import dataclass
from itertools import product
import logging
from pathlib import Path
import sys
import time
from typing import Any

from dense_hand_pose.codec.config import DecodingConfig, METHODS
from dense_hand_pose.network.config import CONFIGURATIONS
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.graph import example_inputs, export_graph
from dense_hand_pose.runtimes.tensorrt.compiling import compile_options, engine_graph
import torch
import torch.nn.functional as F  # noqa: N812

NETWORKS = ('default', 'paper')
PRECISIONS = ('float16', 'float32')
DECODINGS = {method: DecodingConfig(method=method) for method in METHODS}
_GIB = 1 << 30


@dataclass(frozen=True)
class Coverage:
    """How many operations there are and convert, in how many subgraphs, and which do not."""

    total: int
    supported: int
    subgraphs: int
    unsupported: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Return whether everything becomes one engine."""
        return self.total == self.supported > 0 and self.subgraphs == 1 and not self.unsupported


def pretend_a_gpu() -> None:
    """Answer what torch_tensorrt asks about the GPU when it is imported and partitions."""
    torch.cuda.current_device = lambda: 0
    torch.cuda.get_device_capability = lambda *_: (8, 7)
    torch.cuda.mem_get_info = lambda *_: (8 * _GIB, 16 * _GIB)
    if not hasattr(torch._C, '_CudaDeviceProperties'):
        torch._C._CudaDeviceProperties = object  # PyTorch for CPUs lacks the type


def coverage_of(exported: torch.export.ExportedProgram, inputs: list[torch.Tensor]) -> Coverage:
    """Return what the partitioner's dry run finds, with the options of a real build."""
    from torch_tensorrt.dynamo import _compiler

    found: list[Any] = []
    _compiler.dryrun_stats_display = lambda tracker, _: found.append(tracker)
    # What is left to PyTorch would be moved to the GPU.
    _compiler.to_torch_device = lambda _: torch.device('cpu')
    # But what does not convert is to be told rather than refused.
    options = compile_options(_compiler.compile, Path()) | {'require_full_compilation': False}
    options.pop('timing_cache_path', None)
    _compiler.compile(exported, arg_inputs=inputs, dryrun=True, **options)
    (tracker,) = found
    left = [*map(str, tracker.unsupported_ops), *tracker.to_run_in_torch]
    return Coverage(
        tracker.total_ops_in_graph,
        tracker.supported_ops_in_graph,
        tracker.tensorrt_graph_count,
        tuple(left),
    )


class Unconvertible(torch.nn.Module):
    """What has no converter: a maximum with its place."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return maxima of 2 x 2 pixels and their places."""
        values, places = F.max_pool2d(torch.relu(x), 2, return_indices=True)
        return values, places


def main() -> int:
    """Print a line for each graph."""
    pretend_a_gpu()
    logging.disable(logging.WARNING)
    picture = torch.zeros(1, 1, 4, 4)
    found = coverage_of(torch.export.export(Unconvertible(), (picture,)), [picture])
    print(f'known not to convert: {", ".join(found.unsupported) or "but it does"}', flush=True)
    complete = not found.complete  # a check that never fails would show nothing
    for network, precision, (name, decoding) in product(NETWORKS, PRECISIONS, DECODINGS.items()):
        begin = time.perf_counter()
        net = DenseRegressionNet(CONFIGURATIONS[network])
        exported = export_graph(engine_graph(net, decoding, precision), 1)
        found = coverage_of(exported, list(example_inputs(1)))
        complete = complete and found.complete
        print(
            f'{network:8} {precision} {name:10}: {found.supported} of {found.total} operations '
            f'convert, {found.subgraphs} subgraph(s) ({time.perf_counter() - begin:.1f} s)',
            *(f'  not converted: {operation}' for operation in found.unsupported),
            sep='\n',
            flush=True,
        )
    return 0 if complete else 1


if __name__ == '__main__':
    sys.exit(main())
