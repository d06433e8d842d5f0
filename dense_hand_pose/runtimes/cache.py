# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Folders for what a runtime prepares once: ~/.cache/dense_hand_pose/<name>.

An engine is code that runs in the node, so what another user could have written is refused: a
folder belongs to the user with mode 0700 or is not used, files are 0600, written under another
name and renamed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
import errno
import fcntl
import json
import os
from pathlib import Path
import stat
import time

from .artefact import RejectedError

Progress = Callable[[str], None]
"""Takes a line that says how far something is."""
_POLL_S = 0.2
_REPORT_EVERY_S = 10.0
_SHARED = stat.S_IRWXG | stat.S_IRWXO


def cache_folder(name: str) -> Path | None:
    """Return the folder, made if need be; None where there is none that is safe and writable."""
    base = os.environ.get('XDG_CACHE_HOME', '')
    if not base.startswith('/'):
        base = os.path.expanduser('~/.cache')  # noqa: PTH111 (never raises)
    root = Path(base)
    own = root / 'dense_hand_pose'
    for folder in (own, own / name):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            found = folder.lstat()
        except OSError:
            return None
        ours = found.st_uid == os.getuid() and stat.S_ISDIR(found.st_mode)
        if not ours or found.st_mode & 0o077:
            return None
    return own / name if os.access(own / name, os.W_OK) else None


class ArtefactCache:
    """Files by key, and the reasons why there are none."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self.folder = folder
        self._suffix = suffix

    def path(self, key: str) -> Path:
        """Return the file of a key, whether it exists or not."""
        return self.folder / f'{key}{self._suffix}'

    def read(self, key: str) -> bytes | None:
        """Return a file, None where there is none; RejectedError for one that is not safe."""
        try:
            descriptor = os.open(self.path(key), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            link = error.errno == errno.ELOOP
            raise RejectedError('a symbolic link' if link else str(error.strerror)) from error
        with os.fdopen(descriptor, 'rb') as file:
            status = os.fstat(descriptor)
            if status.st_uid != os.geteuid() or status.st_mode & _SHARED:
                raise RejectedError(
                    f'owned by user {status.st_uid}, mode {stat.S_IMODE(status.st_mode):04o}: '
                    'others may have written it'
                )
            try:
                return file.read()
            except OSError as error:
                raise RejectedError(str(error.strerror)) from error

    def write(self, key: str, data: bytes) -> None:
        """Keep a file and forget that making it ever failed; OSError, as for a full disk."""
        self._replace(self.path(key), data)
        self.forget_failure(key)

    def remove(self, key: str) -> None:
        """Remove a file, if it is there."""
        with suppress(OSError):
            self.path(key).unlink()

    def failure(self, key: str) -> dict[str, str] | None:
        """Return kind, reason and time of an attempt that failed, None where none has."""
        try:
            values = json.loads(self._marker(key).read_text())
            return {name: str(values[name]) for name in ('kind', 'reason', 'time')}
        except Exception:  # damaged in any way: it is tried again
            return None

    def mark_failed(self, key: str, kind: str, reason: str) -> None:
        """Leave a marker, so that the next start does not spend minutes to fail again."""
        now = time.strftime('%Y-%m-%d %H:%M')
        values = {'kind': kind, 'reason': reason, 'time': now}
        with suppress(OSError):  # a full disk: then the next start tries again
            self._replace(self._marker(key), json.dumps(values).encode())

    def forget_failure(self, key: str) -> None:
        """Remove the marker, if it is there."""
        with suppress(OSError):
            self._marker(key).unlink()

    @contextmanager
    def lock(self, key: str, progress: Progress) -> Iterator[None]:
        """Hold the lock of a key, so that two processes do not make its file at a time."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(self.folder / f'{key}.lock', flags, 0o600)
        except OSError:  # a full disk: two builds at a time are better than none
            yield
            return
        try:
            _wait_for(descriptor, progress)
            yield
        finally:
            os.close(descriptor)  # which also lets go of the lock

    def _marker(self, key: str) -> Path:
        return self.folder / f'{key}.failed'

    def _replace(self, path: Path, data: bytes) -> None:
        temporary = path.with_name(f'.{path.name}.{os.getpid()}')
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, 'wb') as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _wait_for(descriptor: int, progress: Progress) -> None:
    """Take the lock; report every ten seconds that another process has it."""
    begin_s, reported_s = time.monotonic(), float('-inf')
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited_s = time.monotonic() - begin_s
            if waited_s - reported_s >= _REPORT_EVERY_S:
                progress(f'another process builds this engine: waiting ({waited_s:.0f} s)')
                reported_s = waited_s
            time.sleep(_POLL_S)
        else:
            return
