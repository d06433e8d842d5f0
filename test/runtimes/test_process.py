# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Process settings are looked at from outside, in processes of their own."""

import os
import platform
import subprocess
import sys

import pytest

_FAULTS = """
import resource, sys
from dense_hand_pose.runtimes.process import keep_memory
if sys.argv[1] == 'keep':
    keep_memory()
begin = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    blocks = [bytearray(12 << 20) for _ in range(3)]
    del blocks
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - begin)
"""

_POLICY = """
import os
from dense_hand_pose.runtimes.process import wait_passively
wait_passively()
print(os.environ['OMP_WAIT_POLICY'])
"""


def _run(program: str, *args: str, **environment: str) -> str:
    cleared = {k: v for k, v in os.environ.items() if not k.startswith(('OMP_', 'MALLOC_'))}
    done = subprocess.run(
        [sys.executable, '-c', program, *args],
        env={**cleared, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout.strip()


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='mallopt is a setting of glibc')
def test_kept_memory_is_not_paged_in_again() -> None:
    # Three blocks of 3,072 pages: given back each time, their pages fault 50 times over.
    assert int(_run(_FAULTS, 'keep')) * 5 < int(_run(_FAULTS, 'leave'))


def test_threads_wait_passively_unless_the_user_says_otherwise() -> None:
    assert _run(_POLICY) == 'PASSIVE'
    assert _run(_POLICY, OMP_WAIT_POLICY='ACTIVE') == 'ACTIVE'
