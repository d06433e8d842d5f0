# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node at work, watched: UDP of its own for DDS, no other IP socket, no file in the home."""

import os
from pathlib import Path
import re
import signal
import subprocess
import sys

from dense_hand_pose.estimator import HandPoseEstimator
import pytest
import rclpy
from support.node_fixture import NodeFixture, QUICK

pytestmark = pytest.mark.dds

CONFINED = Path(__file__).parents[1] / 'support' / 'confined.py'


CALLED_OUT, NO_FILTER = 76, 77


def confined_node(home: Path, *words: str) -> subprocess.Popen:
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path), 'PYTHONUNBUFFERED': '1'}
    environment['HOME'] = str(home)
    for name in ('CI', 'TF_BUILD', 'JENKINS_URL'):
        environment.pop(name, None)  # they switch the telemetry of OpenVINO off
    environment['RCUTILS_LOGGING_USE_STDOUT'] = '0'
    return subprocess.Popen(
        [sys.executable, str(CONFINED), 'node', *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _calls_are_seen(tmp_path: Path) -> None:
    """Show that a grandchild's socket is seen; skip where the kernel has no such filter."""
    probe = confined_node(tmp_path, 'probe')
    said, _ = probe.communicate(timeout=180)
    if probe.returncode == NO_FILTER:
        pytest.skip(said)
    assert probe.returncode == CALLED_OUT, said


@pytest.mark.parametrize('backend', ['cpu', 'openvino'])
def test_the_node_needs_no_network_but_that_of_dds(
    model: str, backend: str, tmp_path: Path
) -> None:
    HandPoseEstimator.load(model, backend=backend)  # exports the graph, which may take minutes
    parameters = {**QUICK, 'model.name_or_path': model, 'model.backend': backend}
    words = [word for name, value in parameters.items() for word in ('-p', f'{name}:={value}')]
    context = rclpy.Context()
    rclpy.init(context=context)
    rig = NodeFixture(None, context)
    process = confined_node(tmp_path, '--ros-args', *words)
    try:
        rig.wait_until_matched()
        for _ in range(3):
            assert rig.ask(rig.image()) is not None
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=180)
    finally:
        process.kill()
        rig.close()
        rclpy.shutdown(context=context)
    assert process.returncode == 0, said
    ros_log, files = tmp_path / '.ros', [path for path in tmp_path.rglob('*') if path.is_file()]
    assert [path for path in files if ros_log not in path.parents] == []
    # The last answer is counted after it was heard: the signal may come between.
    images = re.search(r'(\d+) images: ', said)
    # Of those that were sent until one was answered, some may have been lost.
    assert images is not None and 4 <= int(images[1]) <= 3 + rig.sent_to_match, said
    assert '0 under way' in said
