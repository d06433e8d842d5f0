# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From a model to a checked engine: out of the cache, or built, and never without a check."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import logging
from pathlib import Path

from .build import BuildRequest, LASTING, RETRY, TensorRTError
from .engine import (
    accuracy_message,
    DECODING,
    EngineFile,
    GpuHooks,
    open_engine,
    TensorRTBackend,
    to_bytes,
)
from .fingerprint import engine_fingerprint, engine_key, Fingerprint
from ..artefact import RejectedError
from ..base import Model
from ..cache import ArtefactCache, cache_folder, Progress
from ..host import GPU_PRECISIONS
from ..precision import TOLERANCE_MM
from ..torch_cpu import reference_joints

_LOG = logging.getLogger(__name__)


class EngineMaker:
    """
    Gives a backend with the engine of a model, for ``batch`` crops and the usual decoding.

    Where there is no safe folder for the cache, engines live in memory only.
    """

    def __init__(self, model: Model, hooks: GpuHooks | None = None, batch: int = 1) -> None:
        self._model = model
        self.batch = batch
        self._hooks = hooks or GpuHooks()
        self._machine = self._hooks.platform()
        folder = cache_folder('engines')
        self.cache = None if folder is None else ArtefactCache(folder, '.engine')
        if folder is None:
            _LOG.warning(
                'no folder for TensorRT engines: ~/.cache/dense_hand_pose/engines cannot be '
                'written or is open to others; the engine is kept in memory for this run only'
            )

    def key(self, precision: str) -> str:
        """Return the name of the engine in the cache."""
        return engine_key(self._fingerprint(precision))

    def path(self, precision: str) -> Path | None:
        """Return the engine's file in the cache, None where there is none."""
        path = None if self.cache is None else self.cache.path(self.key(precision))
        return path if path is not None and path.is_file() else None

    def engine(self, precision: str) -> bytes | None:
        """Return the engine in the cache as torch_tensorrt saved it, None where there is none."""
        data = None if self.cache is None else self.cache.read(self.key(precision))
        return (
            None if data is None else EngineFile.unpack(data, self._fingerprint(precision)).engine
        )

    def cached(self, precisions: Sequence[str] = GPU_PRECISIONS) -> TensorRTBackend | None:
        """Return the engine if it need not be built, None otherwise; TensorRTError as in get."""
        for precision in precisions:
            backend = self._from_cache(precision)
            if backend is not None:
                return backend
            failure = self._failure(precision)
            if failure is None:
                return None
            if failure.kind != 'numbers' or precision == precisions[-1]:
                raise failure
        return None

    def get(
        self,
        precisions: Sequence[str] = GPU_PRECISIONS,
        progress: Progress = _LOG.info,
        *,
        force: bool = False,
    ) -> TensorRTBackend:
        """
        Return the engine of the first precision whose joints agree with float32 PyTorch.

        ``progress`` gets a line now and then. ``force`` builds although an engine is there or a
        build has failed before. Raises TensorRTError.
        """
        for precision in precisions:
            try:
                return self._get(precision, progress, force)
            except TensorRTError as error:
                if error.kind != 'numbers' or precision == precisions[-1]:
                    raise
                _LOG.warning('TensorRT in %s: %s; trying the next precision', precision, error)
        raise ValueError('no precision given')

    def _get(self, precision: str, progress: Progress, force: bool) -> TensorRTBackend:
        """Return the engine of one precision."""
        failure = None if force else self._failure(precision)
        if failure is not None:
            raise failure
        with self._lock(precision, progress):
            # Whoever held the lock before may have built it.
            backend = None if force else self._from_cache(precision)
            if backend is not None:
                return backend
            try:
                return self._build(precision, progress)
            except TensorRTError as error:
                if self.cache is not None and error.kind in LASTING:
                    self.cache.mark_failed(self.key(precision), error.kind, str(error))
                raise

    def _build(self, precision: str, progress: Progress) -> TensorRTBackend:
        """Build, check and keep an engine."""
        engine = self._hooks.build(
            BuildRequest(self._model, DECODING, self.batch, precision), progress
        )
        progress('TensorRT engine: comparing its joints with those of PyTorch')
        file = EngineFile(engine, to_bytes(reference_joints(self._model)))
        try:
            backend = self._open(file, precision)
        except RejectedError as error:
            raise TensorRTError(
                'failed', f'the engine that was built is of no use: {error}; retry: `{RETRY}`'
            ) from error
        if backend.mean_error_mm > TOLERANCE_MM:
            raise TensorRTError('numbers', f'{accuracy_message(backend)}; retry: `{RETRY}`')
        self._keep(precision, file)
        return backend

    def _keep(self, precision: str, file: EngineFile) -> None:
        """Write an engine into the cache; a full disk costs only the next start's time."""
        if self.cache is None:
            return
        try:
            self.cache.write(self.key(precision), file.pack(self._fingerprint(precision)))
        except OSError as error:
            _LOG.warning(
                'the engine cannot be written to %s (%s): kept in memory for this run; the next '
                'start builds it again unless there is room',
                self.cache.folder,
                error.strerror or error,
            )

    def _from_cache(self, precision: str) -> TensorRTBackend | None:
        """Return a cached engine that passes its check; warn and remove it otherwise."""
        if self.cache is None:
            return None
        key = self.key(precision)
        try:
            data = self.cache.read(key)
            if data is None:
                return None
            file = EngineFile.unpack(data, self._fingerprint(precision))
            backend = self._open(file, precision)
            if backend.mean_error_mm > TOLERANCE_MM:
                raise RejectedError(accuracy_message(backend))
        except RejectedError as error:
            _LOG.warning('cached engine rejected (%s); rebuilding', error)
            self.cache.remove(key)
            return None
        return backend

    def _open(self, file: EngineFile, precision: str) -> TensorRTBackend:
        return open_engine(file, precision, self.batch, self._model.config, self._hooks)

    def _failure(self, precision: str) -> TensorRTError | None:
        """Return why an earlier build failed, None where none has."""
        found = None if self.cache is None else self.cache.failure(self.key(precision))
        if found is None:
            return None
        text = f'a build on {found["time"]} failed: {found["reason"]}'
        return TensorRTError(found['kind'], text if RETRY in text else f'{text}; retry: `{RETRY}`')

    @contextmanager
    def _lock(self, precision: str, progress: Progress) -> Iterator[None]:
        if self.cache is None:
            yield
            return
        with self.cache.lock(self.key(precision), progress):
            yield

    def _fingerprint(self, precision: str) -> Fingerprint:
        return engine_fingerprint(self._model, DECODING, self.batch, precision, self._machine)
