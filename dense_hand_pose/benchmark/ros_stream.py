# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The node over DDS at a given rate: what comes out and when, what is left out, what it takes.

A camera of its own process publishes pictures that were rendered before the stream begins; the
results, the true joints (one message a picture) and the diagnostics are recorded, the images
are not: at 90 Hz a third copy of them would itself be the load. The time of a start is measured
apart: of the import of the package, and of the node until it accepts frames.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
import subprocess
import sys
import time
from typing import Any

from dense_hand_pose.bags.raw import RawMessage
from dense_hand_pose.bags.rosbag import BagTopic
from dense_hand_pose.camera.camera_info import stamp_ns
from dense_hand_pose.demo.processes import (
    Children,
    free_domain_id,
    private_environment,
    with_room_for_images,
)
from dense_hand_pose.demo.stream import (
    check_alive,
    DemoError,
    DemoOptions,
    NAMES,
    node_command,
    ros_command,
    TOPICS,
    wait_for_books,
    wait_for_first,
)
from dense_hand_pose.evaluation.streams import measure, node_status, NodeResult, positions, Stream
import numpy as np
from rosbags.typesys import get_typestore, Stores

from .figures import RosRow, Row, StartRow

RATES_HZ = (30.0, 60.0, 90.0)
MOST_PICTURES = 3000
"""What the camera keeps in memory: 1.8 GB."""
_POSES, _DIAGNOSTICS = 'geometry_msgs/msg/PoseArray', 'diagnostic_msgs/msg/DiagnosticArray'
_TOPICS = (
    BagTopic(name=TOPICS.truth, type_name=_POSES),
    BagTopic(name=TOPICS.joints, type_name=_POSES),
    BagTopic(name=TOPICS.diagnostics, type_name=_DIAGNOSTICS),
    NAMES,
)


@dataclass(frozen=True, kw_only=True)
class RosOptions:
    """What the node runs with and how long each rate is held, seconds."""

    model: str = 'default'
    backend: str = 'auto'
    threads: int = 0
    seconds: float = 60.0
    rates_hz: tuple[float, ...] = RATES_HZ


def run_ros_benchmark(options: RosOptions, logs: Path, say: Callable[[str], None]) -> list[RosRow]:
    """Hold each rate in turn; DemoError with the reason when a stream cannot be had."""
    environment = private_environment(os.environ, free_domain_id())
    os.environ.update(environment)
    return [_at_rate(options, rate_hz, logs, environment, say) for rate_hz in options.rates_hz]


def _at_rate(
    options: RosOptions,
    rate_hz: float,
    logs: Path,
    environment: dict[str, str],
    say: Callable[[str], None],
) -> RosRow:
    """Run camera and node once."""
    from dense_hand_pose.ros.recorder import Recorder  # reads the environment when it is imported

    seconds = min(options.seconds, MOST_PICTURES / rate_hz)
    say(f'{rate_hz:g} Hz for {seconds:.0f} s (the camera renders its pictures first)')
    with Children(logs) as children, Recorder(_TOPICS) as recorder:
        children.start('node', node_command_of(options, logs), environment)
        wait_for_first(recorder, children, NAMES.name)
        camera = _camera_command(rate_hz, seconds)
        children.start('camera', camera, with_room_for_images(environment))
        wait_for_first(recorder, children, TOPICS.truth)
        samples = _follow(recorder, children, seconds)
        wait_for_books(recorder, children)
        stream = stream_of(recorder.messages)
    return row_of(stream, rate_hz, samples)


def _follow(recorder: Any, children: Children, seconds: float) -> list[tuple[int, float]]:
    """Receive until the camera has ended; return when the node had used how much CPU time."""
    node, samples = children.pid('node'), []
    limit = time.monotonic() + 2 * seconds + 30.0
    while children.status('camera') is None:
        samples.append((time.time_ns(), cpu_seconds(node)))
        recorder.spin(0.1)
        check_alive(children, 'node')
        if time.monotonic() > limit:
            raise DemoError(f'the camera did not end: {children.last_lines("camera")}')
    samples.append((time.time_ns(), cpu_seconds(node)))
    return samples


def cores_between(samples: Sequence[tuple[int, float]], begin_ns: int, end_ns: int) -> float:
    """Return the cores that were busy on average between two moments."""
    times_ns, used_s = zip(*samples, strict=True)
    at_begin, at_end = np.interp([begin_ns, end_ns], times_ns, used_s)
    return float(at_end - at_begin) / max((end_ns - begin_ns) / 1e9, 1e-9)


def _camera_command(rate_hz: float, seconds: float) -> list[str]:
    parameters = {
        'rate_hz': float(rate_hz),
        'duration_s': float(seconds),
        'reliability': 'reliable',
        'min_subscribers': 1,
        'prerender': 'true',
    }
    return ros_command('synthetic_camera', parameters)


def node_command_of(options: RosOptions, logs: Path) -> list[str]:
    """Return the command of the node that is measured."""
    demo = DemoOptions(out=logs, model=options.model, backend=options.backend)
    return node_command(demo, **{'model.threads': options.threads})


def cpu_seconds(pid: int) -> float:
    """Return the time that all threads of a process have spent on cores."""
    # The name in parentheses may hold anything: fields are counted behind it.
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def stream_of(messages: Sequence[RawMessage]) -> Stream:
    """Return what was recorded, by header.stamp."""
    typestore, stream = get_typestore(Stores.ROS2_JAZZY), Stream()
    for entry in messages:
        if entry.topic == TOPICS.diagnostics:
            array = typestore.deserialize_cdr(entry.data, _DIAGNOSTICS)
            stream.books.update(node_status(array, TOPICS.node))
            continue
        if entry.topic not in (TOPICS.truth, TOPICS.joints):
            continue
        poses: Any = typestore.deserialize_cdr(entry.data, _POSES)
        stamp = stamp_ns(poses)
        if entry.topic == TOPICS.truth:
            stream.frames.add(stamp)
        else:
            joints_m = positions(poses) if poses.poses else None
            stream.results[stamp] = NodeResult(entry.received_ns, joints_m)
    return stream


def row_of(stream: Stream, camera_hz: float, samples: Sequence[tuple[int, float]]) -> RosRow:
    """
    Return the figures of a stream; ValueError where nothing was answered.

    ``samples``: moments (nanoseconds) and the CPU time that the node had used by then, seconds.
    """
    if not stream.results:
        raise ValueError(f'the node answered none of {len(stream.frames)} pictures')
    begin_ns, end_ns = min(stream.frames), max(stream.frames)
    metrics = measure(stream)
    latencies_ms = [(r.received_ns - stamp) / 1e6 for stamp, r in stream.results.items()]
    backend = stream.books.get('backend', '')
    latency = Row.of(backend, stream.books.get('precision', ''), 'latency', latencies_ms)
    return RosRow(
        backend=backend,
        precision=latency.precision,
        camera_hz=camera_hz,
        seconds=round((end_ns - begin_ns) / 1e9, 2),
        frames=metrics.frames,
        rate_hz=round(metrics.rate_hz, 3),
        latency_p50_ms=latency.p50_ms,
        latency_p95_ms=latency.p95_ms,
        latency_p99_ms=latency.p99_ms,
        latency_max_ms=latency.max_ms,
        dropped=dict(metrics.dropped_by_cause),
        lost=metrics.lost,
        cpu_cores=round(cores_between(samples, begin_ns, end_ns), 3),
    )


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
