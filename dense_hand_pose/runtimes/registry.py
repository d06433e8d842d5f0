# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a backend: what was asked for, or the first that works here."""

from importlib import import_module
import logging

from .base import Backend, BackendError, BACKENDS, Wanted
from .model import Model

__all__ = ['BACKENDS', 'DEMANDED', 'LOADERS', 'BackendError', 'make_backend']

LOADERS = {
    'tensorrt': '.nvidia:prefer_tensorrt',
    'cuda': '.nvidia:load_cuda',
    'openvino': '.openvino.runtime:load',
    'cpu': '.torch_cpu:load_cpu',
}
"""Backend to the function that loads it, in the order in which `auto` tries them."""

DEMANDED = {'tensorrt': '.nvidia:require_tensorrt'}
"""Backends that are loaded otherwise when they are asked for by name."""

_LOG = logging.getLogger(__name__)


def make_backend(name: str, model: Model, *, threads: int = 0, precision: str = 'auto') -> Backend:
    """
    Return a backend with the model; ``auto`` never fails for want of an accelerator.

    ``threads`` and ``precision`` as in Wanted. Raises ValueError for an unknown name or value,
    WeightsError (a ValueError) for an unusable file, and BackendError when a named backend, or
    every one, cannot run here.
    """
    if name not in BACKENDS:
        raise ValueError(f'backend {name!r}: expected one of {", ".join(BACKENDS)}')
    wanted = Wanted(model=model, precision=precision, threads=threads)
    _ = model.config  # a file that is no model is named before any runtime is started
    return _first_that_works(wanted) if name == 'auto' else _named(name, wanted)


def _named(name: str, wanted: Wanted) -> Backend:
    try:
        return _call(DEMANDED[name], wanted) if name in DEMANDED else _load(name, wanted)
    except BackendError as error:
        raise BackendError(f'backend {name}: {error}; or use backend auto') from error


def _first_that_works(wanted: Wanted) -> Backend:
    refused: list[str] = []
    for name in LOADERS:
        try:
            backend = _load(name, wanted)
        except (BackendError, ImportError, OSError, RuntimeError) as error:
            refused.append(f'not {name}: {" ".join(str(error).split())}')
            continue
        _LOG.info('backend auto: %s', '; '.join([f'{name} ({backend.precision})', *refused]))
        return backend
    raise BackendError(f'no backend works here ({"; ".join(refused)})')


def _load(name: str, wanted: Wanted) -> Backend:
    return _call(LOADERS[name], wanted)


def _call(loader: str, wanted: Wanted) -> Backend:
    module, function = loader.split(':')
    backend: Backend = getattr(import_module(module, __package__), function)(wanted)
    return backend
