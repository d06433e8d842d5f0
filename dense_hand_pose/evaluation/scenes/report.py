# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of found and followed hands as a table for people and as rows for programs."""

from collections.abc import Mapping, Sequence
import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

from .detection import SceneAnswer
from .sequences import SequenceAnswer

Figures = Mapping[str, Any]
_SCENE_COLUMNS = (
    'scene', 'camera', 'asked', 'present', 'found', 'missed', 'false', 'best_score',
    'center_error_mm', 'mean_joint_error_mm', 'at_true_center_mm',
)  # fmt: skip
_SEQUENCE_COLUMNS = (
    'sequence', 'kind', 'camera', 'frames', 'seen', 'missed', 'false_positives', 'false_tracks',
    'switches', 'renamed', 'handed_over', 'first_found', 'reacquired',
)  # fmt: skip


def table(document: Figures) -> str:
    """Return what is printed; a part that was not measured is left out."""
    lines: list[str] = []
    if document.get('scenes') is not None:
        lines += _scene_lines(document['scenes'])
    if document.get('sequences') is not None:
        lines += _sequence_lines(document['sequences'])
    return '\n'.join(lines)


def write_scenes(path: Path, answers: Sequence[SceneAnswer]) -> None:
    """Write a row per scene; a cell is empty where there is nothing to measure."""
    with path.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(_SCENE_COLUMNS)
        writer.writerows(map(_scene_row, answers))


def write_sequences(path: Path, answers: Sequence[SequenceAnswer]) -> None:
    """Write a row per sequence; delays are separated by spaces, '-' for never."""
    with path.open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(_SEQUENCE_COLUMNS)
        for answer in answers:
            counts = vars(answer.counts)
            delays = [
                ' '.join('-' if delay is None else str(delay) for delay in counts[name])
                for name in _SEQUENCE_COLUMNS[-2:]
            ]
            cells = [counts[name] for name in _SEQUENCE_COLUMNS[3:-2]]
            writer.writerow([answer.index, answer.kind, answer.camera, *cells, *delays])


def _scene_row(answer: SceneAnswer) -> list[Any]:
    """Return the cells of a scene; errors are means over its hands."""
    score, reported = answer.score(), answer.reported
    pairs = [(answer.hands[t], reported[f], answer.at_truth[t]) for t, f in score.pairs]
    centers = [np.linalg.norm(found.center_m - hand.center_m) for hand, found, _ in pairs]
    errors = [np.linalg.norm(f.joints_m - h.joints_m, axis=1).mean() for h, f, _ in pairs]
    best = [
        np.linalg.norm(own.joints_m - hand.joints_m, axis=1).mean()
        for hand, own in zip(answer.hands, answer.at_truth, strict=True)
        if own is not None
    ]
    present = sum(hand.present for hand in answer.hands)
    top = f'{answer.found[0].score:.4f}' if answer.found else ''
    counts = [present, len(score.pairs), len(score.missed), len(score.false)]
    cells = [answer.index, answer.camera, answer.asked, *counts, top]
    return cells + [f'{1000.0 * np.mean(v):.4f}' if v else '' for v in (centers, errors, best)]


def _scene_lines(scenes: Figures) -> list[str]:
    """Return the lines of the scenes."""
    one, two, none = scenes['one_hand'], scenes['two_hands'], scenes['no_hand']
    lines = [
        f'scenes: {scenes["scenes"]}, found: within {scenes["gate_mm"]:.0f} mm',
        _line('one hand, found', _percent(one['recall']), f'of {one["hands"]}'),
        _line('two hands, both found', _percent(two['both_found']), f'of {two["scenes"]}'),
        _line(
            'no hand, one reported', _percent(none['false_positive_share']), f'of {none["scenes"]}'
        ),
        _line('false hands per scene', f'{scenes["false_positives_per_scene"]:.3f}'),
    ]
    names = ('recall', 'center', 'joints', 'true c.', 'costs', 'side')
    lines.append(_row('errors in mm, side in %', names))
    groups = {'': {'all': scenes['all_hands']}}
    groups |= {title: scenes[f'per_{title}'] for title in ('distance_m', 'camera', 'side')}
    for title, entries in groups.items():
        for name, figures in entries.items():
            cells = (
                _percent(figures['recall']),
                *(
                    _number(figures[key])
                    for key in (
                        'center_error_mm',
                        'mean_joint_error_mm',
                        'at_true_center_mm',
                        'detection_costs_mm',
                    )
                ),
                _percent(figures['side_right']),
            )
            named = f'{title.removesuffix("_m")} {name}'.strip()
            lines.append(_row(f'  {named} ({figures["hands"]})', cells))
    return lines


def _sequence_lines(sequences: Figures) -> list[str]:
    """Return the lines of the sequences."""
    kinds = sequences['per_kind']
    lines = [f'sequences: {sequences["sequences"]}, {sequences["frames"]} frames']
    names = ('missed', 'false/fr.', 'false tr.', 'switches', 'back', 'in time', 'jitter')
    lines.append(_row('by kind; jitter in mm', names))
    for name, figures in [('all', sequences), *kinds.items()]:
        back = figures['reacquired']
        cells = (
            _percent(figures['missed_share']),
            _number(figures['false_positives_per_frame'], 3),
            str(figures['false_tracks']),
            str(figures['switches']),
            str(back['times']),
            _percent(back['in_time_share']),
            _number(figures['jitter_mm'], 2),
        )
        lines.append(_row(f'  {name}', cells))
    return lines


def _line(name: str, value: str, more: str = '') -> str:
    return f'  {name:<26}{value:>10} {more}'.rstrip()


def _row(name: str, cells: Sequence[str]) -> str:
    return f'{name:<28}' + ''.join(f'{cell:>10}' for cell in cells)


def _percent(share: float) -> str:
    return '-' if math.isnan(share) else f'{100.0 * share:.1f} %'


def _number(value: float, digits: int = 1) -> str:
    return '-' if math.isnan(value) else f'{value:.{digits}f}'
