# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Run the steps one after the other, each in a child process with a time limit of its own."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import IO

from .plan import Check, Outcome, Step, StepFindings, STEPS, USUAL_MINUTES
from .report import write_report

CHILD = 'dense_hand_pose.gpu_check.child'
CANNOT_RUN = 3
_ROOT = Path(__file__).resolve().parents[2]
_LEAST_S = 3.0
"""Too little for any step: starting Python and PyTorch takes as long."""
Say = Callable[[str], None]


def run_check(
    check: Check, minutes: float, say: Say, steps: Sequence[Step] = STEPS, child: str = CHILD
) -> list[Outcome]:
    """
    Run all steps within ``minutes``, write the report after each, and return their outcomes.

    A step that fails, hangs or cannot run does not keep the others from running. OSError where the
    folder of the report cannot be written.
    """
    check.path.mkdir(parents=True, exist_ok=True)
    end_s = time.monotonic() + 60.0 * minutes
    outcomes: list[Outcome] = []
    for step in steps:
        limit_s = min(step.limit_s * minutes / USUAL_MINUTES, end_s - time.monotonic())
        say(f'{step.title} (at most {max(0.0, limit_s):.0f} s)')
        outcome = _run(step, replace(check, limit_s=limit_s), child)
        outcomes.append(outcome)
        say(f'  {outcome.state} after {outcome.spent_s:.1f} s{_because(outcome)}')
        write_report(check, minutes, outcomes)
    return outcomes


def _because(outcome: Outcome) -> str:
    return f': {outcome.why}' if outcome.why else ''


def _run(step: Step, check: Check, child: str) -> Outcome:
    outcome = Outcome(step.name, step.title, 'not run')
    if check.limit_s < _LEAST_S:
        outcome.why = 'no time was left; give the check more by --minutes'
        return outcome
    result, log = (check.path / f'{step.name}.{end}' for end in ('json', 'log'))
    result.unlink(missing_ok=True)
    begin_s = time.monotonic()
    with log.open('wb') as file:
        status = _wait(_start(step, check, child, file), check.limit_s)
    outcome.spent_s = time.monotonic() - begin_s
    if status is None:
        outcome.state, outcome.why = 'timed out', f'stopped after {check.limit_s:.0f} s'
    elif status == CANNOT_RUN:
        outcome.why = _last_line(log)
    elif status != 0:
        outcome.state = 'failed'
        outcome.why = f'{_ending(status)}: {_last_line(log)}'
    else:
        outcome.state = 'done'
    _collect(result, outcome)
    return outcome


def _collect(result: Path, outcome: Outcome) -> None:
    """Take what the step has written, which may be a part where it was stopped."""
    try:
        outcome.findings = StepFindings(**json.loads(result.read_text(encoding='utf-8')))
    except (OSError, ValueError, TypeError) as error:
        if outcome.state == 'done':
            outcome.state, outcome.why = 'failed', f'it left no result ({error})'
    result.unlink(missing_ok=True)


def _start(step: Step, check: Check, child: str, log: IO[bytes]) -> 'subprocess.Popen[bytes]':
    paths = filter(None, [str(_ROOT), os.environ.get('PYTHONPATH', '')])
    return subprocess.Popen(  # noqa: S603 (no shell, our own command)
        [sys.executable, '-m', child, step.name, check.to_json()],
        env={**os.environ, 'PYTHONPATH': os.pathsep.join(paths)},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _wait(process: 'subprocess.Popen[bytes]', limit_s: float) -> int | None:
    """Return the status; None where the time ran out. Nothing of its session goes on."""
    try:
        return process.wait(limit_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ending(status: int) -> str:
    if status >= 0:
        return f'status {status}'
    with suppress(ValueError):
        return f'ended by {signal.Signals(-status).name}'
    return f'ended by signal {-status}'


def _last_line(log: Path) -> str:
    lines = log.read_text(errors='replace').strip().splitlines()
    return lines[-1].strip()[:300] if lines else 'it said nothing'
