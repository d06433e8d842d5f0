# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The node among faults: two nodes as processes of their own, one whose camera does everything wrong.

`make soak` plays all faults in turn for SOAK_S seconds on /left, while a second camera films
steadily on /right. Prints a table of what was sent and what came out; exit status 1, with the
reasons, where an answer has a wrong stamp, frame or number, where the counts do not balance, where
a frame is dropped for a cause that its fault does not explain, or where memory grows.
"""

import argparse
from contextlib import ExitStack
import os
from pathlib import Path
import re
import sys
import tempfile
import time

from accounts import Accounts, numbers, table
from dense_hand_pose.demo.processes import (
    Children,
    free_domain_id,
    private_environment,
    with_room_for_images,
)
from dense_hand_pose.demo.stream import ros_command
from faults import FAULTS
from film import render
from processes import CameraProcess, resident_mb

NAMESPACES = ('/left', '/right')
MEMORY_LIMIT_MB = 20.0
_START_S, _SETTLE_S, _SETTLE_LIMIT_S = 180.0, 15.0, 33.0
_LAST = len(FAULTS) - 1
_BALANCE = re.compile(r'hand_pose: .* (\d+) under way')


class Soak:
    """Play faults on the first of two nodes, and keep the accounts."""

    def __init__(self, folder: Path, children: Children, stack: ExitStack) -> None:
        from audience import Audience  # rclpy reads the environment when it is imported

        self._folder = folder
        self._children = children
        self._stack = stack
        self.audience = stack.enter_context(Audience(NAMESPACES))
        self.accounts = Accounts(self.audience, folder, NAMESPACES)
        self.memory_mb: dict[str, list[float]] = {name: [] for name in NAMESPACES}
        self._cameras: dict[str, CameraProcess] = {}

    def start(self, environment: dict[str, str], model: str, backend: str) -> None:
        """Start nodes and cameras, and wait until each camera has found its node."""
        film = self._folder / 'film.npz'
        render(film)
        for name in NAMESPACES:
            self._children.start(name.strip('/'), _node_command(name, model, backend), environment)
            camera = CameraProcess(film, self._folder / f'{name.strip("/")}.sent', name)
            self._cameras[name] = self._stack.enter_context(camera)
        for name in NAMESPACES:
            self._wait(self._cameras[name].has_answered, _START_S)
        self._wait(lambda: set(NAMESPACES) <= self.audience.counts.keys(), _START_S)

    def play_all(self, seconds: float, until: float) -> None:
        """Play every fault for some seconds, while there is time."""
        for fault in FAULTS:
            if time.monotonic() > until:
                return
            before = self.accounts.counts('/left')
            self._cameras['/right'].play('steady', seconds)
            self._play(fault, seconds)
            self._wait(self._cameras['/right'].has_answered, seconds + _SETTLE_S)
            self._settle()
            self.accounts.add(fault, before)
            for name in NAMESPACES:
                pid = self._children.pid(name.strip('/'))
                self.memory_mb[name].append(resident_mb(pid))

    def _play(self, fault: str, seconds: float) -> None:
        camera = self._cameras['/left']
        camera.play(fault, seconds)
        if fault == 'killed':
            self.audience.until(lambda: False, seconds / 2)
            camera.kill()
            camera.start()
            self._wait(camera.has_answered, _START_S)
            camera.play(fault, seconds / 2)
        self._wait(camera.has_answered, 2 * seconds + _SETTLE_S)

    def _settle(self) -> None:
        """Wait until the first node has said the same a few times since its camera is silent."""
        silent_ns = time.time_ns()

        def settled() -> bool:
            last = self.audience.counts['/left']
            first_ns, first = last[0]
            return first_ns > silent_ns and all(
                numbers(counts) == numbers(first) for _, counts in last
            )

        self.audience.until(settled, _SETTLE_LIMIT_S)

    def _wait(self, condition: object, patience_s: float) -> None:
        """Listen until the condition holds; RuntimeError when it does not or a node has ended."""

        def held() -> bool:
            for name in NAMESPACES:
                if self._children.status(name.strip('/')) is not None:
                    raise RuntimeError(
                        f'{name} ended: {self._children.last_lines(name.strip("/"))}'
                    )
            return condition()

        if not self.audience.until(held, patience_s):
            raise RuntimeError(f'nothing within {patience_s:g} s')

    def stop(self) -> list[str]:
        """End the nodes; return what is wrong with their last words."""
        wrong = []
        for name in NAMESPACES:
            child = name.strip('/')
            status = self._children.stop(child)
            found = _BALANCE.search(self._children.last_lines(child, 5))
            if status != 0 or found is None or found[1] != '0':
                wrong.append(f'{name}: status {status}: {self._children.last_lines(child)}')
        return wrong

    def memory_problems(self) -> list[str]:
        """Return which node has grown since the end of the first round, its warm-up."""
        grown = {
            name: max(values[_LAST:]) - values[_LAST]
            for name, values in self.memory_mb.items()
            if len(values) > _LAST
        }
        return [
            f'{name}: memory grew by {by_mb:.1f} MB, more than {MEMORY_LIMIT_MB:g} MB'
            for name, by_mb in grown.items()
            if by_mb > MEMORY_LIMIT_MB
        ]


def _node_command(namespace: str, model: str, backend: str) -> list[str]:
    """Return the command of a node, with room in DDS so that no image vanishes uncounted."""
    parameters = {
        'model.name_or_path': model,
        'model.backend': backend,
        'sync.max_age_s': 20.0,  # a loaded machine may take seconds for a frame
        'diagnostics.period_s': 0.25,
    }
    for topic in ('image_rect', 'camera_info'):
        parameters[f'qos_overrides.{namespace}/{topic}.subscription.depth'] = 10
    return [*ros_command('node', parameters), '-r', f'__ns:={namespace}']


def report(soak: Soak, seconds: float) -> None:
    """Print the fault table and the memory."""
    print(table(soak.accounts.rows))
    print(f'\n{sum(soak.audience.messages.values())} messages heard in {seconds:.0f} s')
    for name, values in soak.memory_mb.items():
        ends = values[slice(_LAST, None, len(FAULTS))]
        rounds = ', '.join(f'{value:.1f}' for value in ends)
        print(f'{name}: MB in RAM after each round: {rounds or "no whole round"}')


def main() -> int:
    """Run the soak; 1 when something came out that must not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=600.0, help='default: 600')
    parser.add_argument('--model', default='default')
    parser.add_argument('--backend', default='auto')
    args = parser.parse_args()
    environment = private_environment(os.environ, free_domain_id())
    os.environ.update(with_room_for_images(environment))  # the cameras inherit it
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        children = stack.enter_context(Children(folder))
        soak = Soak(folder, children, stack)
        soak.start(environment, args.model, args.backend)
        begin = time.monotonic()
        part_s = min(max(args.seconds / 40.0, 2.0), 5.0)
        while time.monotonic() < begin + args.seconds:
            soak.play_all(part_s, begin + args.seconds)
        wrong = [*soak.stop(), *soak.memory_problems(), *soak.accounts.problems()]
        report(soak, time.monotonic() - begin)
    for problem in wrong:
        print(f'WRONG: {problem}')
    print('soak: ' + ('failed' if wrong else 'everything accounted for'))
    return int(bool(wrong))


if __name__ == '__main__':
    sys.exit(main())
