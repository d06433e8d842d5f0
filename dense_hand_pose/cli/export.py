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

from .common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.runtimes.base import Model
    from dense_hand_pose.runtimes.openvino.archive import ExportedGraph

_SCORE_TOLERANCE = 0.02


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('model', help='model name or .safetensors file')
    parser.add_argument(
        '--out', type=Path, help='file to write (default: next to the weights, where it is found)'
    )


def run(args: argparse.Namespace) -> int:
    """Export, check against float32 PyTorch, and write the file."""
    from dense_hand_pose.network.weight_file import locate_weights, MODELS_DIR, write_sums
    from dense_hand_pose.runtimes.base import BackendError, Model
    from dense_hand_pose.runtimes.openvino.archive import shipped_file, write_graph

    try:
        model = Model(locate_weights(args.model))
        path = args.out or shipped_file(model)
        graph, misses = (_exported_detector if is_detector(model) else _exported)(model)
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
    print('\n'.join(misses))
    return 0


def is_detector(model: Model) -> bool:
    """Return whether a weight file holds a hand detector rather than a network for poses."""
    return model.config.task == 'detector'


def _exported_detector(model: Model) -> tuple[ExportedGraph, list[str]]:
    """Return the graph of a hand detector and, as text, how far its maps are off."""
    from dense_hand_pose.runtimes.openvino.export import export_detector
    from dense_hand_pose.runtimes.openvino.runtime import detector_runtime
    from dense_hand_pose.runtimes.precision import detector_disagreement

    graph = export_detector(model)
    score, depth_mm = detector_disagreement(detector_runtime(graph, 'float32'), graph.reference_m)
    if score > _SCORE_TOLERANCE:
        raise CommandError(
            f'{model.path}: not exported, scores of OpenVINO miss those of PyTorch by up to '
            f'{score:.3f}, more than {_SCORE_TOLERANCE}'
        )
    return graph, [
        f'float32: scores up to {score:.5f} and depths up to {depth_mm:.2f} mm from float32 '
        'PyTorch (8 frames)'
    ]


def _exported(model: Model) -> tuple[ExportedGraph, list[str]]:
    """Return the graph and how far its joints are off in each precision of this processor."""
    from dense_hand_pose.runtimes.openvino.export import export_model
    from dense_hand_pose.runtimes.openvino.runtime import offered_precisions, OpenVinoBackend
    from dense_hand_pose.runtimes.precision import disagreement_mm, TOLERANCE_MM

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
    return graph, [
        f'{precision}: joints {miss_mm:.3f} mm from float32 PyTorch (mean, 200 crops)'
        for precision, miss_mm in misses_mm.items()
    ]
