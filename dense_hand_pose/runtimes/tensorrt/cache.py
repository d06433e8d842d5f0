# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A folder of engines (runtimes/cache.py): files 0600, written under another name and renamed.

An engine is code that runs in the node, so a file that anybody else could have written is
refused.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
import errno
import fcntl
import json
import os
from pathlib import Path
import stat
import time

from .container import pack, Parcel, RejectedError, unpack

Say = Callable[[str], None]
_POLL_S = 0.2
_SAY_EVERY_S = 10.0
_SHARED = stat.S_IRWXG | stat.S_IRWXO


class EngineCache:
    """Engines, and the reasons why there are none, by key."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Return the file of an engine, whether it exists or not."""
        return self.folder / f'{key}.engine'

    def read(self, key: str, facts: Mapping[str, str]) -> Parcel | None:
        """Return an engine, None where there is none; RejectedError for one of no use."""
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
                return unpack(file.read(), facts)
            except OSError as error:
                raise RejectedError(str(error.strerror)) from error

    def write(self, key: str, parcel: Parcel, facts: Mapping[str, str]) -> None:
        """Keep an engine and forget that building it ever failed; OSError, as for a full disk."""
        self._replace(self.path(key), pack(parcel, facts))
        self.forget_failure(key)

    def remove(self, key: str) -> None:
        """Remove an engine, if it is there."""
        with suppress(OSError):
            self.path(key).unlink()

    def failure(self, key: str) -> dict[str, str] | None:
        """Return kind, reason and time of a build that failed, None where none has."""
        try:
            values = json.loads(self._marker(key).read_text())
            return {name: str(values[name]) for name in ('kind', 'reason', 'time')}
        except (OSError, ValueError, KeyError, TypeError):
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
    def lock(self, key: str, say: Say) -> Iterator[None]:
        """Hold an engine's lock, so that two processes do not build it at a time."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(self.folder / f'{key}.lock', flags, 0o600)
        except OSError:  # a full disk: two builds at a time are better than none
            yield
            return
        try:
            _wait_for(descriptor, say)
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


def _wait_for(descriptor: int, say: Say) -> None:
    """Take the lock, saying now and then that somebody else has it."""
    begin, said = time.monotonic(), float('-inf')
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - begin
            if waited - said >= _SAY_EVERY_S:
                say(f'another process builds this engine: waiting ({waited:.0f} s)')
                said = waited
            time.sleep(_POLL_S)
        else:
            return
