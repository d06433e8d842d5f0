# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Every runtime in every precision, one after the other, as the steps compare and time them."""

from collections.abc import Callable
from dataclasses import dataclass
import functools

from dense_hand_pose.runtimes.base import Backend, BackendError, Model, Wanted
from dense_hand_pose.runtimes.host import GPU_PRECISIONS
from dense_hand_pose.runtimes.registry import call, RuntimeEntry, RUNTIMES

from .hooks import engine_hooks, hooks_of
from .plan import Check


@dataclass(frozen=True)
class Named:
    """A runtime in a precision; ``make`` raises BackendError where it cannot run here."""

    backend: str
    precision: str
    make: Callable[[], Backend]


def named_runtimes(check: Check, model: Model) -> list[Named]:
    """Return all that the registry has; one that cannot be asked has precision '-'."""
    found: list[Named] = []
    for entry in RUNTIMES:
        found += _tensorrt(check, model) if entry.name == 'tensorrt' else _of(entry, check, model)
    return found


def _of(entry: RuntimeEntry, check: Check, model: Model) -> list[Named]:
    if entry.device == 'cuda' and check.dry:
        return [Named(entry.name, 'float32', lambda: _static_on_cpu(model))]
    try:
        offer = call(entry.offer, Wanted(model=model))
    except (BackendError, ImportError, RuntimeError) as error:
        return [Named(entry.name, '-', _refusing(str(error)))]
    return [
        Named(entry.name, precision, functools.partial(offer.make, precision))
        for precision in offer.precisions
    ]


def _tensorrt(check: Check, model: Model) -> list[Named]:
    """Return the engines that lie in the cache; nothing is built here."""
    missing = hooks_of(check).why_no_tensorrt()
    if missing is not None:
        return [Named('tensorrt', '-', _refusing(missing))]

    def cached(precision: str) -> Backend:
        from dense_hand_pose.runtimes.tensorrt.backend import cached_engines

        backend, _ = cached_engines(model, (precision,), engine_hooks(check))
        if backend is None:
            raise BackendError('no engine in the cache; the step "TensorRT engine" builds it')
        return backend

    return [
        Named('tensorrt', precision, functools.partial(cached, precision))
        for precision in GPU_PRECISIONS
    ]


def _static_on_cpu(model: Model) -> Backend:
    from dense_hand_pose.runtimes.cuda import CudaBackend

    return CudaBackend(model.network(), 'float32', device='cpu')


def _refusing(reason: str) -> Callable[[], Backend]:
    def refuse() -> Backend:
        raise BackendError(reason)

    return refuse
