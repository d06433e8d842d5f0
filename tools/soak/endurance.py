# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Many frames through one node in this process: memory and CPU time at the begin and at the end.

`make endurance` sends FRAMES=100000 frames to the node's synchroniser, as its subscriptions do:
two cameras, frames without a hand, and a damaged frame of every kind of the soak. The node is the
real one with its default parameters, estimator and DDS publishers, and this process subscribes to
its results. Exit status 1 where a frame has not exactly one outcome, where memory grows by more
than MEMORY_LIMIT_MB after the first tenth, or where a frame of the last tenth costs over
SPEED_LIMIT more CPU time than one of the first. SIGINT ends the run: what was sent counts.

Other processes change how fast a core works. Hence CPU time instead of seconds, and a fixed
piece of NumPy work beside each period, by whose CPU time that of the frames is divided.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
import multiprocessing
import os
from pathlib import Path
import signal
import sys
import tempfile
from threading import Event
import time
from typing import Any

from camera import damage
from dense_hand_pose.demo.environment import free_domain_id, private_environment
from faults import DEFECTS
from film import Film, load, render
import numpy as np
from processes import resident_mb

MEMORY_LIMIT_MB = 10.0
SPEED_LIMIT = 0.10
PERIOD = 200
"""Frames after which the stream repeats."""
_HAND, _OTHER_CAMERA = 120, 160
_START_NS, _STEP_NS = 1_600_000_000 * 10**9, 33_333_333
_PATIENCE_S = 120.0
_PROGRESS = 5


@dataclass(frozen=True)
class Period:
    """What PERIOD frames cost: CPU time (s), that of the fixed work (s), and memory (MB) after."""

    cpu_s: float
    fixed_s: float
    memory_mb: float


def stream(films: list[Film]) -> Iterator[tuple[Any, Any]]:
    """Yield images with their camera_info, for ever, with stamps at 30 Hz."""
    from dense_hand_pose.ros.synthetic_camera import camera_info
    from sensor_msgs.msg import Image
    from std_msgs.msg import Header

    data = [[depth.tobytes() for depth in film.depth_mm] for film in films]
    shape = films[0].depth_mm[0].shape
    empty = np.full(shape, 1500, np.uint16).tobytes()
    stamp_ns, defects = _START_NS, list(DEFECTS)
    while True:
        for place in range(PERIOD):
            camera = int(_HAND <= place < _OTHER_CAMERA)
            film = films[camera]
            frames = len(film.depth_mm)
            # Forwards and backwards: the hand does not jump.
            frame = min(place % (2 * frames), 2 * frames - 1 - place % (2 * frames))
            header = Header(frame_id='endurance')
            header.stamp.sec, header.stamp.nanosec = divmod(stamp_ns, 10**9)
            height, width = film.depth_mm.shape[1:]
            image = Image(header=header, height=height, width=width, step=2 * width)
            image.encoding = '16UC1'
            image.data = empty if place >= _OTHER_CAMERA else data[camera][frame]
            info = camera_info(header, film.intrinsics, width, height)
            if place >= PERIOD - len(defects):
                damage(image, info, defects[place - PERIOD])
            yield image, info
            stamp_ns += _STEP_NS


class Endurance:
    """A node of this process, and what it publishes."""

    def __init__(self) -> None:
        from dense_hand_pose.ros.node import HandPoseNode
        from geometry_msgs.msg import PoseArray
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.parameter import Parameter
        from sensor_msgs.msg import PointCloud2
        from visualization_msgs.msg import MarkerArray

        values = {'autostart': False, 'sync.max_age_s': 0.0}
        overrides = [Parameter(name, value=value) for name, value in values.items()]
        self.node = HandPoseNode(parameter_overrides=overrides)
        self.node.trigger_configure()
        self.node.trigger_activate()
        self.session = self.node._session
        if self.session is None:
            raise RuntimeError('the node did not become active: see its log above')
        self.heard = 0
        self._outcome = Event()
        for name in ('count_hand', 'count_drop'):
            setattr(self.node.counters, name, self._with_event(getattr(self.node.counters, name)))
        self._ears = rclpy.create_node('ears')
        for kind, topic in (
            (PoseArray, 'joints'),
            (PointCloud2, 'joints_cloud'),
            (MarkerArray, 'markers'),
        ):
            self._ears.create_subscription(kind, f'/hand_pose/{topic}', self._hear, 5)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._executor.add_node(self._ears)

    def _hear(self, _: Any) -> None:
        self.heard += 1

    def _with_event(self, count: Callable[..., None]) -> Callable[..., None]:
        def counted(*words: Any) -> None:
            count(*words)
            self._outcome.set()

        return counted

    def send(self, image: Any, info: Any) -> None:
        """Give the node a frame, and wait for its outcome."""
        self._outcome.clear()
        synchronizer = self.session._synchronizer
        synchronizer.add_info(info)
        synchronizer.add_image(image)
        if not self._outcome.wait(_PATIENCE_S):
            raise RuntimeError(f'no outcome within {_PATIENCE_S:g} s')
        self._executor.spin_once(timeout_sec=0.0)

    def play(self, frames: Iterator[tuple[Any, Any]]) -> Period:
        """Send PERIOD frames."""
        begin_s = time.process_time()
        for image, info in islice(frames, PERIOD):
            self.send(image, info)
        cpu_s = time.process_time() - begin_s
        return Period(cpu_s, fixed_work_s(), resident_mb(os.getpid()))

    def close(self) -> None:
        """Release the node."""
        self.node.release()
        self._executor.shutdown()
        for node in (self.node, self._ears):
            node.destroy_node()


