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

from .detections import SAME_DETECTION_M
from .proposals import Candidate, TileCandidates, TileSet, WHOLE

ROUND_FRAMES: Final = 3
"""Frames within which a search beside tracks takes the whole frame and each tile once."""
_SHARE: Final = 0.7
"""Height and width of a tile, as a share of the frame's."""
CORNERS: Final = ((False, False), (False, True), (True, False), (True, True))
"""(bottom, right) of each tile: the four corners of the frame."""
_MARGIN: Final = 0.03
"""Share of a tile's height and width at its border where a detection is not expected."""


class Rectangle(NamedTuple):
    """Pixels of a frame from column ``left`` and row ``top`` on."""

    left: int
    top: int
    width: int
    height: int

    def intrinsics(self, whole: Intrinsics) -> Intrinsics:
        """Return the intrinsics of the rectangle's own pixels."""
        return replace(whole, cx=whole.cx - self.left, cy=whole.cy - self.top)


@dataclass(frozen=True)
class Tile:
    """A part of a frame, WHOLE or its number, and the intrinsics of its own pixels."""

    number: int
    rectangle: Rectangle
    intrinsics: Intrinsics

    def cut(self, depth: DepthImage) -> DepthImage:
        """Return its pixels (h, w) of a frame (H, W); nothing is copied."""
        left, top, width, height = self.rectangle
        rows, columns = slice(top, top + height), slice(left, left + width)
        return depth[rows, columns]

    def shows(self, center_m: npt.NDArray[np.float64]) -> bool:
        """Return whether a point (3,) projects into the tile, away from its border."""
        size = np.array([self.rectangle.width, self.rectangle.height])
        inside = (project(center_m, self.intrinsics) + 0.5) / size
        return bool((inside >= _MARGIN).all() and (inside <= 1.0 - _MARGIN).all())


class TileSchedule:
    """The order in which searches take the tiles; ``tile_count`` may be 0."""

    def __init__(self, tile_count: int) -> None:
        self._tile_count = tile_count
        self.reset()

    def reset(self) -> None:
        """Start over: the next full search takes all tiles."""
        self._start, self._next, self._step = True, 0, 0

    def full_search(self) -> TileSet:
        """Return the whole frame with all tiles at first, later with one tile in turn."""
        if self._start:
            self._start = False
            return TileSet(tiles=tuple(range(self._tile_count)))
        return TileSet(tiles=self._turn())

    def round_step(self) -> TileSet:
        """Return the next share of a round: ROUND_FRAMES steps search everything once."""
        first, self._step = self._step, (self._step + 1) % ROUND_FRAMES
        numbers = range(WHOLE, self._tile_count)[first::ROUND_FRAMES]
        return TileSet(WHOLE in numbers, tuple(one for one in numbers if one != WHOLE))

    def _turn(self) -> tuple[int, ...]:
        if not self._tile_count:
            return ()
        number = self._next
        self._next = (number + 1) % self._tile_count
        return (number,)


def tiles_of(width: int, height: int, intrinsics: Intrinsics, tiles: TileSet) -> list[Tile]:
    """Return tiles of a frame of width x height pixels, the whole first."""
    whole = Tile(WHOLE, Rectangle(0, 0, width, height), intrinsics)
    parts = [(number, tile_rectangle(width, height, number)) for number in tiles.tiles]
    cut = [Tile(number, part, part.intrinsics(intrinsics)) for number, part in parts]
    return [whole, *cut] if tiles.whole else cut


def tile_rectangle(width: int, height: int, number: int) -> Rectangle:
    """Return tile ``number`` of CORNERS in a frame of width x height pixels."""
    bottom, right = CORNERS[number]
    columns, rows = math.ceil(_SHARE * width), math.ceil(_SHARE * height)
    return Rectangle((width - columns) * right, (height - rows) * bottom, columns, rows)


def merge_candidates(
    found: Sequence[TileCandidates], missing_score: float
) -> list[tuple[Candidate, list[float]]]:
    """
    Return the distinct candidates of all tiles, the best first, each with its scores.

    The scores are those of the tiles that show its centre; ``missing_score`` for a tile without
    a candidate there.
    """
    ordered = sorted((one for tile in found for one in tile.candidates), key=lambda o: -o.score)
    kept: list[Candidate] = []
    for one in ordered:
        if all(_gap_m(one, other) >= SAME_DETECTION_M for other in kept):
            kept.append(one)
    return [(one, scores_at(one, found, missing_score)) for one in kept]


def scores_at(
    candidate: Candidate, found: Sequence[TileCandidates], missing_score: float
) -> list[float]:
    """Return the scores at a candidate of the tiles that show its centre, as above."""
    scores = []
    for tile in found:
        near = [o.score for o in tile.candidates if _gap_m(o, candidate) < SAME_DETECTION_M]
        if near or tile.shows(candidate.center_m):
            scores.append(max(near, default=missing_score))
    return scores


def _gap_m(one: Candidate, other: Candidate) -> float:
    return float(np.linalg.norm(one.center_m - other.center_m))
