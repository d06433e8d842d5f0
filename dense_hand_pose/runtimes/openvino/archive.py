# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The graph of a model as one file: OpenVINO IR (graph.xml, graph.bin in fp16) in a zip.

``metadata.json`` names the weights by their hash and the code by GRAPH_VERSION, so that a file
that is older than either is found out; ``reference.npy`` holds what float32 PyTorch makes of the
probe (precision.py). One file, because a pair can be half replaced.
"""

from dataclasses import dataclass
import io
import json
from pathlib import Path
import zipfile
import zlib

from dense_hand_pose.network.config import GRAPH_VERSION
from dense_hand_pose.network.weight_file import write_atomically
import numpy as np
import numpy.typing as npt

from ..model import Model

SUFFIX = '.openvino.zip'
_FORMAT = 'dense_hand_pose/openvino/1'
_LARGEST_BYTES = 1 << 30
"""More would be a damaged file that asks for all memory rather than a network."""
_DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, EOFError)


class ExportError(ValueError):
    """An exported file that cannot be used; the message names it and says why."""


@dataclass(frozen=True)
class ExportedGraph:
    """IR as bytes; ``reference_m`` (200, J, 3): float32 PyTorch's joints of the probe."""

    xml: bytes
    weights: bytes
    reference_m: npt.NDArray[np.float32]
    weights_sha256: str
    made_with: dict[str, str]


def shipped_file(model: Model) -> Path:
    """Return where the exported graph of a weight file lies: next to it."""
    return model.path.with_suffix(SUFFIX)


def pack_graph(graph: ExportedGraph) -> bytes:
    """Return the file's content; the same graph gives the same bytes."""
    metadata = {
        'format': _FORMAT,
        'graph_version': GRAPH_VERSION,
        'weights_sha256': graph.weights_sha256,
        'made_with': graph.made_with,
    }
    reference = io.BytesIO()
    np.save(reference, graph.reference_m, allow_pickle=False)
    members = {
        'metadata.json': json.dumps(metadata, indent=1, sort_keys=True).encode(),
        'graph.xml': graph.xml,
        'graph.bin': graph.weights,
        'reference.npy': reference.getvalue(),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, 'w', zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def write_graph(path: Path, graph: ExportedGraph) -> None:
    """Write the file; a reader never sees half of it."""
    write_atomically(path, pack_graph(graph))


def read_graph(path: Path, model: Model) -> ExportedGraph:
    """
    Read the exported graph of a model.

    Raises ExportError for a file that is missing, damaged, or made from other weights or by
    other code than that which is here.
    """
    try:
        with zipfile.ZipFile(path) as file:
            if sum(info.file_size for info in file.infolist()) > _LARGEST_BYTES:
                raise ValueError('it claims more than a gigabyte')
            metadata = json.loads(file.read('metadata.json'))
            _check_age(metadata, model)
            reference = np.load(io.BytesIO(file.read('reference.npy')), allow_pickle=False)
            return ExportedGraph(
                file.read('graph.xml'),
                file.read('graph.bin'),
                np.asarray(reference, np.float32),
                str(metadata['weights_sha256']),
                dict(metadata['made_with']),
            )
    except FileNotFoundError as error:
        raise ExportError(f'{path} is missing') from error
    except ExportError as error:
        raise ExportError(f'{path} {error}') from None
    except _DAMAGED as error:
        reason = ' '.join(str(error).split())
        raise ExportError(f'{path} is damaged ({reason})') from error


def _check_age(metadata: dict[str, object], model: Model) -> None:
    if metadata['format'] != _FORMAT:
        raise ExportError(f'has format {metadata["format"]!r}, expected {_FORMAT!r}')
    if metadata['graph_version'] != GRAPH_VERSION:
        raise ExportError(
            f'was made by other code (graph {metadata["graph_version"]}, here {GRAPH_VERSION})'
        )
    if metadata['weights_sha256'] != model.sha256:
        raise ExportError(f'was made from other weights than {model.path.name}')
