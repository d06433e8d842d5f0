# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the exported graph of a model comes from: shipped, kept from before, or made now."""

from collections.abc import Callable
import importlib.util
import logging
from pathlib import Path

from dense_hand_pose.network.weight_file import check_shipped, WeightsError

from .archive import ExportedGraph, ExportError, read_graph, shipped_file, write_graph
from ..base import BackendError
from ..cache import cache_folder
from ..model import Model

_LOG = logging.getLogger(__name__)


def exported_graph(
    model: Model, export: Callable[[Model], ExportedGraph] | None = None
) -> ExportedGraph:
    """
    Return the graph that lies next to the weights, or was kept, or else export it now.

    ``export`` makes it; by default that is openvino_export.export_model.

    Raises BackendError where it would have to be exported and PyTorch is not installed.
    """
    kept = _kept_file(model)
    refused: list[str] = []  # not the errors: their frames would hold the whole loading
    for path in (shipped_file(model), *([kept] if kept else [])):
        try:
            graph = read_graph(path, model)
            check_shipped(path)
            return graph
        except (ExportError, WeightsError) as error:
            refused.append(str(error))
    said = refused[0]
    if importlib.util.find_spec('torch') is None:
        raise BackendError(
            f'{said}, and PyTorch, which would export it again, is not installed; '
            f'run `python -m dense_hand_pose export {model.path}` where it is'
        )
    level = logging.WARNING if shipped_file(model).exists() else logging.INFO
    _LOG.log(level, '%s: exporting %s for OpenVINO, once', said, model.path.name)
    return _export_and_keep(model, kept, export or _export_pose)


def _kept_file(model: Model) -> Path | None:
    folder = cache_folder('openvino')
    return None if folder is None else folder / f'{model.sha256}.zip'


def _export_pose(model: Model) -> ExportedGraph:
    from .export import export_model

    return export_model(model)


def _export_and_keep(
    model: Model, kept: Path | None, export: Callable[[Model], ExportedGraph]
) -> ExportedGraph:
    graph = export(model)
    if kept is not None:
        try:
            write_graph(kept, graph)
        except OSError as error:
            _LOG.warning('%s: not kept (%s): the next start exports again', kept, error.strerror)
    return graph
