# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The backend ``tensorrt``: demanded by name, or taken when it is ready while another serves."""

from collections.abc import Callable, Sequence
import logging
import threading
import time

from dense_hand_pose.codec.config import DecodingConfig

from .batches import BATCHES, cached_engines, get_engines
from .cache import Say
from .engine import Seams
from .engines import EngineMaker
from .errors import TensorRTError
from ..base import Array, Backend, Result, Wanted
from ..nvidia import PRECISIONS

_LOG = logging.getLogger(__name__)


class ServeWhileBuilding:
    """
    Serves with a stand-in until the engine is there; ``name`` says which of the two works.

    The build, and the check of what it gives, run on a thread of their own. If there is no engine
    in the end, the stand-in stays, after one warning.
    """

    def __init__(self, stand_in: Backend, get: Callable[[Say], Backend]) -> None:
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
            self._serving = self._get(self._say)  # one assignment: the next frame sees it
        except TensorRTError as error:
            _LOG.warning('TensorRT: %s; %s goes on serving', error, self._serving.name)
        except Exception:
            _LOG.exception('TensorRT: the build broke; %s goes on serving', self._serving.name)
        else:
            spent_s = time.monotonic() - self._begin
            _LOG.info('TensorRT engine ready after %.0f s: it serves from now on', spent_s)
        self.name, self.precision = self._serving.name, self._serving.precision

    def _say(self, text: str) -> None:
        """Put progress into the log, and into the name, which diagnostics show."""
        _LOG.info('%s', text)
        self.name = f'{self._serving.name} ({text})'


def required(wanted: Wanted, seams: Seams | None = None) -> Backend:
    """Return a backend that runs on TensorRT, built if need be; TensorRTError says why not."""
    return get_engines(wanted.model, _precisions(wanted), seams)


def preferred(
    wanted: Wanted, stand_in: Callable[[], Backend], seams: Seams | None = None
) -> Backend:
    """
    Return cached engines at once, else the stand-in, which serves until they are built.

    With an engine for one crop alone, that one stands in. Raises TensorRTError where an earlier
    build has failed.
    """
    precisions = _precisions(wanted)
    backend, complete = cached_engines(wanted.model, precisions, seams)
    if backend is not None and complete:
        return backend
    return ServeWhileBuilding(
        backend or stand_in(), lambda say: get_engines(wanted.model, precisions, seams, say)
    )


def build(
    wanted: Wanted,
    say: Say,
    *,
    batches: Sequence[int] = BATCHES,
    force: bool = False,
    seams: Seams | None = None,
) -> str:
    """Have engines in the cache, built if need be; say which. TensorRTError if one fails."""
    return '\n'.join(
        _built(EngineMaker(wanted.model, seams, n), wanted, say, force) for n in batches
    )


def _built(maker: EngineMaker, wanted: Wanted, say: Say, force: bool) -> str:
    backend = maker.get(_precisions(wanted), say, force=force)
    path = maker.path(backend.precision)
    where = 'nowhere: it could not be written' if path is None else str(path)
    return (
        f'engine for {maker.batch} in {backend.precision}, joints {backend.miss_mm:.3f} mm from '
        f'float32 on average: {where}'
    )


def _precisions(wanted: Wanted) -> tuple[str, ...]:
    """Return the precisions to try, in this order; TensorRTError for one that no engine has."""
    if wanted.precision == 'auto':
        return PRECISIONS
    if wanted.precision not in PRECISIONS:
        raise TensorRTError(
            'missing', f'precision {wanted.precision}: engines have {" or ".join(PRECISIONS)}'
        )
    return tuple(dict.fromkeys((wanted.precision, 'float32')))
