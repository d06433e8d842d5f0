# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The demo from beginning to end: stream, bag, pictures, figures as a table and as JSON."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
import json
import math
from pathlib import Path
import shutil
from typing import Any

from dense_hand_pose.bags.rosbag import read_bag, write_bag
from dense_hand_pose.bags.topics import StreamTopics
from dense_hand_pose.camera.camera_info import stamp_ns
from dense_hand_pose.camera.depth_image import depth_from_image, to_metres
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.evaluation.streams import measure, read_stream, Stream, StreamMetrics
from dense_hand_pose.safe_output import write_file
from dense_hand_pose.visualization import (
    contact_sheet,
    draw_pose,
    draw_text,
    hand_tile,
    Image,
    png_bytes,
)
import numpy as np
import numpy.typing as npt
from PIL import Image as PilImage

from . import run
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
    stamps = run.chosen_stamps(stream, run.SHEET_TILES)
    run.write_sheet(out / SHEET, list(run.read_pictures(bag, TOPICS, stream, stamps)))
    stamps = run.chosen_stamps(stream, run.GIF_FRAMES)
    run.write_animation(out / ANIMATION, list(run.read_pictures(bag, TOPICS, stream, stamps)))


SHEET_COLUMNS = 4
SHEET_TILES = 12
GIF_FRAMES = 60
GIF_RATE_HZ = 10.0
_TILE_PX = 300
_VIEW_SIZE_M = 0.34
_VIEW_DISTANCE_M = 0.5


@dataclass(frozen=True)
class StreamPicture:
    """A frame of the stream with its answer: depth (H, W) metres, joints (21, 3) metres."""

    depth_m: npt.NDArray[np.float32]
    intrinsics: Intrinsics
    joints_m: npt.NDArray[np.float64]
    error_mm: float | None


def chosen_stamps(stream: Stream, count: int) -> list[int]:
    """Return at most `count` stamps, evenly spread over the frames that have a hand."""
    hands = [stamp for stamp, result in sorted(stream.results.items()) if stamp in stream.frames]
    hands = [stamp for stamp in hands if stream.results[stamp].joints_m is not None]
    places = np.linspace(0, len(hands) - 1, min(count, len(hands))).round().astype(int)
    return [hands[place] for place in places]


def read_pictures(
    bag: Path, topics: StreamTopics, stream: Stream, stamps: Sequence[int]
) -> Iterator[StreamPicture]:
    """Yield the frames with these stamps, in time order."""
    intrinsics = _intrinsics(bag, topics)
    wanted = set(stamps)
    for entry in read_bag(bag, [topics.depth]):
        stamp = stamp_ns(entry.message)
        joints = stream.results[stamp].joints_m if stamp in wanted else None
        if joints is None:
            continue
        error_mm = None
        if stamp in stream.truth:
            errors = np.linalg.norm(joints - stream.truth[stamp], axis=1)
            error_mm = 1000 * float(errors.mean())
        yield StreamPicture(_depth(entry.message), intrinsics, joints, error_mm)


def write_sheet(path: Path, pictures: Sequence[StreamPicture]) -> None:
    """Write the overlays of some frames as one PNG."""
    tiles = []
    for picture in pictures:
        tile = _tile(picture, _TILE_PX)
        if picture.error_mm is not None:
            tile = draw_text(tile, f'mean error {picture.error_mm:.0f} mm', (8, _TILE_PX - 10))
        tiles.append(tile)
    write_file(path, png_bytes(contact_sheet(tiles, SHEET_COLUMNS)))


def write_animation(path: Path, pictures: Sequence[StreamPicture]) -> None:
    """Write a GIF: the overlay, and the skeleton alone as seen from the side."""
    frames = [
        PilImage.fromarray(contact_sheet([_tile(s, 240), side_view(s, 240)], 2)[:, :, ::-1])
        for s in pictures
    ]
    # One palette for all: a palette of its own for each frame makes the background flicker.
    palette = frames[len(frames) // 2].quantize(colors=96)
    frames = [frame.quantize(palette=palette, dither=PilImage.Dither.NONE) for frame in frames]
    duration_ms = round(1000 / GIF_RATE_HZ)
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=duration_ms, loop=0, optimize=True
    )


def side_view(picture: StreamPicture, size_px: int) -> Image:
    """Return the skeleton turned by 60 degrees about the vertical, which shows its depth."""
    turn = np.deg2rad(60.0)
    rotation = np.array(
        [
            [np.cos(turn), 0.0, np.sin(turn)],
            [0.0, 1.0, 0.0],
            [-np.sin(turn), 0.0, np.cos(turn)],
        ]
    )
    turned = (picture.joints_m - picture.joints_m.mean(axis=0)) @ rotation.T
    focal_px = size_px * _VIEW_DISTANCE_M / _VIEW_SIZE_M
    middle = 0.5 * (size_px - 1)
    camera = Intrinsics(focal_px, focal_px, middle, middle)
    ground = np.full((size_px, size_px, 3), 40, dtype=np.uint8)
    return draw_pose(ground, turned + np.array([0.0, 0.0, _VIEW_DISTANCE_M]), camera)


def _tile(picture: StreamPicture, size_px: int) -> Image:
    """Return the surroundings of the hand with its skeleton."""
    return hand_tile(picture.depth_m, picture.joints_m, picture.intrinsics, size_px)


def _intrinsics(bag: Path, topics: StreamTopics) -> Intrinsics:
    """Return the intrinsics of the first camera_info of a bag."""
    for entry in read_bag(bag, [topics.camera_info]):
        k = entry.message.k
        return Intrinsics(float(k[0]), float(k[4]), float(k[2]), float(k[5]))
    raise ValueError(f'{bag} holds no message on {topics.camera_info}')


def _depth(image: Any) -> npt.NDArray[np.float32]:
    """Return the depth of a recorded Image in metres."""
    return to_metres(*depth_from_image(image))
