# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The files of a test on single frames: table, metrics.json, CSV, plots and the worst frames."""

from collections.abc import Callable, Mapping, Sequence
import csv
import json
from pathlib import Path
from typing import Any

from dense_hand_pose.safe_output import text_file, write_file
from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
from dense_hand_pose.synthesis.frames import render_frame
from dense_hand_pose.visualization import (
    contact_sheet,
    draw_pose,
    draw_text,
    Image,
    surroundings,
)
import numpy as np

from .protocol import CENTERS, FrameEstimate, FrameEstimates
from .summary import Figures
from ..figures import decimal, new_figure, percent
from ..metrics.calibration import BINS, CONFIDENT
from ..metrics.joint_errors import frames_under, joint_errors_m, THRESHOLDS_MM

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
    write_file(path, json.dumps(document, indent=2) + '\n')


def write_per_frame(path: Path, centers: Mapping[str, FrameEstimates]) -> None:
    """Write a row per frame and kind of centre; errors are empty where nothing was estimated."""
    with text_file(path) as file:
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
        ('no hand found', lambda f: percent(f['no_hand_share'])),
        ('another than the first', lambda f: percent(f['other_hand_share'])),
    ]


def _errors(pick: Callable[[Figures], Figures]) -> list[Row]:
    return [
        ('mean', lambda f: decimal(pick(f)['mean_joint_error_mm'])),
        ('median', lambda f: decimal(pick(f)['median_joint_error_mm'])),
        ('95th percentile', lambda f: decimal(pick(f)['p95_joint_error_mm'])),
    ]


def _share_row(name: str, threshold_mm: int) -> Row:
    return name, lambda f: percent(f['frames_under_mm'][str(threshold_mm)])


def _group_row(key: str, name: str) -> Row:
    def cell(figures: Figures) -> str:
        group = figures[key][name]
        error, against = group['mean_joint_error_mm'], group['mean_against_all']
        return decimal(error) if against is None else f'{decimal(error)} {100 * against:+5.0f} %'

    return name, cell


def _joint_row(name: str) -> Row:
    return name, lambda f: decimal(f['per_joint'][name]['mean_joint_error_mm'])


def _reliability() -> list[Row]:
    def cell(part: str) -> Callable[[Figures], str]:
        def text(figures: Figures) -> str:
            entry = figures['reliability'][part]
            return f'{decimal(entry["mean_joint_error_mm"])} ({entry["joints"]})'

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


_COLOURS = {'truth': '#2d96d7', 'detected': '#e64b3c'}
_CURVE_MM = range(81)


def success_curve(path: Path, centers: Mapping[str, FrameEstimates]) -> None:
    """Plot the share of frames whose every joint is under a threshold."""
    with new_figure(path, (6.4, 4.4)) as axes:
        for center, answers in centers.items():
            shares = [100.0 * frames_under(answers.reported_errors_m, mm) for mm in _CURVE_MM]
            axes.plot(_CURVE_MM, shares, color=_COLOURS[center], label=CENTERS[center])
        axes.set(xlim=(0, _CURVE_MM[-1]), ylim=(0, 100))
        axes.set(xlabel='threshold, mm', ylabel='frames with every joint under it, %')
        axes.legend(loc='lower right')


def joint_bars(path: Path, centers: Mapping[str, Figures]) -> None:
    """Plot the mean error of each joint in its finger's colour; the paler bar comes second."""
    places = np.arange(len(HAND_21))
    width = 0.8 / len(centers)
    colours = [tuple(c / 255 for c in FINGER_COLOURS[f]) for f in HAND_21.fingers]
    with new_figure(path, (9.6, 4.8)) as axes:
        for i, (center, figures) in enumerate(centers.items()):
            means = [_number(j['mean_joint_error_mm']) for j in figures['per_joint'].values()]
            overall = _number(figures['mean_joint_error_mm'])
            label = f'{CENTERS[center]}, mean {overall:.1f} mm'
            at = places + (i - (len(centers) - 1) / 2) * width
            axes.bar(at, means, width, color=colours, alpha=1.0 - 0.5 * i, label=label)
        axes.set_xticks(places, HAND_21.joints, rotation=60, ha='right', fontsize=8)
        axes.set(ylabel='mean error, mm', xlim=(-0.7, len(places) - 0.3))
        axes.legend(loc='upper left')


