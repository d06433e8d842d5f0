# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of a test as a table for people, as metrics.json and as a row per frame."""

from collections.abc import Callable, Mapping
import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from .protocol import Answers, CENTERS
from .summary import Figures, THRESHOLDS_MM

_COLUMNS = (
    'seed', 'camera', 'side', 'center', 'found', 'other_hand',
    'mean_error_mm', 'max_error_mm', 'confidence',
)  # fmt: skip
_WIDTH = 26
_CELL = 17

Row = tuple[str, Callable[[Figures], str]]


def table(centers: Mapping[str, Figures]) -> str:
    """Return the table: one column per kind of centre, lengths in millimetres."""
    first = next(iter(centers.values()))
    blocks: list[tuple[str, list[Row]]] = [
        ('frames', _overall()),
        ('error, reported hands', _errors(lambda f: f)),
        ('error, refused ones too', _errors(lambda f: f['refused_too'])),
        ('every joint under, % of frames', [_share_row(f'{t} mm', t) for t in THRESHOLDS_MM]),
        ('mean error by confidence', _reliability()),
    ]
    for title, key in (('side', 'per_side'), ('camera', 'per_camera')):
        blocks.append(
            (f'mean error by {title}, against all', [_group_row(key, n) for n in first[key]])
        )
    blocks.append(('mean error by joint', [_joint_row(n) for n in first['per_joint']]))
    lines = [_line('', [CENTERS[center] for center in centers])]
    for title, rows in blocks:
        lines.append(title)
        lines += [_line(f'  {name}', [cell(f) for f in centers.values()]) for name, cell in rows]
    return '\n'.join(lines)


def write_metrics(path: Path, document: Mapping[str, Any]) -> None:
    """Write metrics.json."""
    path.write_text(json.dumps(document, indent=2) + '\n', encoding='utf-8')


def write_per_frame(path: Path, centers: Mapping[str, Answers]) -> None:
    """Write a row per frame and kind of centre; errors are empty where nothing was estimated."""
    with path.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(_COLUMNS)
        for center, answers in centers.items():
            worst, means = answers.errors_m.max(axis=1), answers.errors_m.mean(axis=1)
            trust = answers.confidence.mean(axis=1)
            for i, seed in enumerate(answers.seeds):
                numbers = (1000.0 * means[i], 1000.0 * worst[i], trust[i])
                cells = [f'{n:.4f}' if np.isfinite(n) else '' for n in numbers]
                row = (seed, answers.cameras[i], answers.sides[i], center)
                flags = (int(answers.found[i]), int(answers.other[i]))
                writer.writerow([*row, *flags, *cells])


def _overall() -> list[Row]:
    return [
        ('all', lambda f: str(f['frames'])),
        ('no hand found', lambda f: _percent(f['no_hand_share'])),
        ('another than the first', lambda f: _percent(f['other_hand_share'])),
    ]


def _errors(pick: Callable[[Figures], Figures]) -> list[Row]:
    return [
        ('mean', lambda f: _mm(pick(f)['mean_joint_error_mm'])),
        ('median', lambda f: _mm(pick(f)['median_joint_error_mm'])),
        ('95th percentile', lambda f: _mm(pick(f)['p95_joint_error_mm'])),
    ]


def _share_row(name: str, threshold_mm: int) -> Row:
    return name, lambda f: _percent(f['frames_under_mm'][str(threshold_mm)])


def _group_row(key: str, name: str) -> Row:
    def cell(figures: Figures) -> str:
        group = figures[key][name]
        error, against = group['mean_joint_error_mm'], group['mean_against_all']
        return _mm(error) if against is None else f'{_mm(error)} {100 * against:+5.0f} %'

    return name, cell


def _joint_row(name: str) -> Row:
    return name, lambda f: _mm(f['per_joint'][name]['mean_joint_error_mm'])


def _reliability() -> list[Row]:
    def cell(part: str) -> Callable[[Figures], str]:
        def text(figures: Figures) -> str:
            entry = figures['reliability'][part]
            return f'{_mm(entry["mean_joint_error_mm"])} ({entry["joints"]})'

        return text

    def ratio(figures: Figures) -> str:
        value = figures['reliability']['error_ratio']
        return '-' if value is None else f'{value:.2f}'

    return [
        ('above 0.5 (joints)', cell('confident')),
        ('the others (joints)', cell('others')),
        ('ratio', ratio),
    ]


def _line(name: str, cells: list[str]) -> str:
    return f'{name:<{_WIDTH}}' + ''.join(f'{cell:>{_CELL}}' for cell in cells)


def _mm(value: float | None) -> str:
    return '-' if value is None else f'{value:.1f}'


def _percent(share: float) -> str:
    return f'{100.0 * share:.1f} %'
