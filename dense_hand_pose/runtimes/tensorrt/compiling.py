# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""torch_tensorrt's part: compile, save and load. Everything here needs a GPU but the options."""

from collections.abc import Mapping
import inspect
import io
from pathlib import Path
from typing import Any

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.graph import example_inputs, export_graph, HandGraph
import torch

from ..static_graph import Function

OPTIONS: Mapping[str, Any] = {
    'min_block_size': 1,
    'require_full_compilation': True,
    'use_explicit_typing': True,
    'immutable_weights': True,
    'cache_built_engines': False,
    'reuse_cached_engines': False,
}
"""What engines are compiled with; a part of their fingerprint."""


def engine_graph(
    network: DenseRegressionNet, decoding: DecodingConfig, precision: str
) -> HandGraph:
    """
    Return the graph that becomes an engine: float32 at both ends, the network in ``precision``.

    The type is written into the graph itself: ``enabled_precisions`` is ignored by some versions
    of torch_tensorrt and refused by others. The network is changed in place.
    """
    graph = HandGraph(network, decoding, maps=True).eval()
    return graph.to(dtype=getattr(torch, precision))


def compile_options(function: Any, timing_cache: Path) -> dict[str, Any]:
    """Return the options of dynamo.compile that this version of torch_tensorrt has."""
    options = {**OPTIONS, 'timing_cache_path': str(timing_cache)}
    known = inspect.signature(function).parameters
    return {name: value for name, value in options.items() if name in known}


def compile_engine(graph: HandGraph, batch: int, path: Path, timing_cache: Path) -> None:
    """Compile the graph for a batch on the GPU and save it."""
    import torch_tensorrt

    inputs = list(example_inputs(batch, 'cuda'))
    exported = export_graph(graph.to('cuda'), batch)
    compiler = torch_tensorrt.dynamo.compile
    options = compile_options(compiler, timing_cache)
    module = compiler(exported, arg_inputs=inputs, **options)
    torch_tensorrt.save(
        module, str(path), output_format='exported_program', arg_inputs=inputs, retrace=False
    )


def load_engine(engine: bytes) -> Function:
    """Return an engine's function; whatever torch raises for one that cannot be loaded."""
    import torch_tensorrt

    module: Function = torch.export.load(io.BytesIO(engine)).module()
    torch_tensorrt.runtime.set_cudagraphs_mode(True)
    return module
