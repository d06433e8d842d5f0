# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The backend ``tensorrt``: demanded by name, or taken when it is ready while another serves."""

from collections.abc import Callable, Sequence
import logging
import threading
import time

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result

from .build import TensorRTError
from .engine import GpuHooks, TensorRTBackend
from .engines import EngineMaker
from ..base import Array, Backend, Model, Wanted
from ..cache import Progress
from ..host import GPU_PRECISIONS

BATCHES = (1, 4)
"""One hand that is followed; and the most that are (estimation/config.py), or a search."""

_LOG = logging.getLogger(__name__)


class ServeWhileBuilding:
    """
    Serves with a stand-in until the engine is there; ``name`` is that of the one in use.

    The build, and the check of what it gives, run on a thread of their own. If there is no engine
    in the end, the stand-in stays, after one warning.
    """

    def __init__(self, stand_in: Backend, get: Callable[[Progress], Backend]) -> None:
        self._serving = stand_in
        self._get = get
        self._begin = time.monotonic()
        self.precision = stand_in.precision
        self.name = f'{stand_in.name} (TensorRT engine: to be built)'
        self._building = threading.Thread(target=self._build, name='tensorrt_build', daemon=True)
        self._building.start()

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        return self._serving.run(crops, centers_m, sizes_m, decoding)

    def wait(self, timeout_s: float | None = None) -> None:
        """Wait for the end of the build."""
        self._building.join(timeout_s)

    def _build(self) -> None:
        try:
            self._serving = self._get(self._report)  # one assignment: the next frame sees it
        except TensorRTError as error:
            _LOG.warning('TensorRT: %s; %s keeps serving', error, self._serving.name)
        except Exception:
            _LOG.exception('TensorRT: the build failed; %s keeps serving', self._serving.name)
        else:
            spent_s = time.monotonic() - self._begin
            _LOG.info('TensorRT engine ready after %.0f s: it serves now', spent_s)
        self.name, self.precision = self._serving.name, self._serving.precision

    def _report(self, text: str) -> None:
        """Put progress into the log, and into the name, which diagnostics show."""
        _LOG.info('%s', text)
        self.name = f'{self._serving.name} ({text})'


def required(wanted: Wanted, hooks: GpuHooks | None = None) -> Backend:
    """Return a backend that runs on TensorRT, built if need be; raises TensorRTError."""
    return get_engines(wanted.model, _precisions(wanted), hooks)


def preferred(
    wanted: Wanted, stand_in: Callable[[], Backend], hooks: GpuHooks | None = None
) -> Backend:
    """
    Return cached engines at once, else the stand-in, which serves until they are built.

    With an engine for one crop alone, that one stands in. Raises TensorRTError where an earlier
    build has failed.
    """
    precisions = _precisions(wanted)
    backend, complete = cached_engines(wanted.model, precisions, hooks)
    if backend is not None and complete:
        return backend
    return ServeWhileBuilding(
        backend or stand_in(),
        lambda progress: get_engines(wanted.model, precisions, hooks, progress),
    )


def build(
    wanted: Wanted,
    progress: Progress,
    *,
    batches: Sequence[int] = BATCHES,
    force: bool = False,
    hooks: GpuHooks | None = None,
) -> str:
    """Have engines in the cache, built if need be; return which. TensorRTError if one fails."""
    return '\n'.join(
        _built(EngineMaker(wanted.model, hooks, n), wanted, progress, force) for n in batches
    )


def _built(maker: EngineMaker, wanted: Wanted, progress: Progress, force: bool) -> str:
    backend = maker.get(_precisions(wanted), progress, force=force)
    path = maker.path(backend.precision)
    where = 'nowhere: it could not be written' if path is None else str(path)
    return (
        f'engine for {maker.batch} in {backend.precision}, joints {backend.mean_error_mm:.3f} mm '
        f'from float32 on average: {where}'
    )


def _precisions(wanted: Wanted) -> tuple[str, ...]:
    """Return the precisions to try, in this order; TensorRTError for one that no engine has."""
    if wanted.precision == 'auto':
        return GPU_PRECISIONS
    if wanted.precision not in GPU_PRECISIONS:
        raise TensorRTError(
            'missing', f'precision {wanted.precision}: engines have {" or ".join(GPU_PRECISIONS)}'
        )
    return tuple(dict.fromkeys((wanted.precision, 'float32')))


class BatchedEngines:
    """Serves one crop from the first engine and more from the second; their shapes are fixed."""

    name = 'tensorrt'

    def __init__(self, one: TensorRTBackend, many: TensorRTBackend) -> None:
        self.precision = one.precision
        self._one, self._many = one, many

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        engine = self._one if len(crops) == 1 else self._many
        return engine.run(crops, centers_m, sizes_m, decoding)


def cached_engines(
    model: Model, precisions: Sequence[str], hooks: GpuHooks | None
) -> tuple[Backend | None, bool]:
    """
    Return what serves from the cache, None without an engine for one, and whether that is all.

    Raises TensorRTError where building the engine for one has failed before.
    """
    one = EngineMaker(model, hooks, BATCHES[0]).cached(precisions)
    if one is None:
        return None, False
    try:
        many = EngineMaker(model, hooks, BATCHES[1]).cached(precisions)
    except TensorRTError as error:
        _warn(error)
        return one, True
    return (one, False) if many is None else (BatchedEngines(one, many), True)


def get_engines(
    model: Model, precisions: Sequence[str], hooks: GpuHooks | None, progress: Progress = _LOG.info
) -> Backend:
    """Return both engines, built if need be; TensorRTError where there is none for one crop."""
    one = EngineMaker(model, hooks, BATCHES[0]).get(precisions, progress)
    try:
        many = EngineMaker(model, hooks, BATCHES[1]).get(precisions, progress)
    except TensorRTError as error:
        _warn(error)
        return one
    return BatchedEngines(one, many)


def _warn(error: TensorRTError) -> None:
    _LOG.warning('TensorRT for %d crops: %s; they go one at a time', BATCHES[1], error)
