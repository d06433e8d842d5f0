# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Plots of a test: success curve, error per joint, error against confidence."""

from collections.abc import Mapping
from pathlib import Path

from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
import numpy as np

from .protocol import Answers, CENTERS
from .summary import Figures
from ..figures import new_figure
from ..metrics.calibration import BINS, CONFIDENT
from ..metrics.joint_errors import frames_under

_COLOURS = {'truth': '#2d96d7', 'detected': '#e64b3c'}
_CURVE_MM = range(81)


def success_curve(path: Path, centers: Mapping[str, Answers]) -> None:
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
