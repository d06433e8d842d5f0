# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Prediction files side by side: their figures as a table, CSV and plots, and a sheet of poses.

Legend: N frames, J joints; errors are (N, J) metres, keyed by the name of the predictions. The
figures are those of Wan et al., CVPR 2018, Sec. 5.1: the mean error over joints and frames, and
the share of frames whose worst joint is under a threshold.
"""

from collections.abc import Callable, Mapping, Sequence
import csv
import json
from pathlib import Path
from typing import Any, Final

from dense_hand_pose.datasets.facts import DatasetFacts
from dense_hand_pose.safe_output import text_file, write_file
from dense_hand_pose.skeleton import Skeleton
from dense_hand_pose.visualization import contact_sheet, draw_pose, draw_text, Image, surroundings
import numpy as np
import numpy.typing as npt

from ..figures import error_figures, new_figure, rounded
from ..metrics import joint_errors
from ..metrics.joint_errors import frames_under, mean_joint_error_m, THRESHOLDS_MM

PAPER_MARGIN_MM: Final = 0.5
"""The paper's shares "at T mm" were counted at <= T + 0.5 mm."""

Errors = npt.NDArray[np.float64]
Figures = dict[str, Any]


def summarise(errors_m: Errors, skeleton: Skeleton, as_in_paper: bool = False) -> Figures:
    """
    Return the figures of errors (N, J): lengths in mm, shares from 0 to 1.

    ``frames_under_mm`` is strict. With ``as_in_paper`` the shares at <= T + 0.5 mm are added as
    ``frames_up_to_mm_plus_half``.
    """
    figures: Figures = {'frames': len(errors_m), **error_figures(errors_m)}
    figures['frames_under_mm'] = joint_errors.frames_under_mm(errors_m)
    if as_in_paper:
        figures['frames_up_to_mm_plus_half'] = {
            str(threshold): frames_as_in_paper(errors_m, threshold) for threshold in THRESHOLDS_MM
        }
    columns = zip(skeleton.joints, errors_m.T, strict=True)
    figures['per_joint'] = {joint: error_figures(column[:, None]) for joint, column in columns}
    return figures


def frames_as_in_paper(errors_m: Errors, threshold_mm: float) -> float:
    """
    Return the share of frames of errors (N, J) whose worst joint is <= threshold + 0.5 mm.

    >>> frames_as_in_paper(np.array([[0.0205], [0.0206]]), threshold_mm=20)
    0.5
    """
    worst_m = errors_m.max(axis=1)
    return float((worst_m <= (threshold_mm + PAPER_MARGIN_MM) / 1000.0).mean())


def table(figures: Mapping[str, Figures]) -> str:
    """Return the table: a row per predictions; below it a row per joint."""
    first = next(iter(figures.values()))
    columns: list[tuple[str, Callable[[Figures], float]]] = [
        ('mean mm', lambda f: float(f['mean_joint_error_mm'])),
        ('median mm', lambda f: float(f['median_joint_error_mm'])),
        *(_share('frames_under_mm', f'< {t} mm %', t) for t in THRESHOLDS_MM),
    ]
    if 'frames_up_to_mm_plus_half' in first:
        key = 'frames_up_to_mm_plus_half'
        columns += [_share(key, f'<= {t}.5 mm %', t) for t in THRESHOLDS_MM]
    whole = [['predictions', *(title for title, _ in columns)]]
    for name, row in figures.items():
        cells = [f'{pick(row):.{3 if "%" not in title else 1}f}' for title, pick in columns]
        whole.append([name, *cells])
    joints = [['mean error by joint, mm', *figures]]
    for joint in first['per_joint']:
        means = (f['per_joint'][joint]['mean_joint_error_mm'] for f in figures.values())
        joints.append([joint, *(f'{mean:.3f}' for mean in means)])
    return f'{_aligned(whole)}\n\n{_aligned(joints)}'


def write_metrics(path: Path, document: Mapping[str, Any]) -> None:
    """Write metrics.json."""
    write_file(path, json.dumps(rounded(dict(document)), indent=2) + '\n')


def write_summary(path: Path, figures: Mapping[str, Figures]) -> None:
    """Write a CSV row per predictions: the figures as a whole, then the mean of each joint."""
    rows = []
    for name, entry in figures.items():
        row: dict[str, Any] = {'predictions': name}
        row |= {key: value for key, value in entry.items() if not isinstance(value, dict)}
        for key in ('frames_under_mm', 'frames_up_to_mm_plus_half'):
            row |= {f'{key}_{t}': share for t, share in entry.get(key, {}).items()}
        per_joint = entry['per_joint'].items()
        row |= {
            f'{joint}_mean_mm': joint_row['mean_joint_error_mm'] for joint, joint_row in per_joint
        }
        rows.append(rounded(row))
    with text_file(path) as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator='\n')
        writer.writeheader()
        writer.writerows(rows)


