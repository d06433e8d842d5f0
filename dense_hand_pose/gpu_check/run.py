# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Run the steps one after the other, each in a child process with a time limit of its own.

The child, ``python -m dense_hand_pose.gpu_check.run STEP CHECK``, writes STEP.json into the
report's folder. It ends with status 0, with CANNOT_RUN and the reason as its last line, or with a
traceback.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from importlib import import_module
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import time
from typing import Any, IO

from dense_hand_pose.network.weight_file import write_atomically
from dense_hand_pose.runtimes.process import keep_memory, wait_passively

from .plan import (
    CannotRunError,
    Check,
    hooks_of,
    Outcome,
    Row,
    Step,
    StepFindings,
    STEPS,
    USUAL_MINUTES,
)

FORMAT = 'dense_hand_pose/gpu_check/1'
_DRY = (
    '**A dry run**: the CPU stood in the place of the GPU, so that no figure below is one of a '
    'GPU or of TensorRT.'
)


def write_report(check: Check, minutes: float, outcomes: Sequence[Outcome]) -> None:
    """Write report.md and report.json into the check's folder."""
    found = {
        'format': FORMAT,
        'written': time.strftime('%Y-%m-%dT%H:%M:%S%z'),
        'minutes': minutes,
        'check': asdict(check),
        'steps': [asdict(outcome) for outcome in outcomes],
    }
    text = json.dumps(found, indent=1) + '\n'
    write_atomically(check.path / 'report.json', text.encode())
    write_atomically(check.path / 'report.md', as_markdown(check, outcomes).encode())


def as_markdown(check: Check, outcomes: Sequence[Outcome]) -> str:
    """Return the report as Markdown: a table of the steps, then what each has found."""
    steps = [
        {'step': o.title, 'state': o.state, 'seconds': round(o.spent_s, 1), 'why': o.why}
        for o in outcomes
    ]
    parts = ['# GPU check of dense_hand_pose', *([_DRY] if check.dry else []), _table(steps)]
    for outcome in outcomes:
        found = outcome.findings
        if not (found.figures or found.rows):
            continue
        parts.append(f'## {outcome.title}')
        if found.figures:
            parts.append(_table([{'': k, 'value': v} for k, v in found.figures.items()]))
        if found.rows:
            parts.append(_table(found.rows))
    return '\n\n'.join(parts) + '\n'


def _table(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table; a row without a column has an empty cell there."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, ['---'] * len(names)]
    lines += [[_cell(row.get(name)) for name in names] for row in rows]
    return '\n'.join(f'| {" | ".join(line)} |' for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ''
    if isinstance(value, float):
        return f'{value:.4g}' if abs(value) < 1000.0 else f'{value:,.0f}'
    return ' '.join(str(value).split()).replace('|', '\\|')


CHILD = 'dense_hand_pose.gpu_check.run'
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


def main(name: str, check: Check) -> int:
    """Run one step and write what it found."""
    step = next(step for step in STEPS if step.name == name)
    if check.dry:
        # Engines of a dry run do not belong into the user's cache.
        os.environ['XDG_CACHE_HOME'] = str(check.path / 'dry_run_cache')
    wait_passively()
    keep_memory()
    missing = hooks_of(check).why_no_gpu() if step.needs_gpu else None
    if missing is not None:
        return _cannot(missing)
    module, _, function = step.function.partition(':')
    run: Callable[[Check, StepFindings], None]
    run = getattr(import_module(f'.{module}', __package__), function)
    findings = StepFindings()
    try:
        run(check, findings)
    except CannotRunError as error:
        return _cannot(str(error))
    finally:
        # What was found before a step failed stands in the report, too.
        text = json.dumps(asdict(findings))
        (check.path / f'{name}.json').write_text(text, encoding='utf-8')
    return 0


def _cannot(why: str) -> int:
    print(why, flush=True)
    return CANNOT_RUN


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], Check.from_json(sys.argv[2])))
