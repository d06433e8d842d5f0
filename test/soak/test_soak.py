# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A minute of `make soak`."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 60

pytestmark = [pytest.mark.dds, pytest.mark.slow]


def test_a_minute_of_faults_is_accounted_for() -> None:
    pytest.importorskip('rclpy')
    environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(ROOT / 'tools/soak/soak.py'), '--seconds', str(SECONDS)],
        env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.split(' | ') for line in done.stdout.splitlines() if line.startswith('| ')]
    received = {row[0].strip('| '): int(row[3]) for row in rows[1:]}
    assert len(received) == 10
    assert all(count > 0 for count in received.values()), 'every fault was played'
