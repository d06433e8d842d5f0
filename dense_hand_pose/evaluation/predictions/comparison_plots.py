# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Plots of prediction files side by side, as in Fig. 4, 6 and 7 of the paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dense_hand_pose.skeleton import Skeleton
import numpy as np

from .comparison import Errors
from ..figures import new_figure
from ..metrics.joint_errors import frames_under, mean_joint_error_m

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
