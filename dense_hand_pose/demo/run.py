# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The demo from beginning to end: stream, bag, pictures, figures as a table and as JSON."""

from collections.abc import Callable
import json
import math
from pathlib import Path
import shutil

from dense_hand_pose.bags.rosbag import write_bag
from dense_hand_pose.evaluation.streams import measure, read_stream, Stream, StreamMetrics
from dense_hand_pose.safe_output import write_file

from . import pictures
from .stream import BAG_TOPICS, DemoError, DemoOptions, record_stream, TOPICS


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
    write_file(path, json.dumps(metrics.as_json(), indent=2) + '\n')


def _text(value: float) -> str:
    """Return a number with one decimal, '-' where there is none."""
    return f'{value:.1f}' if math.isfinite(value) else '-'


def _causes(metrics: StreamMetrics) -> str:
    """Return the causes of drops in words."""
    words = {'replaced': 'replaced by a newer frame while the network worked'}
    counts = sorted(metrics.dropped_by_cause.items(), key=lambda item: -item[1])
    return ', '.join(f'{count} {words.get(cause, cause)}' for cause, count in counts)


BAG, METRICS, SHEET, ANIMATION = 'bag', 'metrics.json', 'overlay.png', 'skeleton.gif'


def run_demo(options: DemoOptions, say: Callable[[str], None]) -> StreamMetrics:
    """
    Stream, record and measure; print the table through `say`; write the results to options.out.

    Raises DemoError with the reason when no hand was estimated or the stream could not be had.
    """
    out = options.out
    out.mkdir(parents=True, exist_ok=True)
    _remove_old_results(out)
    messages = record_stream(options, say)
    say(f'writing {len(messages)} messages to {out / BAG}')
    write_bag(out / BAG, BAG_TOPICS, messages)
    messages.clear()
    stream = read_stream(out / BAG, TOPICS)
    metrics = measure(stream)
    write_metrics(out / METRICS, metrics)
    say(table(metrics))
    if not metrics.hands:
        raise DemoError(
            f'no hand was estimated in {metrics.frames} depth frames ({metrics.answered} '
            f'answered, {metrics.dropped} dropped): see {out / "logs" / "node.log"}'
        )
    _draw(out, stream)
    say(f'results in {out}/: {SHEET}, {ANIMATION}, {METRICS}, {BAG}/ (rosbag2, mcap), logs/')
    return metrics


def _remove_old_results(out: Path) -> None:
    """Remove what an earlier demo wrote, and nothing else."""
    shutil.rmtree(out / BAG, ignore_errors=True)
    for name in (METRICS, SHEET, ANIMATION):
        (out / name).unlink(missing_ok=True)


def _draw(out: Path, stream: Stream) -> None:
    """Write the pictures."""
    bag = out / BAG
    stamps = pictures.chosen_stamps(stream, pictures.SHEET_TILES)
    pictures.write_sheet(out / SHEET, list(pictures.read_pictures(bag, TOPICS, stream, stamps)))
    stamps = pictures.chosen_stamps(stream, pictures.GIF_FRAMES)
    pictures.write_animation(
        out / ANIMATION, list(pictures.read_pictures(bag, TOPICS, stream, stamps))
    )
