# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How long a start takes: of the package's import, and of the node until it takes frames."""

from collections.abc import Callable, Mapping
import os
from pathlib import Path
import subprocess
import sys
import time

from dense_hand_pose.demo.environment import free_domain_id, private_environment
from dense_hand_pose.demo.processes import Children
from dense_hand_pose.demo.stream import check_alive, DemoError

from .figures import StartRow
from .ros_stream import node_command_of, RosOptions

_IMPORT = (
    'import sys, time; begin = time.perf_counter(); import dense_hand_pose; '
    "print(time.perf_counter() - begin, 'torch' in sys.modules)"
)
_ROOT = Path(__file__).resolve().parents[2]
_READY = 'active: '
_LIMIT_S = 120.0


def run_start_benchmark(
    options: RosOptions, starts: int, logs: Path, say: Callable[[str], None]
) -> StartRow:
    """
    Start the node ``starts`` times after one that fills the caches; DemoError where it fails.

    The node is ready when it has said that it is active: the network is loaded, compiled and its
    precision chosen, and the subscriptions stand.
    """
    environment = private_environment(os.environ, free_domain_id())
    say(f'{starts} starts of the node, after one that fills the caches')
    first_s, *warm_s = (_ready_s(options, logs, environment) for _ in range(starts + 1))
    imports_s = [import_s() for _ in range(starts + 1)]
    return StartRow.of(options.backend, first_s, warm_s, imports_s[1:])


def import_s() -> float:
    """Return the seconds that a new interpreter takes to import the package."""
    paths = filter(None, [str(_ROOT), os.environ.get('PYTHONPATH', '')])
    done = subprocess.run(  # noqa: S603 (our own command)
        [sys.executable, '-c', _IMPORT],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=True,
        timeout=_LIMIT_S,
    )
    seconds, torch = done.stdout.split()
    if torch == 'True':
        raise ValueError('the import of the package loads torch')
    return float(seconds)


def _ready_s(options: RosOptions, logs: Path, environment: Mapping[str, str]) -> float:
    """Start the node and return the seconds until it is active."""
    with Children(logs) as children:
        begin = time.monotonic()
        children.start('node', node_command_of(options, logs), environment)
        while _READY not in children.log_path('node').read_text(errors='replace'):
            check_alive(children, 'node')
            if time.monotonic() - begin > _LIMIT_S:
                raise DemoError(
                    f'the node is not active after {_LIMIT_S:g} s: {children.last_lines("node")}'
                )
            time.sleep(0.02)
        return time.monotonic() - begin