def reliability(path: Path, centers: Mapping[str, Figures]) -> None:
    """Plot the mean error of the joints in each bin of confidence, and how many there are."""
    with new_figure(path, (6.4, 4.4)) as axes:
        counts = axes.twinx()
        for i, (center, figures) in enumerate(centers.items()):
            bins = figures['reliability']['bins']
            middles = np.array([(b['low'] + b['high']) / 2 for b in bins])
            joints = np.array([b['joints'] for b in bins])
            width = 0.8 / BINS / len(centers)
            at = middles + (i - (len(centers) - 1) / 2) * width
            share = 100.0 * joints / max(joints.sum(), 1)
            counts.bar(at, share, width, color=_COLOURS[center], alpha=0.2)
            errors = [_number(b['mean_joint_error_mm']) for b in bins]
            axes.plot(middles, errors, 'o-', color=_COLOURS[center], label=CENTERS[center])
        axes.axvline(CONFIDENT, color='grey', linewidth=0.8, linestyle='--')
        axes.set(xlabel='confidence', ylabel='mean error, mm (lines)', xlim=(0, 1))
        axes.set_ylim(bottom=0)
        counts.set(ylabel='joints, % (bars)', ylim=(0, 100))
        axes.legend(loc='upper right')


def _number(value: float | None) -> float:
    """Return a figure of metrics.json as a float, NaN for null."""
    return float('nan') if value is None else float(value)


WORST = 12
_TILE_COLUMNS = 3
_TILE_PX, _HEADER_PX = 220, 20


def worst_answers(answers: Sequence[FrameEstimate], count: int = WORST) -> list[FrameEstimate]:
    """Return the frames of the largest mean error, worst first; those without a hand come last."""
    return sorted(answers, key=lambda a: (not a.found, -mean_error_m(a), a.seed))[:count]


def mean_error_m(answer: FrameEstimate) -> float:
    """Return the mean joint error of a frame, metres; -1 where nothing was estimated."""
    if answer.pose is None:
        return -1.0
    return float(joint_errors_m(answer.pose.joints[None], answer.true_joints_m[None]).mean())


def worst_sheet(answers: Sequence[FrameEstimate]) -> Image:
    """Render the worst frames again: the truth on the left, the estimate on the right of each."""
    return contact_sheet([_pair(answer) for answer in worst_answers(answers)], _TILE_COLUMNS)


def _pair(answer: FrameEstimate) -> Image:
    """Return both skeletons over what the camera saw around the true hand."""
    frame = render_frame(answer.seed)
    center_m = frame.joints_m.mean(axis=0)
    tile, k = surroundings(frame.depth_m, center_m, frame.intrinsics, _TILE_PX)
    true = draw_pose(tile, frame.joints_m, k)
    guess, label = tile, 'nothing estimated'
    if answer.pose is not None:
        guess = draw_pose(tile, answer.pose.joints, k, answer.pose.confidence)
        error_mm, trust = 1000.0 * mean_error_m(answer), answer.pose.confidence.mean()
        verdict = '' if answer.found else ', refused'
        label = f'{error_mm:.0f} mm, confidence {trust:.2f}{verdict}'
    names = (f'{answer.seed} {answer.camera}', label)
    return np.hstack([_titled(t, n) for t, n in zip((true, guess), names, strict=True)])


def _titled(tile: Image, text: str) -> Image:
    """Return a tile below a line of text."""
    header = np.full((_HEADER_PX, *tile.shape[1:]), 28, np.uint8)
    return np.vstack([draw_text(header, text, (6, 14), 0.36), tile])
