# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the worst frames of a recording: the skeletons over what the camera saw."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dense_hand_pose.bags.frames import BagFrame
from dense_hand_pose.camera.depth_image import to_metres
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.visualization import (
    draw_pose,
    draw_text,
    Image,
    png_bytes,
    surroundings,
)
import numpy as np

from ..recordings.records import FrameRecord, Recording

WORST: Final = 8
_APART: Final = 5
"""Frames between two of them: neighbours look alike."""
_TILE_PX = 240


@dataclass(frozen=True)
class Picture:
    """A frame of the recording, by its place there, as PNG with what to say of it."""

    place: int
    png: bytes
    text: str


def worst_places(recording: Recording, count: int = WORST) -> list[int]:
    """
    Return the places of the worst hands, worst first, not several of one moment.

    By mean error where any is known, else by mean confidence.
    """
    badness: list[tuple[float, int]] = []
    measured = any(recording.errors_m(frame) is not None for frame in recording.hands)
    for place, frame in enumerate(recording.frames):
        errors = recording.errors_m(frame)
        if errors is not None:
            badness.append((-float(errors.mean()), place))
        elif not measured and frame.joints_m is not None and frame.confidence is not None:
            badness.append((float(frame.confidence.mean()), place))
    chosen: list[int] = []
    for _, place in sorted(badness):
        if len(chosen) == count:
            break
        if all(abs(place - other) >= _APART for other in chosen):
            chosen.append(place)
    return chosen


def worst_pictures(
    recording: Recording, frames: Iterable[BagFrame], count: int = WORST
) -> list[Picture]:
    """Return pictures of the worst hands; ``frames`` are those of the recording once more."""
    places = worst_places(recording, count)
    found: dict[int, Picture] = {}
    left = set(places)
    for place, frame in enumerate(frames):
        if place in left:
            left.discard(place)
            picture = _picture(recording, place, frame)
            if picture is not None:
                found[place] = picture
        if not left:
            break
    return [found[place] for place in places if place in found]


def _picture(recording: Recording, place: int, frame: BagFrame) -> Picture | None:
    """Return the picture of a frame, None where its image or camera_info cannot be used."""
    record = recording.frames[place]
    if frame.image is None or frame.info is None or record.joints_m is None:
        return None
    try:
        depth, unit_m, intrinsics = frame.read()
    except InputError:
        return None
    true = recording.truth.get(frame.stamp_ns)
    around = record.joints_m if true is None else true
    depth_m = to_metres(depth, unit_m)
    tile, tile_intrinsics = surroundings(depth_m, around.mean(axis=0), intrinsics, _TILE_PX)
    tiles = [_named(draw_pose(tile, record.joints_m, tile_intrinsics), 'estimate')]
    if true is not None:
        tiles.insert(0, _named(draw_pose(tile, true, tile_intrinsics), 'truth'))
    return Picture(place, png_bytes(np.hstack(tiles)), _text(recording, place, record))


def _named(tile: Image, name: str) -> Image:
    """Return a tile with a name in its corner."""
    return draw_text(tile, name, (6, 16), 0.42)


def _text(recording: Recording, place: int, record: FrameRecord) -> str:
    """Return the caption of a frame."""
    parts = [f'Frame {place + 1}']
    errors = recording.errors_m(record)
    if errors is not None:
        parts.append(f'mean error {1000.0 * errors.mean():.1f} mm')
    if record.confidence is not None:
        parts.append(f'confidence {record.confidence.mean():.2f}')
    return ', '.join(parts)
