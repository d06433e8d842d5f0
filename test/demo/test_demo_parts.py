# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The parts of the demo: child processes, private domains, table."""

import os
from pathlib import Path
import signal
import socket
import sys
import time

from dense_hand_pose.demo.processes import (
    Children,
    free_domain_id,
    private_environment,
    with_room_for_images,
)
from dense_hand_pose.demo.run import table
from dense_hand_pose.demo.stream import camera_command, DemoOptions, node_command
from dense_hand_pose.evaluation.streams import measure, Stream
import pytest

STUBBORN = (
    'import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); '
    "print('ready', flush=True); time.sleep(60)"
)
WITH_GRANDCHILD = (
    'import subprocess, sys, time; '
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); "
    'print(child.pid, flush=True); time.sleep(60)'
)


def wait_for_output(children: Children, name: str) -> str:
    """Return the first line of a child's log once it is there."""
    for _ in range(500):
        text = children.log_path(name).read_text()
        if text.endswith('\n'):
            return text.strip()
        time.sleep(0.02)
    raise AssertionError('no output')


def alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    try:
        state = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0]
    except FileNotFoundError:
        return False
    return state != 'Z'


def test_all_children_end_with_the_context(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(RuntimeError, match='on purpose'), Children(tmp_path) as children:
        children.start('a', [sys.executable, '-c', WITH_GRANDCHILD], os.environ)
        grandchild = int(wait_for_output(children, 'a'))
        assert children.status('a') is None
        assert alive(grandchild)
        raise RuntimeError('on purpose')
    assert children.status('a') is not None
    deadline = time.monotonic() + 60.0
    while alive(grandchild) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(grandchild)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_child_that_ignores_ctrl_c_ends_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ladder = ((signal.SIGINT, 0.3), (signal.SIGTERM, 3.0))
    monkeypatch.setattr('dense_hand_pose.demo.processes._LADDER', ladder)
    with Children(tmp_path) as children:
        children.start('a', [sys.executable, '-c', STUBBORN], os.environ)
        wait_for_output(children, 'a')
        assert children.stop('a') == -signal.SIGTERM


def test_the_end_of_a_log_is_one_line(tmp_path: Path) -> None:
    code = "print('one'); print('two'); print('three'); raise SystemExit(7)"
    with Children(tmp_path) as children:
        children.start('a', [sys.executable, '-c', code], os.environ)
        while children.status('a') is None:
            time.sleep(0.02)
        assert children.status('a') == 7
        assert children.last_lines('a', 2) == 'two | three'


def test_a_domain_in_use_is_left_alone() -> None:
    first = free_domain_id()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(('', 7410 + 250 * first))
        second = free_domain_id()
    assert first != second
    assert 1 <= first <= 100
    assert 1 <= second <= 100


def test_the_environment_is_private_and_keeps_what_the_user_set() -> None:
    base = {'HOME': '/home/x', 'PYTHONPATH': '/p'}
    environment = private_environment(base, 42)
    assert environment['ROS_DOMAIN_ID'] == '42'
    assert environment['ROS_AUTOMATIC_DISCOVERY_RANGE'] == 'LOCALHOST'
    assert environment['HOME'] == '/home/x'
    assert environment['PYTHONPATH'].endswith(':/p')
    assert private_environment({'ROS_DISTRO': 'humble'}, 1)['ROS_LOCALHOST_ONLY'] == '1'
    assert not any('PROFILES' in name for name in environment)


def test_who_publishes_images_has_room_for_them_but_for_a_profile_of_the_user() -> None:
    environment = with_room_for_images({'FASTRTPS_DEFAULT_PROFILES_FILE': '/mine.xml', 'A': 'b'})
    assert environment['FASTRTPS_DEFAULT_PROFILES_FILE'] == '/mine.xml'
    assert Path(environment['FASTDDS_DEFAULT_PROFILES_FILE']).is_file()
    assert environment['A'] == 'b'


def test_the_commands_say_what_the_options_say() -> None:
    options = DemoOptions(out=Path('x'), seconds=7, seed=3, side='left', model='m.safetensors')
    camera, node = camera_command(options), node_command(options)
    assert camera[:3] == [sys.executable, '-m', 'dense_hand_pose.ros.synthetic_camera']
    assert {'duration_s:=7.0', 'seed:=3', 'side:=left', 'min_subscribers:=2'} <= set(camera)
    assert {'model.name_or_path:=m.safetensors', 'model.backend:=auto'} <= set(node)
    # Nothing that is sent again may come too late: the results, or an image's camera_info.
    assert 'sync.queue_size:=300' in node
    assert 'qos_overrides./hand_pose/joints.publisher.depth:=300' in node


def test_the_table_has_a_row_for_every_figure_even_of_nothing() -> None:
    text = table(measure(Stream()))
    for name in ('depth frames', 'rate', 'latency p50', 'latency p95', 'dropped frames'):
        assert name in text
    for name in ('lost messages', 'mean joint error', 'under 20 mm', 'under 30 mm', 'under 40'):
        assert name in text
    assert 'nan' not in text
