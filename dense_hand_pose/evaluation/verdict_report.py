# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a verdict as a document for metrics.json and as tables in Markdown."""

from typing import Any

import numpy as np

from .presence import describe_presence, describe_side, Opinions

PRESENCE, SIDE = 0.5, 0.5
"""Thresholds from which on a hand counts as there, and its side as known."""
CONFIDENCE, BEND = 0.35, 1.1
"""The same for the mean confidence of the joints, and for the log odds of their bend."""


def summarise_opinions(opinions: Opinions) -> dict[str, Any]:
    """Return all figures of a verdict, and of what is measured beside it."""
    present = opinions.present
    true_side = opinions.true_side[present]
    return {
        'hands': int(present.sum()),
        'others': int((~present).sum()),
        'presence': {
            'verdict': describe_presence(opinions.presence, opinions, PRESENCE),
            'mean confidence': describe_presence(opinions.confidence, opinions, CONFIDENCE),
        },
        'side': {
            'verdict': describe_side(opinions.side[present], true_side, SIDE),
            'bend of the joints': describe_side(opinions.bend[present], true_side, BEND),
        },
        'flipped_by_the_mirror': float(
            (np.sign(opinions.side) == -np.sign(opinions.mirrored_side))[present].mean()
        ),
    }


def verdict_tables(summary: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = [
        f'{summary["hands"]} held-out crops of hands, {summary["others"]} of other places:',
        '',
        '| is there a hand? | area under the ROC | recall at 1 % false positives | threshold '
        '| recall | false positives |',
        '|---|---|---|---|---|---|',
    ]
    for name, row in summary['presence'].items():
        lines.append(
            f'| {name} | {row["area"]:.4f} | {row["recall_at_1_percent"]:.1%} (from '
            f'{row["threshold_at_1_percent"]:.2f} on) | {row["threshold"]} '
            f'| {row["recall"]:.1%} | {row["false_positives"]:.1%} |'
        )
    lines += [
        '',
        '| which hand? | right | limit | unknown | right where known | right of the surest 90 % |',
        '|---|---|---|---|---|---|',
    ]
    for name, row in summary['side'].items():
        lines.append(
            f'| {name} | {row["accuracy"]:.1%} | {row["limit"]} | {row["unknown"]:.1%} '
            f'| {row["accuracy_of_known"]:.1%} | {row["accuracy_of_surest"]:.1%} |'
        )
    flipped = summary['flipped_by_the_mirror']
    lines += ['', f'The mirrored crop has the opposite side in {flipped:.1%} of the hands.']
    for title, key in (
        ('false positives at the threshold', 'false_positives_of_kinds'),
        ('recall at the threshold', 'recall_of_cameras'),
    ):
        rows = {name: row[key] for name, row in summary['presence'].items()}
        lines += ['', f'| {title} | {" | ".join(rows)} |', '|---' * (len(rows) + 1) + '|']
        for part in next(iter(rows.values())):
            shares = ' | '.join(f'{row[part]:.1%}' for row in rows.values())
            lines.append(f'| {part} | {shares} |')
    return '\n'.join(lines) + '\n'
