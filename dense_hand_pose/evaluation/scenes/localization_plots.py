# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""One page of plots of found hands: over the gate, over the score, over distance and camera."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..figures import new_page

_BLUE, _RED, _GREY = '#2d96d7', '#e64b3c', '#666666'


def localization_page(path: Path, scenes: Mapping[str, Any], min_score: float) -> None:
    """Plot the figures of scene_summary.summarise_scenes; min_score is the chosen threshold."""
    with new_page(path, (11.0, 8.0), 2, 2) as axes:
        _gate(axes[0, 0], scenes)
        _score(axes[0, 1], scenes['over_score'], min_score)
        _bars(axes[1, 0], scenes['per_distance_m'], 'distance, m')
        _bars(axes[1, 1], scenes['per_camera'], 'camera')


def _gate(axes: Any, scenes: Mapping[str, Any]) -> None:
    """Plot the share of hands whose centre is found within a distance."""
    curve = scenes['recall_under_mm']
    shares = 100.0 * np.array(list(curve.values()))
    axes.plot([int(gate) for gate in curve], shares, 'o-', color=_BLUE, markersize=3)
    axes.axvline(scenes['gate_mm'], color=_GREY, linewidth=0.8, linestyle='--')
    axes.set(xlabel='error of the centre, mm', ylabel='hands found within it, %', ylim=(0, 101))
    axes.set_title('Hands found', fontsize=10)


def _score(axes: Any, curve: Mapping[str, Any], min_score: float) -> None:
    """Plot recall and false positives over the score's threshold, with the chosen one."""
    at = curve['min_score']
    axes.plot(at, 100.0 * np.array(curve['recall']), color=_BLUE, label='hands found')
    false = 100.0 * np.array(curve['false_positive_share'])
    axes.plot(at, false, color=_RED, label='scenes without a hand that give one')
    axes.axvline(min_score, color=_GREY, linewidth=0.8, linestyle='--', label='threshold')
    axes.set(xlabel='threshold of the score', ylabel='%', xlim=(0, 1), ylim=(0, 101))
    axes.set_title('Threshold', fontsize=10)
    axes.legend(loc='center', fontsize=8)


def _bars(axes: Any, groups: Mapping[str, Any], title: str) -> None:
    """Plot the share of hands found in each group, and how many hands it has."""
    names = [f'{name}\n{group["hands"]}' for name, group in groups.items()]
    axes.bar(names, [100.0 * group['recall'] for group in groups.values()], color=_BLUE)
    axes.set(ylabel='hands found, %', ylim=(0, 101))
    axes.tick_params(axis='x', labelrotation=30 if len(names) > 6 else 0, labelsize=7)
    axes.set_title(f'Hands found by {title}', fontsize=10)
