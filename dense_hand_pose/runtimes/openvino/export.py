# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From weights to OpenVINO IR; the one part of this backend that needs PyTorch."""

from collections.abc import Iterator
import contextlib
from pathlib import Path
import shutil
import tempfile
from typing import Any
import warnings

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.detector import DetectorGraph
from dense_hand_pose.network.graph import export_graph, HandGraph, INPUTS
from dense_hand_pose.network.weights import load_detector
import torch

from .archive import ExportedGraph
from ..base import BackendError, Model
from ..precision import DETECTOR_INPUT, DETECTOR_OUTPUT, probe_letterboxes
from ..process import import_openvino
from ..torch_cpu import reference_joints

ov = import_openvino()


def export_model(model: Model) -> ExportedGraph:
    """
    Export a model's graph for any number of crops, in fp16, with the joints to compare with.

    Takes some ten seconds. Raises WeightsError for an unusable weight file, and BackendError where
    the graph cannot be written to the folder of temporary files.
    """
    graph = HandGraph(model.network(), DecodingConfig(), maps=True)
    with quiet_converter():
        converted = ov.convert_model(export_graph(graph, None))
    for ports, names in ((converted.inputs, INPUTS), (converted.outputs, graph.outputs)):
        for port, name in zip(ports, names, strict=True):
            port.get_tensor().set_names({name})
    xml, weights = as_ir(converted)
    return ExportedGraph(
        xml,
        weights,
        reference_joints(model),
        model.sha256,
        {'torch': torch.__version__, 'openvino': str(ov.__version__)},
    )


@contextlib.contextmanager
def quiet_converter() -> Iterator[None]:
    """Hide deprecations inside torch.export and the converter."""
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


def as_ir(converted: Any) -> tuple[bytes, bytes]:
    """Return a converted model's IR, graph and fp16 weights; BackendError for a full disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'graph.xml'
        try:
            ov.save_model(converted, path, compress_to_fp16=True)
        except RuntimeError as error:  # OpenVINO says no more of a full disk
            free_mb = shutil.disk_usage(folder).free / 1e6
            raise BackendError(
                f'the graph cannot be written to {folder} ({free_mb:.0f} MB free; {error}): make '
                'room, or set TMPDIR to a folder that has some'
            ) from error
        return path.read_bytes(), path.with_suffix('.bin').read_bytes()


def export_detector(model: Model) -> ExportedGraph:
    """
    Export the graph of a detector for one frame, in fp16, with the maps to compare with.

    ``reference_m`` of the result holds the maps of the probe. Raises WeightsError for an unusable
    weight file, and BackendError where temporary files cannot be written.
    """
    graph = DetectorGraph(load_detector(model.path)).eval()
    probe = torch.from_numpy(probe_letterboxes())
    with quiet_converter(), torch.no_grad():
        exported = torch.export.export(graph, (probe[:1],), strict=False)
        converted = ov.convert_model(exported)
        reference = graph(probe).numpy()
    converted.input(0).get_tensor().set_names({DETECTOR_INPUT})
    converted.output(0).get_tensor().set_names({DETECTOR_OUTPUT})
    xml, weights = as_ir(converted)
    made_with = {'torch': torch.__version__, 'openvino': str(ov.__version__)}
    return ExportedGraph(xml, weights, reference, model.sha256, made_with)
