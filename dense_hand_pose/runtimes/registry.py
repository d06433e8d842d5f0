# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The runtimes and the shipped models, one row each, and the choice among them.

A runtime by name, or the first that works; a model by name, or the first that ships and is made
for a device that answers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
import logging
from typing import Any

from dense_hand_pose.network.weight_file import find_weights, is_shipped

from .base import Backend, BackendError, Model, Runtime, Wanted
from .host import why_no_cuda


@dataclass(frozen=True)
class RuntimeEntry:
    """
    A runtime by name.

    ``device``: 'cuda' or 'cpu'. Functions are 'module:name' in this package: ``load`` and
    ``load_detector`` take a Wanted and return a Backend and a Runtime; ``demanded`` loads the
    backend otherwise when it is asked for by name; ``offer`` returns what can be loaded in which
    precision (precision.Offer).
    """

    name: str
    device: str
    load: str
    load_detector: str = ''
    demanded: str = ''
    offer: str = ''


RUNTIMES = (
    RuntimeEntry(
        'tensorrt', 'cuda', '.nvidia:prefer_tensorrt', demanded='.nvidia:require_tensorrt'
    ),
    RuntimeEntry('cuda', 'cuda', '.nvidia:load_cuda', offer='.nvidia:offer_cuda'),
    RuntimeEntry(
        'openvino',
        'cpu',
        '.openvino.runtime:load',
        '.openvino.runtime:load_detector',
        offer='.openvino.runtime:offer',
    ),
    RuntimeEntry(
        'cpu',
        'cpu',
        '.torch_cpu:load_cpu',
        '.torch_cpu:load_detector',
        offer='.torch_cpu:offer',
    ),
)
"""In the order in which `auto` tries them."""
BACKENDS = ('auto', *(entry.name for entry in RUNTIMES))


@dataclass(frozen=True)
class ModelEntry:
    """A model of hand poses by the name of its file, and the device that it is made for."""

    name: str
    device: str


MODELS = (ModelEntry('large', 'cuda'), ModelEntry('default', 'cpu'))
"""In the order in which `auto` tries them; one that does not ship is left out."""

_LOG = logging.getLogger(__name__)


def make_backend(name: str, model: Model, *, threads: int = 0, precision: str = 'auto') -> Backend:
    """
    Return a backend with the model; ``auto`` takes the first runtime that works.

    ``threads`` and ``precision`` as in Wanted. Raises ValueError for an unknown name or value,
    WeightsError (a ValueError) for an unusable file, and BackendError when a named backend, or
    every one, cannot run here.
    """
    _check(name)
    wanted = Wanted(model=model, precision=precision, threads=threads)
    _ = model.config  # a file that is no model is named before any runtime is started
    if name == 'auto':
        backend: Backend = _first_that_works(wanted, 'backend', lambda entry: entry.load)
        return backend
    entry = entry_of(name)
    try:
        named: Backend = call(entry.demanded or entry.load, wanted)
    except BackendError as error:
        raise BackendError(f'backend {name}: {error}; or use backend auto') from error
    return named


def find_model(name: str, backend: str = 'auto') -> Model:
    """
    Return a shipped model by name, or of a path; 'auto' is the one for the device of a backend.

    That is the GPU where it answers and the backend's name does not exclude it. Raises ValueError
    for an unknown backend and WeightsError (a ValueError) for a model that does not exist or is
    not as it was shipped.
    """
    _check(backend)
    if name != 'auto':
        return Model(find_weights(name))
    device = 'cuda' if backend == 'auto' else entry_of(backend).device
    chosen = MODELS[-1].name
    for entry in MODELS:
        fits = entry.device == 'cpu' or (device == 'cuda' and why_no_cuda() is None)
        if is_shipped(entry.name) and fits:
            chosen = entry.name
            break
    _LOG.info('model auto: %s', chosen)
    return Model(find_weights(chosen))


def make_detector(
    name: str, model: Model, *, threads: int = 0, precision: str = 'auto'
) -> Runtime:
    """
    Return a runtime with the hand detector: letterbox 'frame' in, 'maps' out.

    It stays on the CPU: it is small, it runs in few of the frames, and its input would have to be
    copied to a GPU first. The name of a backend that has no detector means any that has one. Of
    ``precision``, 'auto' and 'bfloat16' are bfloat16 where OpenVINO computes in it; all else is
    float32. Raises as make_backend does.
    """
    _check(name)
    wanted = Wanted(model=model, precision=precision, threads=threads)
    if name != 'auto' and entry_of(name).load_detector:
        named: Runtime = call(entry_of(name).load_detector, wanted)
        return named
    found: Runtime = _first_that_works(wanted, 'detector', lambda entry: entry.load_detector)
    return found


def entry_of(name: str) -> RuntimeEntry:
    """Return the row of a runtime's name."""
    return next(entry for entry in RUNTIMES if entry.name == name)


def call(function: str, wanted: Wanted) -> Any:
    """Return what a function of a row, 'module:name', makes of what is wanted."""
    module, _, name = function.partition(':')
    return getattr(import_module(module, __package__), name)(wanted)


def _check(name: str) -> None:
    if name not in BACKENDS:
        raise ValueError(f'backend {name!r}: expected one of {", ".join(BACKENDS)}')


def _first_that_works(wanted: Wanted, what: str, loader_of: Callable[[RuntimeEntry], str]) -> Any:
    refused: list[str] = []
    for entry in RUNTIMES:
        loader = loader_of(entry)
        if not loader:
            continue
        try:
            found = call(loader, wanted)
        except (BackendError, ImportError, OSError, RuntimeError) as error:
            refused.append(f'not {entry.name}: {" ".join(str(error).split())}')
            continue
        _LOG.info('%s auto: %s', what, '; '.join([f'{entry.name} ({found.precision})', *refused]))
        return found
    raise BackendError(f'no {what} works here ({"; ".join(refused)})')
