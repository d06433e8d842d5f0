# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Child processes with logs that end with their parent, in a ROS environment of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import contextlib
import os
from pathlib import Path
import signal
import socket
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


PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_DOMAINS = 100
_PROFILE = 'config/fastdds_large_images.xml'


def free_domain_id() -> int:
    """
    Return a ROS_DOMAIN_ID in 1..100 that no process on this machine uses.

    DDS gives the first participant of domain d the UDP port 7410 + 250 d, so a domain whose port
    is taken is in use. The search starts at a place that differs between processes.
    """
    for step in range(_DOMAINS):
        domain = (os.getpid() + step) % _DOMAINS + 1
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
        ):
            probe.bind(('', 7410 + 250 * domain))
            return domain
    raise RuntimeError('all ROS domains from 1 to 100 are in use on this machine')


def private_environment(base: Mapping[str, str], domain_id: int) -> dict[str, str]:
    """Return `base` with the variables that keep ROS traffic private, and this package found."""
    found = [str(PACKAGE_ROOT), base.get('PYTHONPATH', '')]
    environment = {
        **base,
        'ROS_DOMAIN_ID': str(domain_id),
        'PYTHONPATH': os.pathsep.join(path for path in found if path),
        'PYTHONUNBUFFERED': '1',
    }
    if base.get('ROS_DISTRO') == 'humble':
        environment['ROS_LOCALHOST_ONLY'] = '1'
    else:
        environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    return environment


def with_room_for_images(base: Mapping[str, str]) -> dict[str, str]:
    """
    Return `base` for a process that publishes images: Fast DDS has shared memory for them.

    The others do without it: it takes 17 MB for each, and /dev/shm of a container has 64.
    """
    environment = {**base}
    profile = _large_images_profile()
    if profile is not None:
        # The second name is that of Fast DDS 3; a profile that the user has set stays.
        for variable in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
            environment.setdefault(variable, str(profile))
    return environment


def _large_images_profile() -> Path | None:
    """Return the Fast DDS profile for images, from the source tree or the install folder."""
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep) if p]
    folders = [PACKAGE_ROOT, *(prefix / 'share/dense_hand_pose' for prefix in prefixes)]
    return next((f / _PROFILE for f in folders if (f / _PROFILE).is_file()), None)
