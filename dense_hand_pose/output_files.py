# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Files of results: whole or not there, and never written through a link that stands in place."""

from collections.abc import Iterator
from contextlib import contextmanager
import io
import os
from pathlib import Path
import stat
import tempfile


def write_file(path: Path, content: bytes | str) -> None:
    """
    Write a file under a new name beside it and rename it: a reader never sees half of it.

    A symbolic link at ``path`` is replaced, its target stays as it is; a device or a pipe such as
    /dev/null is written to. OSError where it cannot be.
    """
    data = content.encode('utf-8') if isinstance(content, str) else content
    if _is_special(path):
        with path.open('wb', buffering=0) as file:
            file.write(data)
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f'.{path.name[:40]}.')
    temporary = Path(name)
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(data)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def text_file(path: Path) -> Iterator[io.StringIO]:
    """Give a text to write and write it as `write_file` at the end, if nothing was raised."""
    text = io.StringIO(newline='')
    yield text
    write_file(path, text.getvalue())


def _is_special(path: Path) -> bool:
    """Return whether a path is a device, a pipe or a socket: a rename would replace it."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISLNK(mode) or stat.S_ISDIR(mode))


def _umask() -> int:
    """Return the permissions that new files do not get."""
    try:
        text = Path('/proc/self/status').read_text(encoding='ascii')
        return int(next(line for line in text.splitlines() if line.startswith('Umask:'))[6:], 8)
    except (OSError, ValueError, StopIteration):
        return 0o022
