# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Build an engine in a child process, with progress, and the reason where it fails."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
import json
import os
from pathlib import Path
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time

from dense_hand_pose.codec.config import DecodingConfig

from ..base import BackendError, Model
from ..cache import Progress

RETRY = 'python -m dense_hand_pose build-engine --force'


class TensorRTError(BackendError):
    """There is no engine; the message has the reason and the remedy. ``kind``: one of KINDS."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


KINDS = ('missing', 'failed', 'memory', 'killed', 'timeout', 'numbers', 'interrupted')
"""``numbers``: the engine's joints are wrong in this precision; another one may do."""

LASTING = ('failed', 'memory', 'killed', 'timeout', 'numbers')
"""Kinds that would come again after minutes of building: they leave a .failed marker."""


ENGINE, REQUEST = 'engine.pt2', 'request.json'
CHILD = 'dense_hand_pose.runtimes.tensorrt.child'
_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_LOG = 'build.log'
_MEMORY_FOLDER = Path('/dev/shm')  # noqa: S108 (a private folder is made in it)


@dataclass(frozen=True)
class BuildRequest:
    """A model, its decoding, crops at a time, and 'float16' or 'float32'."""

    model: Model
    decoding: DecodingConfig
    batch: int
    precision: str

    def write(self, folder: Path) -> None:
        """Write the request into a folder."""
        values = {
            'model': str(self.model.path.resolve()),
            'sha256': self.model.sha256,
            'decoding': asdict(self.decoding),
            'batch': self.batch,
            'precision': self.precision,
        }
        (folder / REQUEST).write_text(json.dumps(values))

    @classmethod
    def read(cls, folder: Path) -> 'BuildRequest':
        """Return the request of a folder; ValueError where the model is another one by now."""
        values = json.loads((folder / REQUEST).read_text())
        model = Model(Path(values['model']))
        if model.sha256 != values['sha256']:
            raise ValueError(f'{model.path} was replaced while its engine was to be built')
        decoding = DecodingConfig(**values['decoding'])
        return cls(model, decoding, int(values['batch']), str(values['precision']))


def build_in_child(
    request: BuildRequest,
    progress: Progress,
    *,
    module: str = CHILD,
    limit_s: float = 1800.0,
    report_every_s: float = 10.0,
) -> bytes:
    """
    Return the engine that a child process builds, or raise TensorRTError with the reason.

    What the child writes lies in memory (/dev/shm where there is one): a full disk does not keep
    an engine from serving. ``progress`` gets a line at each step and every ``report_every_s``
    seconds.
    """
    with tempfile.TemporaryDirectory(prefix='hand_pose_engine_', dir=_scratch()) as name:
        folder = Path(name)
        request.write(folder)
        with (folder / _LOG).open('wb') as log:
            child = subprocess.Popen(  # noqa: S603 (no shell, our own command)
                [sys.executable, '-m', module, str(folder), str(os.getpid())],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                errors='replace',
            )
        try:
            reported = _follow(child, progress, limit_s, report_every_s)
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
        if child.returncode == 0 and (folder / ENGINE).is_file():
            return (folder / ENGINE).read_bytes()
        raise _error(child.returncode, reported, folder / _LOG)


def _follow(
    child: 'subprocess.Popen[str]', progress: Progress, limit_s: float, report_every_s: float
) -> tuple[str, str] | None:
    """Pass progress on until the child has ended; return the kind and reason that it gave."""
    begin = time.monotonic()
    failed = None
    for line in _lines(child, report_every_s):
        spent_s = time.monotonic() - begin
        word, _, text = line.partition(' ')
        if word == 'progress':
            progress(f'TensorRT engine: {text} ({spent_s:.0f} s)')
        elif word == 'failed':
            kind, _, reason = text.partition(' ')
            failed = (kind if kind in KINDS else 'failed', reason)
        elif not line:
            progress(f'TensorRT engine: building ({spent_s:.0f} s)')
        if spent_s > limit_s:
            return ('timeout', f'not ready after {limit_s:.0f} s')
    return failed


def _lines(child: 'subprocess.Popen[str]', every_s: float) -> Iterator[str]:
    """Yield the child's lines, and '' whenever none came for ``every_s`` seconds."""
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        with suppress(ValueError):  # the stream was closed meanwhile
            for line in child.stdout or ():
                lines.put(line.strip() or '-')
        lines.put(None)

    threading.Thread(target=read, name='engine_build_output', daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=every_s)
        except queue.Empty:
            yield ''
            continue
        if line is None:
            return
        yield line


def _error(status: int, reported: tuple[str, str] | None, log: Path) -> TensorRTError:
    """Return the reason as an error with what to do."""
    remedy = f'then run `{RETRY}`'
    if reported is None and status == -signal.SIGKILL:
        return TensorRTError(
            'killed',
            'the building process was killed, most likely by the kernel when memory ran out '
            f'({_available_memory()}): close other programs or add swap, {remedy}',
        )
    lines = log.read_text(errors='replace').strip().splitlines()
    kind, reason = reported or ('failed', f'it ended with status {status}: {"".join(lines[-1:])}')
    if kind == 'missing':
        return TensorRTError(kind, reason)
    if kind == 'memory':
        hint = 'close what else uses the GPU'
    elif kind == 'timeout':
        hint = 'give the machine more time or less to do'
    else:
        hint = 'see the reason'
    return TensorRTError(kind, f'building the engine failed ({reason}): {hint}, {remedy}')


def _available_memory() -> str:
    """Return how much memory the machine has left, in words."""
    with suppress(OSError, StopIteration, ValueError):
        lines = Path('/proc/meminfo').read_text().splitlines()
        line = next(line for line in lines if line.startswith('MemAvailable'))
        return f'{int(line.split()[1]) >> 10} MiB are free now'
    return 'free memory unknown'


def _environment() -> dict[str, str]:
    """Return the environment in which the child finds this package."""
    found = [str(_PACKAGE_ROOT), os.environ.get('PYTHONPATH', '')]
    return {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, found))}


def _scratch() -> str | None:
    """Return a folder in memory, None for the system's temporary one."""
    usable = _MEMORY_FOLDER.is_dir() and os.access(_MEMORY_FOLDER, os.W_OK)
    return str(_MEMORY_FOLDER) if usable else None
