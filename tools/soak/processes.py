# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The faulty camera as seen from outside, and the memory of a process."""

from pathlib import Path
import select
import subprocess
import sys

_START_S = 120.0


class CameraProcess:
    """A camera.py that can be told what to play, and killed; a context manager."""

    def __init__(self, film: Path, log: Path, namespace: str) -> None:
        self._words = [sys.executable, str(Path(__file__).with_name('camera.py'))]
        self._words += [str(film), str(log), namespace]
        self.start()

    def __enter__(self) -> 'CameraProcess':
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, whatever it does."""
        self.kill()

    def start(self) -> None:
        """Start the process; it says `ready` once the node has found it."""
        self._process = subprocess.Popen(  # noqa: S603 (no shell, our own command)
            self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._ready = False

    def kill(self) -> None:
        """Kill it, as SIGKILL does."""
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def play(self, fault: str, seconds: float) -> None:
        """Have it play a fault."""
        self._process.stdin.write(f'{fault} {seconds}\n')
        self._process.stdin.flush()

    def has_answered(self) -> bool:
        """Return whether a line waits, and take it: `ready` or `done`."""
        if not select.select([self._process.stdout], [], [], 0.0)[0]:
            return False
        if not self._process.stdout.readline():
            raise RuntimeError(f'a camera ended with status {self._process.wait()}')
        return True


def resident_mb(pid: int) -> float:
    """Return the memory of a process that lies in RAM, MB (10^6 bytes)."""
    for line in Path(f'/proc/{pid}/status').read_text().splitlines():
        if line.startswith('VmRSS:'):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError(f'process {pid} has no memory: it has ended')