def write_per_frame(path: Path, errors_m: Mapping[str, Errors]) -> None:
    """Write a CSV row per predictions and frame; frame 1 is line 1 of the files."""
    with text_file(path) as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(['predictions', 'frame', 'mean_error_mm', 'max_error_mm'])
        for name, errors in errors_m.items():
            mean_mm, max_mm = 1000.0 * errors.mean(axis=1), 1000.0 * errors.max(axis=1)
            for i, (mean, largest) in enumerate(zip(mean_mm, max_mm, strict=True), start=1):
                writer.writerow([name, i, f'{mean:.4f}', f'{largest:.4f}'])


def _share(key: str, title: str, threshold_mm: int) -> tuple[str, Callable[[Figures], float]]:
    """Return a column of shares in percent."""
    return title, lambda figures: 100.0 * float(figures[key][str(threshold_mm)])


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells in columns: the first to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append('  '.join([row[0].ljust(widths[0]), *cells]))
    return '\n'.join(lines)


_CURVE_MM: Final = range(81)


def success_curves(path: Path, errors_m: Mapping[str, Errors]) -> None:
    """Plot the share of frames whose worst joint is strictly under a threshold."""
    with new_figure(path, (6.4, 4.4)) as axes:
        for name, errors in errors_m.items():
            shares = [100.0 * frames_under(errors, mm) for mm in _CURVE_MM]
            axes.plot(_CURVE_MM, shares, label=_label(name, errors))
        axes.set(xlim=(0, _CURVE_MM[-1]), ylim=(0, 100))
        axes.set(xlabel='threshold, mm', ylabel='frames whose worst joint is under it, %')
        axes.legend(loc='lower right')


def joint_bars(path: Path, errors_m: Mapping[str, Errors], skeleton: Skeleton) -> None:
    """Plot the mean error of each joint, and of all joints, side by side."""
    places = np.arange(len(skeleton) + 1)
    width = 0.8 / len(errors_m)
    with new_figure(path, (9.6, 4.8)) as axes:
        for i, (name, errors) in enumerate(errors_m.items()):
            means_mm = 1000.0 * np.append(errors.mean(axis=0), errors.mean())
            at = places + (i - (len(errors_m) - 1) / 2) * width
            axes.bar(at, means_mm, width, label=_label(name, errors))
        axes.set_xticks(places, [*skeleton.joints, 'mean'], rotation=60, ha='right', fontsize=8)
        axes.set(ylabel='mean error, mm', xlim=(-0.7, len(places) - 0.3))
        axes.legend(loc='lower left', bbox_to_anchor=(0.0, 1.0), ncols=3)  # above the axes


def _label(name: str, errors_m: Errors) -> str:
    """Return the words of the legend."""
    return f'{name}, mean {1000.0 * mean_joint_error_m(errors_m):.1f} mm'


RANKS: Final = ('best', 'median', 'worst')
_TILE_PX: Final = 220

Floats = npt.NDArray[np.float64]
DepthOf = Callable[[int], npt.NDArray[np.float32]]
"""From the place of a frame (from 0) to its depth image (H, W) in metres."""


def ranked_frames(errors_m: Floats) -> dict[str, int]:
    """
    Return the frames with the least, the middle and the largest mean error of errors (N, J).

    >>> ranked_frames(np.array([[0.03], [0.01], [0.02]]))
    {'best': 1, 'median': 2, 'worst': 0}
    """
    order = np.argsort(errors_m.mean(axis=1), kind='stable')
    places = (0, (len(order) - 1) // 2, -1)
    return {rank: int(order[place]) for rank, place in zip(RANKS, places, strict=True)}


def pose_sheet(
    facts: DatasetFacts,
    true_m: Floats,
    predicted_m: Mapping[str, Floats],
    depth_of: DepthOf | None = None,
) -> Image:
    """
    Draw a row per predictions: the best, the median and the worst of its frames.

    true_m and each of predicted_m are (N, J, 3) metres in the optical frame.
    """
    pairs = []
    for name, joints_m in predicted_m.items():
        errors_m = np.linalg.norm(joints_m - true_m, axis=2)
        for rank, frame in ranked_frames(errors_m).items():
            depth_m = _nothing(facts) if depth_of is None else depth_of(frame)
            said = f'{name}, {rank}: {1000.0 * errors_m[frame].mean():.1f} mm'
            texts = (f'frame {frame + 1}, truth', said)
            pairs.append(_pair(facts, depth_m, (true_m[frame], joints_m[frame]), texts))
    return contact_sheet(pairs, len(RANKS))


def _nothing(facts: DatasetFacts) -> npt.NDArray[np.float32]:
    """Return a depth image that shows nothing."""
    return np.zeros((facts.height, facts.width), np.float32)


def _pair(
    facts: DatasetFacts,
    depth_m: npt.NDArray[np.float32],
    poses_m: tuple[Floats, Floats],
    texts: tuple[str, str],
) -> Image:
    """Return truth and prediction, each over the surroundings of the true hand."""
    tile, k = surroundings(depth_m, poses_m[0].mean(axis=0), facts.intrinsics, _TILE_PX)
    drawn = [draw_pose(tile, pose, k, skeleton=facts.skeleton) for pose in poses_m]
    named = [draw_text(t, text, (6, 14), 0.36) for t, text in zip(drawn, texts, strict=True)]
    return np.hstack(named)
