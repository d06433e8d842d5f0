# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node at work under a kernel filter that lets DDS through and ends whoever else calls out."""

import os
from pathlib import Path
import re
import signal
import subprocess
import sys

from node_rig import QUICK, Rig
import pytest
import rclpy

pytestmark = pytest.mark.dds

CONFINED = Path(__file__).parents[1] / 'security' / 'confined.py'


def confined_node(*words: str) -> subprocess.Popen:
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path), 'PYTHONUNBUFFERED': '1'}
    environment['RCUTILS_LOGGING_USE_STDOUT'] = '0'
    return subprocess.Popen(
        [sys.executable, str(CONFINED), 'node', *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _filter_works() -> None:
    """Show that UDP passes the filter and TCP does not; skip where the kernel has none."""
    probe = confined_node('probe')
    said, _ = probe.communicate(timeout=180)
    if probe.returncode == 77:
        pytest.skip(said)
    assert probe.returncode == -signal.SIGSYS, said


@pytest.mark.parametrize('backend', ['cpu', 'openvino'])
def test_the_node_needs_no_network_but_that_of_dds(model: str, backend: str) -> None:
    parameters = {**QUICK, 'model.name_or_path': model, 'model.backend': backend}
    words = [word for name, value in parameters.items() for word in ('-p', f'{name}:={value}')]
    context = rclpy.Context()
    rclpy.init(context=context)
    rig = Rig(None, context)
    process = confined_node('--ros-args', *words)
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
    # The last answer is counted after it was heard: the signal may come between.
    images = re.search(r'(\d+) images: ', said)
    # Of those that were sent until one was answered, some may have been lost.
    assert images is not None and 4 <= int(images[1]) <= 3 + rig.sent_to_match, said
    assert '0 under way' in said
