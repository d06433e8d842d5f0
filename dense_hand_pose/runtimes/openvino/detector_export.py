# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From a detector's weights to OpenVINO IR; needs PyTorch."""

from dense_hand_pose.camera.letterbox import CHANNELS, HEIGHT_PX, WIDTH_PX
from dense_hand_pose.network.detector import DetectorGraph
from dense_hand_pose.network.weights import load_detector
from dense_hand_pose.process import import_openvino
import numpy as np
import torch

from .archive import ExportedGraph
from .export import as_ir, quiet_converter
from ..base import Array
from ..detector import OpenVinoDetector
from ..model import Model

ov = import_openvino()

_PROBES = 8


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
    converted.input(0).get_tensor().set_names({'frame'})
    converted.output(0).get_tensor().set_names({'maps'})
    xml, weights = as_ir(converted)
    made_with = {'torch': torch.__version__, 'openvino': str(ov.__version__)}
    return ExportedGraph(xml, weights, reference, model.sha256, made_with)


def probe_letterboxes() -> Array:
    """Return inputs (8, 3, HEIGHT_PX, WIDTH_PX) of blobs before slopes, with holes."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    out = np.zeros((_PROBES, CHANNELS, HEIGHT_PX, WIDTH_PX), np.float32)
    for frame in out:
        slope = rng.uniform(-0.005, 0.005, 2)
        depth = 0.8 + slope[0] * x + slope[1] * y
        for _ in range(6):
            u, v, radius = rng.uniform(0, WIDTH_PX), rng.uniform(0, HEIGHT_PX), rng.uniform(4, 20)
            depth[(x - u) ** 2 + (y - v) ** 2 < radius**2] = rng.uniform(-1.0, 0.5)
        frame[2] = rng.random((HEIGHT_PX, WIDTH_PX)) < 0.9
        frame[0], frame[1] = depth * frame[2], (depth + rng.uniform(-0.3, 0.3)) * frame[2]
    return out


def disagreement(graph: ExportedGraph) -> tuple[float, float]:
    """
    Return how far OpenVINO is from PyTorch on the probe.

    The largest difference of a score, and that of a depth in millimetres.
    """
    runtime = OpenVinoDetector(graph.xml, graph.weights)
    maps = np.stack([runtime.run(frame) for frame in probe_letterboxes()])
    off = np.abs(maps - graph.reference_m)
    return float(off[:, 0].max()), float(off[:, 3].max()) * 1000.0
