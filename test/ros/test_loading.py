# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the library says reaches the log of ROS, with its severity."""

import logging
import os
import subprocess
import sys

from dense_hand_pose.ros.loading import log_through_ros, RosHandler

_PROGRAM = """
import logging
from dense_hand_pose.ros.loading import log_through_ros
log_through_ros()
log = logging.getLogger('dense_hand_pose.runtimes.registry')
for _ in range(2):
    log.debug('of no interest')
    log.info('backend auto: %s', 'openvino')
    log.warning('slow')
    log.error('broken')
"""


def test_messages_keep_their_severity() -> None:
    done = subprocess.run(
        [sys.executable, '-c', _PROGRAM],
        env={**os.environ, 'RCUTILS_COLORIZED_OUTPUT': '0'},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    said = done.stdout + done.stderr
    for severity, text in (
        ('INFO', 'backend auto: openvino'),
        ('WARN', 'slow'),
        ('ERROR', 'broken'),
    ):
        lines = [line for line in said.splitlines() if line.endswith(text)]
        assert len(lines) == 2
        assert all(f'[{severity}]' in line and '[dense_hand_pose]' in line for line in lines)
    assert 'of no interest' not in said


def test_a_second_node_does_not_double_the_messages() -> None:
    library = logging.getLogger('dense_hand_pose')
    before, level = list(library.handlers), library.level
    try:
        log_through_ros()
        log_through_ros()
        assert sum(isinstance(handler, RosHandler) for handler in library.handlers) == 1
    finally:
        library.handlers[:] = before
        library.setLevel(level)
