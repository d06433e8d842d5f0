# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The graph of a model for OpenVINO as one file (artefact.py): IR, graph.xml and graph.bin in fp16.

It was made for weights, by their hash, and for code, by GRAPH_VERSION. ``reference.npy`` holds
what float32 PyTorch computes of a probe (precision.py). The file is shipped beside the weights,
kept in the cache, or made now.
"""

from collections.abc import Callable
from dataclasses import dataclass
import importlib.util
import io
import logging
from pathlib import Path

from dense_hand_pose.network.config import GRAPH_VERSION
from dense_hand_pose.network.weight_file import check_shipped, WeightsError, write_atomically
import numpy as np
import numpy.typing as npt

from ..artefact import Artefact, pack, RejectedError, unpack
from ..base import BackendError, Model
from ..cache import ArtefactCache, cache_folder

SUFFIX = '.openvino.zip'
_FORMAT = 'dense_hand_pose/openvino/1'
_XML, _WEIGHTS, _REFERENCE = 'graph.xml', 'graph.bin', 'reference.npy'


class ExportError(ValueError):
    """An exported file that cannot be used; the message names it and the reason."""


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
    reference = io.BytesIO()
    np.save(reference, graph.reference_m, allow_pickle=False)
    members = {_XML: graph.xml, _WEIGHTS: graph.weights, _REFERENCE: reference.getvalue()}
    return pack(Artefact(_FORMAT, _facts(graph.weights_sha256), members, graph.made_with))


def write_graph(path: Path, graph: ExportedGraph) -> None:
    """Write the file; a reader never sees half of it."""
    write_atomically(path, pack_graph(graph))


def read_graph(path: Path, model: Model) -> ExportedGraph:
    """
    Read the exported graph of a model.

    Raises ExportError for a file that is missing, damaged, or made from other weights or by
    other code than that which is here.
    """
    return unpack_graph(path, model, str(path))


def unpack_graph(source: bytes | Path, model: Model, name: str) -> ExportedGraph:
    """Return what pack_graph was given; ExportError, which begins with ``name``, as read_graph."""
    try:
        found = unpack(source, _FORMAT, _facts(model.sha256))
        reference = np.load(io.BytesIO(found.members[_REFERENCE]), allow_pickle=False)
        return ExportedGraph(
            found.members[_XML],
            found.members[_WEIGHTS],
            np.asarray(reference, np.float32),
            model.sha256,
            {key: str(value) for key, value in found.notes.items()},
        )
    except FileNotFoundError as error:
        raise ExportError(f'{name} is missing') from error
    except RejectedError as error:
        raise ExportError(f'{name} {error}') from None
    except Exception as error:  # numpy's reader of damaged files raises what it likes
        reason = ' '.join(str(error).split())
        raise ExportError(f'{name} is damaged ({reason})') from error


def _facts(weights_sha256: str) -> dict[str, object]:
    return {'graph_version': GRAPH_VERSION, 'weights_sha256': weights_sha256}


_LOG = logging.getLogger(__name__)


def exported_graph(model: Model, export: Callable[[Model], ExportedGraph]) -> ExportedGraph:
    """
    Return the graph that lies next to the weights, or was kept, or else export it now.

    ``export`` is export_model or export_detector of export.py. Raises BackendError where the
    graph would have to be exported and PyTorch is not installed.
    """
    shipped = shipped_file(model)
    try:
        graph = read_graph(shipped, model)
        check_shipped(shipped)
        return graph
    except (ExportError, WeightsError) as error:
        refused = str(error)  # not the error: its frames would hold the whole loading
    folder = cache_folder('openvino')
    cache = None if folder is None else ArtefactCache(folder, '.zip')
    kept = None if cache is None else _kept(cache, model)
    if kept is not None:
        return kept
    if importlib.util.find_spec('torch') is None:
        raise BackendError(
            f'{refused}, and PyTorch, which would export it again, is not installed; '
            f'run `python -m dense_hand_pose export {model.path}` where it is'
        )
    level = logging.WARNING if shipped.exists() else logging.INFO
    _LOG.log(level, '%s: exporting %s for OpenVINO, once', refused, model.path.name)
    graph = export(model)
    if cache is not None:
        _keep(cache, model, graph)
    return graph


def _kept(cache: ArtefactCache, model: Model) -> ExportedGraph | None:
    """Return the graph that was kept, None without a usable one."""
    try:
        data = cache.read(model.sha256)
        name = str(cache.path(model.sha256))
        return None if data is None else unpack_graph(data, model, name)
    except (RejectedError, ExportError) as error:
        _LOG.info('%s: %s', cache.path(model.sha256), error)
        return None


def _keep(cache: ArtefactCache, model: Model, graph: ExportedGraph) -> None:
    try:
        cache.write(model.sha256, pack_graph(graph))
    except OSError as error:
        path = cache.path(model.sha256)
        _LOG.warning('%s: not kept (%s): the next start exports again', path, error.strerror)
