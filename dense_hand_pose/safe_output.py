# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What the package puts out, safe from what others put in: files and quoted text.

A file of results is whole or not there, and never written through a link that stands in place.
Text of others (topics, encodings, file names) fits a log line, a table or a page. Whatever a
parser raises for a file of others becomes one documented error: NumPy, Pillow, YAML, JSON, zip and
SQLite raise about anything on damage (TokenError, OverflowError, RecursionError, MemoryError).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import io
import os
from pathlib import Path
import stat
import tempfile
from typing import Final


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


LONGEST: Final = 120
"""Characters that a quoted text keeps; a name of ROS has at most 255."""


def printable(text: object, longest: int = LONGEST) -> str:
    r"""
    Return ``str(text)`` on one line, without control characters, cut to ``longest`` characters.

    What a terminal would obey (escape sequences, line ends, marks of writing direction) and what
    cannot be encoded stand as \x1b, \n, \u202e, \udc80. A cut text ends in an ellipsis.
    """
    # Not the whole text: an encoding of 2 MB is a message, too.
    begin = str(text)[: longest + 1]
    shown = ''.join(c if c.isprintable() else _escaped(c) for c in begin)
    return shown if len(shown) <= longest else shown[: longest - 1] + '…'


def quoted(text: object, longest: int = LONGEST) -> str:
    """Return `printable` text between single quotes."""
    return f"'{printable(text, longest)}'"


def _escaped(character: str) -> str:
    """Return a character as Python writes it in a string."""
    return character.encode('unicode_escape').decode('ascii')


@contextmanager
def refusing(refuse: Callable[[str], Exception], *passed: type[Exception]) -> Iterator[None]:
    """
    Raise ``refuse(reason)`` for any error of what is done within, except those ``passed``.

    The edge of every reader of files. reason: the error in one printable line. Interrupts and
    exits pass.
    """
    try:
        yield
    except passed:
        raise
    except Exception as error:
        raise refuse(reason_of(error)) from error


def reason_of(error: BaseException) -> str:
    """Return an error in one printable line: its text, or its type where it has none."""
    if isinstance(error, MemoryError):
        return 'it needs more memory than there is'
    if isinstance(error, RecursionError):
        return 'it is nested too deeply'
    return printable(' '.join(str(error).split()) or type(error).__name__, 300)
