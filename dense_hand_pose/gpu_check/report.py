# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The report of a check: report.json with everything, report.md to paste into an issue."""

from collections.abc import Sequence
from dataclasses import asdict
import json
import time
from typing import Any

from dense_hand_pose.network.weight_file import write_atomically

from .plan import Check, Outcome, Row

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
