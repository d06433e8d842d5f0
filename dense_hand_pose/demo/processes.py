# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Child processes that write logs and end with their parent, whatever signal ends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import contextlib
import os
from pathlib import Path
import signal
import subprocess
from types import FrameType

# How long a child may take to obey each signal, seconds.
_LADDER = ((signal.SIGINT, 5.0), (signal.SIGTERM, 3.0), (signal.SIGKILL, 5.0))


class Children:
    """
    Start processes by name, each with a log file, and end them all on leaving the context.

    Each child leads a process group of its own: a Ctrl-C in the terminal reaches the parent only,
    which then ends the children in order, with their own children.
    """

    def __init__(self, log_folder: Path) -> None:
        """Take the folder of the logs; it must exist."""
        self._log_folder = log_folder
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Children:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every child, last started first; further Ctrl-C do not stop that."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            for name in reversed(self._children):
                self.stop(name)
        finally:
            signal.signal(signal.SIGINT, before)

    @property
    def names(self) -> list[str]:
        """Return the names of the children that were started."""
        return list(self._children)

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start a command; its output goes to <log folder>/<name>.log."""
        with self.log_path(name).open('wb') as log:
            self._children[name] = subprocess.Popen(  # noqa: S603 (no shell, our own command)
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def log_path(self, name: str) -> Path:
        """Return the log file of a child."""
        return self._log_folder / f'{name}.log'

    def status(self, name: str) -> int | None:
        """Return the exit status of a child, None while it runs."""
        return self._children[name].poll()

    def pid(self, name: str) -> int:
        """Return the process id of a child."""
        return self._children[name].pid

    def stop(self, name: str) -> int:
        """End a child, ever more firmly, with all of its group; return its exit status."""
        child = self._children[name]
        for number, patience_s in _LADDER:
            if child.poll() is None:
                child.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(patience_s)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # what the child itself may have left
        return child.wait()

    def last_lines(self, name: str, count: int = 3) -> str:
        """Return the end of a child's log as one line."""
        lines = self.log_path(name).read_text(errors='replace').strip().splitlines()
        return ' | '.join(line.strip() for line in lines[-count:]) or '(its log is empty)'


_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_seen: list[int] = []


def catch() -> None:
    """Make Ctrl-C, SIGTERM and SIGHUP end the demo, with all its children."""
    _seen.clear()
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def obey() -> None:
    """Raise KeyboardInterrupt if one of the signals has come."""
    if _seen:
        raise KeyboardInterrupt


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _seen.append(number)
    raise KeyboardInterrupt
