# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The demo as a user runs it, over real DDS: its results, its failures, and what it leaves."""

import json
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import time
from typing import Any
import uuid

import numpy as np
from PIL import Image
import pytest
from rosbags.highlevel import AnyReader

pytest.importorskip('rclpy')
pytestmark = [pytest.mark.dds, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
TIMEOUT_S = 300.0
LATEST_MS = 20_000.0
"""After a stream of four seconds a demo waits fifteen more for what has to be sent again."""


class Demo:
    """A demo process whose descendants can be told from all others by an environment variable."""

    def __init__(self, *options: str) -> None:
        """Start it."""
        self.mark = f'DENSE_HAND_POSE_TEST={uuid.uuid4()}'
        name, value = self.mark.split('=')
        command = [sys.executable, '-m', 'dense_hand_pose', 'demo', *options]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, name: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def processes(self) -> dict[int, str]:
        """Return pid and command line of everything that the demo started and still runs."""
        found = {}
        for folder in Path('/proc').glob('[0-9]*'):
            try:
                marked = self.mark.encode() in (folder / 'environ').read_bytes()
                command = (folder / 'cmdline').read_bytes().replace(b'\0', b' ').decode()
            except OSError:
                continue
            if marked and command and int(folder.name) != self.process.pid:
                found[int(folder.name)] = command
        return found

    def wait_for_stream(self) -> None:
        """Return when the demo says that the stream runs."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if 'the node is active' in line:
                return
        raise AssertionError(self.process.communicate())

    def finish(self) -> tuple[int, str, str]:
        """Return exit status, output and errors."""
        out, err = self.process.communicate(timeout=TIMEOUT_S)
        return self.process.returncode, out, err


@pytest.mark.alone
def test_the_whole_demo(tmp_path: Path) -> None:
    demo = Demo('--out', str(tmp_path), '--seconds', '4')
    status, out, err = demo.finish()
    assert status == 0, out + err
    assert demo.processes() == {}
    assert 'mean joint error' in out
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    assert metrics['frames'] == pictures_of(tmp_path / 'logs/camera.log', of=120) > 50
    assert metrics['lost_messages'] == 0, metrics
    assert metrics['frames_answered'] + metrics['dropped'] == metrics['frames']
    assert metrics['frames_with_hand'] > 0.5 * metrics['frames_answered']
    assert 0.0 < metrics['latency_p50_ms'] <= metrics['latency_p95_ms'] < LATEST_MS
    assert metrics['mean_joint_error_mm'] < 60.0
    with AnyReader([tmp_path / 'bag']) as reader:
        counts = {topic: info.msgcount for topic, info in reader.topics.items()}
    assert counts['/image_rect'] == metrics['frames']
    assert counts['/hand_pose/joints'] == metrics['frames_answered']
    assert counts['/hand_pose/joint_names'] == 1
    for topic in ('/camera_info', '/ground_truth/joints', '/hand_pose/joints_cloud'):
        assert counts[topic] > 0.5 * metrics['frames_answered']
    assert counts['/hand_pose/markers'] > 0
    with Image.open(tmp_path / 'skeleton.gif') as animation:
        assert getattr(animation, 'n_frames') > 10  # noqa: B009 (not in Pillow's types)
    assert Image.open(tmp_path / 'overlay.png').size[0] > 800
    check_markers(tmp_path / 'bag')
    check_report_of(tmp_path / 'bag', tmp_path / 'report', metrics)


@pytest.mark.alone
@pytest.mark.parametrize('held_up', ['node', 'recorder'])
def test_nothing_is_lost_where_a_process_is_held_up(tmp_path: Path, held_up: str) -> None:
    demo = Demo('--out', str(tmp_path), '--seconds', '5')
    demo.wait_for_stream()
    pid = demo.process.pid  # it records
    if held_up == 'node':
        pid = next(pid for pid, command in demo.processes().items() if 'ros.node' in command)
    time.sleep(1.0)
    os.kill(pid, signal.SIGSTOP)
    time.sleep(2.0)
    os.kill(pid, signal.SIGCONT)
    status, out, err = demo.finish()
    assert status == 0, out + err
    metrics = json.loads((tmp_path / 'metrics.json').read_text())
    assert metrics['lost_messages'] == 0, metrics
    late = metrics['latency_p95_ms'] > 300.0
    assert late or metrics['dropped_by_cause']['replaced'] > 0, 'it was not held up'
    assert metrics['frames_answered'] + metrics['dropped'] == metrics['frames']


def pictures_of(log: Path, of: int) -> int:
    """Return how many of its pictures the camera published; it must account for the rest."""
    report = re.search(r'(\d+) pictures in .*, (\d+) left out', log.read_text())
    assert report is not None
    published, left_out = map(int, report.groups())
    assert published + left_out == of
    return published


def check_markers(bag: Path) -> None:
    """Check that the markers of a hand show the joints, which share its stamp."""
    with AnyReader([bag]) as reader:
        wanted = {'/hand_pose/markers', '/hand_pose/joints'}
        found = [c for c in reader.connections if c.topic in wanted]
        messages: dict[str, list[Any]] = {topic: [] for topic in wanted}
        for connection, _, data in reader.messages(found):
            messages[connection.topic].append(reader.deserialize(data, connection.msgtype))
    joints = {stamp(m.header): m.poses for m in messages['/hand_pose/joints']}
    spheres = [m for array in messages['/hand_pose/markers'] for m in array.markers if m.type == 7]
    shown = [m for m in spheres if len(m.points) == 21]
    assert shown
    for marker in shown:
        poses = joints[stamp(marker.header)]
        expected = [(p.position.x, p.position.y, p.position.z) for p in poses]
        points = [(p.x, p.y, p.z) for p in marker.points]
        np.testing.assert_allclose(points, expected, atol=1e-6)


def stamp(header: Any) -> tuple[int, int]:
    """Return a stamp that can be looked up."""
    return header.stamp.sec, header.stamp.nanosec


def check_report_of(bag: Path, out: Path, metrics: dict[str, Any]) -> None:
    """Take the last step of docs/evaluation.md, "The demo": a report of its bag."""
    command = [sys.executable, '-m', 'dense_hand_pose', 'evaluate', 'bag', str(bag)]
    done = subprocess.run(
        [*command, '--out', str(out)], cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((out / 'metrics.json').read_text())['frames'] == metrics['frames']
    assert (out / 'report.html').stat().st_size > 10_000


def test_a_model_that_is_not_there_ends_with_the_reason(tmp_path: Path) -> None:
    demo = Demo(
        '--out', str(tmp_path), '--seconds', '1', '--model', str(tmp_path / 'no.safetensors')
    )
    status, _, err = demo.finish()
    assert status == 1
    assert err.count('\n') == 1
    assert 'no.safetensors' in err
    assert demo.processes() == {}


def test_ctrl_c_leaves_no_process(tmp_path: Path) -> None:
    demo = Demo('--out', str(tmp_path), '--seconds', '6')
    demo.wait_for_stream()
    assert len(demo.processes()) >= 2
    demo.process.send_signal(signal.SIGINT)
    status, _, err = demo.finish()
    assert status == 130
    assert 'interrupted' in err
    assert demo.processes() == {}


def test_a_node_that_dies_is_reported(tmp_path: Path) -> None:
    demo = Demo('--out', str(tmp_path), '--seconds', '6')
    demo.wait_for_stream()
    node = next(pid for pid, command in demo.processes().items() if 'ros.node' in command)
    time.sleep(0.5)
    os.kill(node, signal.SIGKILL)
    status, _, err = demo.finish()
    assert status == 1
    assert 'the node ended with status -9' in err
    assert demo.processes() == {}
