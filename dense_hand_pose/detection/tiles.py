# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The detector on tiles of a frame: geometry, order and merging of the detections.

A tile shows a hand larger than the whole frame does and at another position of the detector's
input; detections of both add to the recall.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math
from typing import Final, NamedTuple

from dense_hand_pose.camera.depth_image import DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics, project
import numpy as np
import numpy.typing as npt

from .detections import Detection, SAME_DETECTION_M
from .proposals import TileSet, WHOLE_FRAME

_SHARE: Final = 0.7
"""Height and width of a tile, as a share of the frame's."""
CORNERS: Final = ((False, False), (False, True), (True, False), (True, True))
"""(bottom, right) of each tile: the four corners of the frame."""
_MARGIN: Final = 0.03
"""Share of a tile's height and width at its border where a detection is not expected."""


@dataclass(frozen=True, eq=False)
class Tile:
    """A part of a frame, depth (h, w), and the intrinsics of its own pixels."""

    depth: DepthImage
    intrinsics: Intrinsics

    def shows(self, center_m: npt.NDArray[np.float64]) -> bool:
        """Return whether a point (3,) projects into the tile, away from its border."""
        size = np.array(self.depth.shape[::-1])
        inside = (project(center_m, self.intrinsics) + 0.5) / size
        return bool((inside >= _MARGIN).all() and (inside <= 1.0 - _MARGIN).all())


class Rectangle(NamedTuple):
    """Pixels of a frame from column ``left`` and row ``top`` on."""

    left: int
    top: int
    width: int
    height: int

    def intrinsics(self, whole: Intrinsics) -> Intrinsics:
        """Return the intrinsics of the rectangle's own pixels."""
        return replace(whole, cx=whole.cx - self.left, cy=whole.cy - self.top)


class TileSchedule:
    """The order in which searches take the tiles; ``tile_count`` may be 0."""

    def __init__(self, tile_count: int) -> None:
        self._tile_count = tile_count
        self.reset()

    def reset(self) -> None:
        """Start over: the next full search takes all tiles."""
        self._start, self._next, self._whole_is_next = True, 0, True

    def full_search(self) -> TileSet:
        """Return the whole frame with all tiles at first, later with one tile in turn."""
        if self._start:
            self._start = False
            return TileSet(tiles=tuple(range(self._tile_count)))
        return TileSet(tiles=self._turn())

    def next_tile(self) -> TileSet:
        """Return alternately the whole frame and one tile in turn."""
        whole = self._whole_is_next or not self._tile_count
        self._whole_is_next = not whole
        return WHOLE_FRAME if whole else TileSet(whole=False, tiles=self._turn())

    def _turn(self) -> tuple[int, ...]:
        if not self._tile_count:
            return ()
        number = self._next
        self._next = (number + 1) % self._tile_count
        return (number,)


def cut_tiles(depth: DepthImage, intrinsics: Intrinsics, tiles: TileSet) -> list[Tile]:
    """Return views of a frame (H, W), the whole first; nothing is copied."""
    whole = [Tile(depth, intrinsics)] if tiles.whole else []
    return whole + [_cut(depth, intrinsics, number) for number in tiles.tiles]


def tile_rectangle(width: int, height: int, number: int) -> Rectangle:
    """Return tile ``number`` of CORNERS in a frame of width x height pixels."""
    bottom, right = CORNERS[number]
    columns, rows = math.ceil(_SHARE * width), math.ceil(_SHARE * height)
    return Rectangle((width - columns) * right, (height - rows) * bottom, columns, rows)


def _cut(depth: DepthImage, intrinsics: Intrinsics, number: int) -> Tile:
    height, width = depth.shape
    part = tile_rectangle(width, height, number)
    rows, columns = depth[part.top :][: part.height], slice(part.left, part.left + part.width)
    return Tile(rows[:, columns], part.intrinsics(intrinsics))


def merge_detections(
    tiles: Sequence[Tile], found: Sequence[Sequence[Detection]], missing_score: float
) -> list[tuple[Detection, list[float]]]:
    """
    Return the distinct detections of all tiles, the best first, each with its scores.

    The scores are those of the tiles that show its centre; ``missing_score`` for a tile without
    a detection there.
    """
    ordered = sorted((one for tile in found for one in tile), key=lambda one: -one.score)
    kept: list[Detection] = []
    for one in ordered:
        if all(_gap_m(one, other) >= SAME_DETECTION_M for other in kept):
            kept.append(one)
    return [(one, _scores(one, tiles, found, missing_score)) for one in kept]


def _scores(
    detection: Detection,
    tiles: Sequence[Tile],
    found: Sequence[Sequence[Detection]],
    missing_score: float,
) -> list[float]:
    scores = []
    for tile, detections in zip(tiles, found, strict=True):
        near = [o.score for o in detections if _gap_m(o, detection) < SAME_DETECTION_M]
        if near or tile.shows(detection.center_m):
            scores.append(max(near, default=missing_score))
    return scores


def _gap_m(one: Detection, other: Detection) -> float:
    return float(np.linalg.norm(one.center_m - other.center_m))
