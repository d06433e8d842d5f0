# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Export the graph of a model for OpenVINO, next to its weights: <model>.openvino.zip.

With this file a CPU needs no PyTorch. To be run again whenever the weights change; for weights
among the shipped models it also renews SHA256SUMS, by which they are checked when they are loaded.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ._common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.backends.model import Model
    from dense_hand_pose.backends.openvino_file import ExportedGraph


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('model', help='model name or .safetensors file')
    parser.add_argument(
        '--out', type=Path, help='file to write (default: next to the weights, where it is found)'
    )


def run(args: argparse.Namespace) -> int:
    """Export, check against float32 PyTorch, and write the file."""
    from dense_hand_pose.backends.base import BackendError
    from dense_hand_pose.backends.model import Model
    from dense_hand_pose.backends.openvino_file import shipped_file, write_graph
    from dense_hand_pose.network.weight_file import locate_weights, MODELS_DIR, write_sums

    try:
        model = Model(locate_weights(args.model))
        path = args.out or shipped_file(model)
        graph, misses_mm = _exported(model)
        write_graph(path, graph)
        if path.parent.resolve() == MODELS_DIR.resolve():
            write_sums()
    except ImportError as error:
        raise CommandError(
            f'{error}: the export needs PyTorch and OpenVINO (requirements/train.txt)'
        ) from error
    except (OSError, ValueError, BackendError) as error:
        raise CommandError(str(error)) from error
    print(f'{path}: {path.stat().st_size / 1e6:.1f} MB, of weights {model.sha256[:12]}')
    for precision, miss_mm in misses_mm.items():
        print(f'{precision}: joints {miss_mm:.3f} mm from float32 PyTorch (mean, 200 crops)')
    return 0


def _exported(model: Model) -> tuple[ExportedGraph, dict[str, float]]:
    """Return the graph and how far its joints are off in each precision of this processor."""
    from dense_hand_pose.backends.openvino_backend import offered_precisions, OpenVinoBackend
    from dense_hand_pose.backends.openvino_export import export_model
    from dense_hand_pose.backends.precision import disagreement_mm, TOLERANCE_MM

    graph = export_model(model)
    misses_mm = {
        precision: disagreement_mm(
            OpenVinoBackend(graph, model.config, precision), graph.reference_m
        )
        for precision in offered_precisions()
    }
    if misses_mm['float32'] > TOLERANCE_MM:
        raise CommandError(
            f'{model.path}: not exported, in float32 OpenVINO misses the joints of PyTorch by '
            f'{misses_mm["float32"]:.2f} mm on average, more than {TOLERANCE_MM} mm'
        )
    return graph, misses_mm
