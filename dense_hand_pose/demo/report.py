# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of the demo as a table for people and as metrics.json for programs."""

import json
import math
from pathlib import Path

from dense_hand_pose.evaluation.stream_metrics import StreamMetrics


def table(metrics: StreamMetrics) -> str:
    """Return the table: a name, a value and what it means in each row."""
    rows = [
        ('depth frames', f'{metrics.frames}', f'camera at {_text(metrics.camera_rate_hz)} Hz'),
        (
            'frames answered',
            f'{metrics.answered}',
            f'{metrics.hands} with a hand, {metrics.answered - metrics.hands} without',
        ),
        ('rate', f'{_text(metrics.rate_hz)} Hz', 'results received'),
        ('latency p50', f'{_text(metrics.latency_p50_ms)} ms', 'receipt minus header.stamp'),
        ('latency p95', f'{_text(metrics.latency_p95_ms)} ms', ''),
        ('dropped frames', f'{metrics.dropped}', _causes(metrics)),
        (
            'lost messages',
            f'{metrics.lost}',
            f'{metrics.lost_frames} before the node, {metrics.lost_results} results after it',
        ),
        ('mean joint error', f'{_text(metrics.mean_joint_error_mm)} mm', 'frames with a hand'),
    ]
    for threshold, share in metrics.frames_under_mm.items():
        name = f'frames under {threshold} mm'
        rows.append((name, f'{_text(100 * share)} %', 'every joint; no hand counts as missed'))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return '\n'.join(f'  {n:<{widths[0]}}  {v:>{widths[1]}}  {m}'.rstrip() for n, v, m in rows)


def write_metrics(path: Path, metrics: StreamMetrics) -> None:
    """Write metrics.json."""
    path.write_text(json.dumps(metrics.as_json(), indent=2) + '\n')


def _text(value: float) -> str:
    """Return a number with one decimal, '-' where there is none."""
    return f'{value:.1f}' if math.isfinite(value) else '-'


def _causes(metrics: StreamMetrics) -> str:
    """Return the causes of drops in words."""
    words = {'replaced': 'replaced by a newer frame while the network worked'}
    counts = sorted(metrics.dropped_by_cause.items(), key=lambda item: -item[1])
    return ', '.join(f'{count} {words.get(cause, cause)}' for cause, count in counts)
