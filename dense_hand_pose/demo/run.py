# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The demo from beginning to end: stream, bag, figures, pictures."""

from collections.abc import Callable
from pathlib import Path
import shutil

from dense_hand_pose.bags.rosbag import write_bag
from dense_hand_pose.evaluation.stream_metrics import measure, StreamMetrics
from dense_hand_pose.evaluation.streams import read_stream, Stream

from . import pictures
from .report import table, write_metrics
from .stream import BAG_TOPICS, DemoError, DemoOptions, record_stream, TOPICS

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
    pictures.write_sheet(out / SHEET, list(pictures.shots(bag, TOPICS, stream, stamps)))
    stamps = pictures.chosen_stamps(stream, pictures.GIF_FRAMES)
    pictures.write_animation(out / ANIMATION, list(pictures.shots(bag, TOPICS, stream, stamps)))
