# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Nodes killed or interrupted while they start, and participants that come and go."""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import signal
import subprocess
import sys

import pytest
import rclpy
from support.node_fixture import NodeFixture, QUICK, running_node

pytestmark = pytest.mark.dds


@contextmanager
def starting_node(model: str, cache: Path, backend: str) -> Iterator[subprocess.Popen]:
    """Start a node whose log can be read; kill it in the end if it still runs."""
    parameters = {**QUICK, 'model.name_or_path': model, 'model.backend': backend}
    words = [sys.executable, '-m', 'dense_hand_pose.ros.node', '--ros-args']
    for name, value in parameters.items():
        words += ['-p', f'{name}:={value}']
    environment = {
        **os.environ, 'XDG_CACHE_HOME': str(cache), 'RCUTILS_LOGGING_USE_STDOUT': '0',
        'PYTHONUNBUFFERED': '1',
    }  # fmt: skip
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen, text: str) -> str:
    """Return what a process says up to a text; fail where it ends before."""
    said = ''
    for line in process.stdout:
        said += line
        if text in line:
            return said
    raise AssertionError(f'it ended without {text!r}: {said}')


def test_a_node_killed_while_it_exports_starts_again(model: str, tmp_path: Path) -> None:
    with starting_node(model, tmp_path, 'openvino') as process:
        read_until(process, 'for OpenVINO, once')
        process.kill()
        assert process.wait(timeout=120) == -signal.SIGKILL
    assert not list(tmp_path.rglob('*.zip')), 'nothing half made is kept'
    with starting_node(model, tmp_path, 'openvino') as process:
        read_until(process, 'active:')
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=180)
        assert process.returncode == 0
        assert '0 under way' in said
    assert len(list(tmp_path.rglob('*.zip'))) == 1


def test_a_node_killed_while_it_activates_is_followed_by_another(
    model: str, tmp_path: Path
) -> None:
    with starting_node(model, tmp_path, 'cpu') as process:
        read_until(process, 'configured')
        process.kill()
        assert process.wait(timeout=120) == -signal.SIGKILL
    context = rclpy.Context()
    rclpy.init(context=context)
    rig = NodeFixture(None, context)
    try:
        with starting_node(model, tmp_path, 'cpu') as process:
            read_until(process, 'active:')
            rig.wait_until_matched()
            assert rig.ask(rig.image()) is not None
    finally:
        rig.close()
        rclpy.shutdown(context=context)


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_the_model_loads_ends_the_node(
    model: str, tmp_path: Path, number: signal.Signals
) -> None:
    with starting_node(model, tmp_path, 'cpu') as process:
        read_until(process, 'loading model')
        process.send_signal(number)
        said, _ = process.communicate(timeout=180)
        assert process.returncode == 0, said
        assert 'Traceback' not in said
        assert '0 under way' in said


def test_cameras_and_listeners_may_come_and_go(model: str) -> None:
    with running_node(model) as rig:
        assert rig.ask(rig.image()) is not None
        for _ in range(3):
            context = rclpy.Context()  # a DDS participant of its own
            rclpy.init(context=context)
            guest = NodeFixture(None, context, rig.namespace)
            try:
                guest.wait_until_matched()
                image = guest.image()
                assert guest.ask(image) is not None
                assert rig.answer(image).header == image.header
            finally:
                guest.close()
                rclpy.shutdown(context=context)
        assert rig.ask(rig.image()) is not None
        assert rig.node.counters.counts().causes['internal_error'] == 0