def fixed_work_s() -> float:
    """Return the CPU time of sorting and multiplying the same numbers."""
    rng = np.random.default_rng(0)
    begin_s = time.process_time()
    for _ in range(20):
        np.sort(rng.random(100_000))
        block = rng.random((160, 160))
        for _ in range(8):
            block = block @ block / 160.0
    return time.process_time() - begin_s


def row(name: str, periods: list[Period]) -> str:
    """Return a row of the table: the medians of some periods and the most memory."""
    cpu_ms = 1e3 * float(np.median([period.cpu_s for period in periods])) / PERIOD
    fixed_ms = 1e3 * float(np.median([period.fixed_s for period in periods]))
    memory_mb = max(period.memory_mb for period in periods)
    return f'| {name} | {cpu_ms:.2f} | {fixed_ms:.1f} | {cost(periods):.4f} | {memory_mb:.1f} |'


def cost(periods: list[Period]) -> float:
    """Return the median cost of a frame, in units of the fixed work."""
    return float(np.median([period.cpu_s / period.fixed_s for period in periods])) / PERIOD


def problems(
    first: list[Period], rest: list[Period], last: list[Period], limit: float
) -> list[str]:
    """Return what grew: memory since the end of the first tenth, CPU time of the last."""
    wrong = []
    grown_mb = max(period.memory_mb for period in rest) - first[-1].memory_mb
    slower = cost(last) / cost(first) - 1.0
    print(f'memory after the first tenth: {grown_mb:+.1f} MB; CPU time of a frame: {slower:+.1%}')
    if grown_mb > MEMORY_LIMIT_MB:
        wrong.append(f'memory grew by {grown_mb:.1f} MB, more than {MEMORY_LIMIT_MB:g} MB')
    if slower > limit:
        wrong.append(f'a frame costs {slower:.1%} more CPU time, more than {limit:.0%}')
    return wrong


def run(count: int, limit: float) -> list[str]:
    """Send whole periods, about `count` frames; print the table; return what is wrong."""
    import rclpy
    from rclpy.signals import SignalHandlerOptions

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'film.npz'
        # In a child: what the rendering holds is not the node's.
        child = multiprocessing.get_context('spawn').Process(target=render, args=(path,))
        child.start()
        child.join()
        frames = stream(load(path))
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    endurance = Endurance()
    endurance.play(frames)  # the first builds what is kept
    periods: list[Period] = []
    stop = Event()
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    while len(periods) < max(count // PERIOD, 2) and not stop.is_set():
        periods.append(endurance.play(frames))
        if len(periods) % _PROGRESS == 0:
            print(f'{len(periods) * PERIOD} frames', file=sys.stderr, flush=True)
    counts = endurance.node.counters.counts()
    endurance.close()
    rclpy.try_shutdown()
    print(f'\n{counts}; {endurance.heard} messages heard')
    tenth = max(len(periods) // 10, 1)
    print('| frames | CPU ms a frame | fixed work, CPU ms | cost of a frame | MB |')
    print('|---|---|---|---|---|')
    for begin in range(0, len(periods) - tenth + 1, tenth):
        part = periods[begin:][:tenth]
        print(row(str((begin + tenth) * PERIOD), part))
    wrong = problems(periods[:tenth], periods[tenth:], periods[-tenth:], limit)
    sent = (len(periods) + 1) * PERIOD
    if counts.images != sent or counts.in_flight or not endurance.heard:
        wrong.append(f'{sent} frames were sent')
    if unexpected := counts.causes.keys() - {*DEFECTS.values(), 'no_hand', 'no_valid_depth'}:
        wrong.append(f'causes that no frame explains: {", ".join(sorted(unexpected))}')
    return wrong


def main() -> int:
    """Run it; 1 when something grew or a frame has no outcome."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--frames', type=int, default=100_000, help='default: 100000')
    parser.add_argument(
        '--speed-limit', type=float, default=SPEED_LIMIT, help=f'default: {SPEED_LIMIT:g}'
    )
    args = parser.parse_args()
    os.environ.update(private_environment(os.environ, free_domain_id()))
    wrong = run(args.frames, args.speed_limit)
    for problem in wrong:
        print(f'WRONG: {problem}')
    print('endurance: ' + ('failed' if wrong else 'nothing grows'))
    return int(bool(wrong))


if __name__ == '__main__':
    sys.exit(main())
