# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The step that runs the tests marked `gpu`, where the package is a checkout with tests."""

from importlib.util import find_spec
from pathlib import Path
import re
import subprocess
import sys

from .plan import CannotRunError, Check, StepFindings

_ROOT = Path(__file__).resolve().parents[2]
_COUNTS = re.compile(r'(\d+) (passed|failed|skipped|errors?)')


def run(_check: Check, findings: StepFindings) -> None:
    """Run them and count; RuntimeError names those that fail."""
    folder = _ROOT / 'test' / 'gpu'
    if not folder.is_dir():
        raise CannotRunError(f'{folder}: no tests beside this package; use a checkout of it')
    if find_spec('pytest') is None:
        raise CannotRunError('pytest is not installed')
    words = ['-m', 'pytest', '-m', 'gpu', '-q', '-rfEs', '-p', 'no:cacheprovider', str(folder)]
    done = subprocess.run(  # noqa: S603 (our own command; its parent limits its time)
        [sys.executable, *words], cwd=_ROOT, text=True, stdout=subprocess.PIPE, check=False
    )
    print(done.stdout, flush=True)
    lines = done.stdout.strip().splitlines()
    for count, kind in _COUNTS.findall(lines[-1] if lines else ''):
        findings.figures[kind] = int(count)
    marks = ('FAILED', 'ERROR', 'SKIPPED')
    findings.rows += [{'test': line} for line in lines if line.startswith(marks)]
    if done.returncode not in (0, 5):  # 5: no test was chosen
        raise RuntimeError(f'the tests end with status {done.returncode}')
