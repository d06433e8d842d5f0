# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""An engine for one crop and one for as many as hands are followed, as one backend."""

from collections.abc import Sequence
import logging

from dense_hand_pose.codec.config import DecodingConfig

from .cache import Say
from .engine import Seams, TensorRTBackend
from .engines import EngineMaker
from .errors import TensorRTError
from ..base import Array, Backend, Result
from ..model import Model

BATCHES = (1, 4)
"""One hand that is followed; and the most that are (estimation/config.py), or a search."""

_LOG = logging.getLogger(__name__)


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
    model: Model, precisions: Sequence[str], seams: Seams | None
) -> tuple[Backend | None, bool]:
    """
    Return what serves from the cache, None without an engine for one, and whether that is all.

    Raises TensorRTError where building the engine for one has failed before.
    """
    one = EngineMaker(model, seams, BATCHES[0]).cached(precisions)
    if one is None:
        return None, False
    try:
        many = EngineMaker(model, seams, BATCHES[1]).cached(precisions)
    except TensorRTError as error:
        _warn(error)
        return one, True
    return (one, False) if many is None else (BatchedEngines(one, many), True)


def get_engines(
    model: Model, precisions: Sequence[str], seams: Seams | None, say: Say = _LOG.info
) -> Backend:
    """Return both engines, built if need be; TensorRTError where there is none for one crop."""
    one = EngineMaker(model, seams, BATCHES[0]).get(precisions, say)
    try:
        many = EngineMaker(model, seams, BATCHES[1]).get(precisions, say)
    except TensorRTError as error:
        _warn(error)
        return one
    return BatchedEngines(one, many)


def _warn(error: TensorRTError) -> None:
    _LOG.warning('TensorRT for %d crops: %s; they go one at a time', BATCHES[1], error)
