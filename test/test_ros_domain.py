# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""No two test processes share a ROS domain."""

import os
from pathlib import Path
import subprocess
import sys

from support.ros_domain import claim_domain

CLAIM = 'from support.ros_domain import claim_domain; print(claim_domain(), flush=True); input()'


def test_each_process_has_its_own_domain_and_gives_it_back() -> None:
    folder = Path(__file__).parent
    others = [
        subprocess.Popen(
            [sys.executable, '-c', CLAIM],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(3)
    ]
    given = [int(other.stdout.readline()) for other in others]
    given += [claim_domain(), int(os.environ['ROS_DOMAIN_ID'])]
    assert len(set(given)) == 5
    assert all(100 < domain < 233 for domain in given)
    for other in others:
        other.communicate(b'\n')
        assert other.returncode == 0
