# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the exported graph of a model comes from: shipped, kept from before, or made now."""

from collections.abc import Callable
import importlib.util
import logging

from dense_hand_pose.network.weight_file import check_shipped, WeightsError

from .archive import (
    ExportedGraph,
    ExportError,
    pack_graph,
    read_graph,
    shipped_file,
    unpack_graph,
)  # fmt: skip
from ..artefact import RejectedError
from ..base import BackendError, Model
from ..cache import ArtefactCache, cache_folder

_LOG = logging.getLogger(__name__)


def exported_graph(
    model: Model, export: Callable[[Model], ExportedGraph] | None = None
) -> ExportedGraph:
    """
    Return the graph that lies next to the weights, or was kept, or else export it now.

    ``export`` makes it; by default that is export.export_model. Raises BackendError where it
    would have to be exported and PyTorch is not installed.
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
    graph = (export or _export_pose)(model)
    if cache is not None:
        _keep(cache, model, graph)
    return graph


def _kept(cache: ArtefactCache, model: Model) -> ExportedGraph | None:
    """Return the graph that was kept, None where there is none of use."""
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


def _export_pose(model: Model) -> ExportedGraph:
    from .export import export_model

    return export_model(model)
