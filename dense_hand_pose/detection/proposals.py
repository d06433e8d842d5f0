# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of what proposes hand candidates in a frame."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from dense_hand_pose.camera.depth_image import DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt


class Candidate(NamedTuple):
    """
    A point center_m (3,) where a hand may be, and its score, 0 to 1.

    log_odds: the localizer's contribution to the log odds that an estimate there is a hand; 0 if
    the localizer has no measure of it. A score of 0: it was not detected, but may be there.
    """

    center_m: npt.NDArray[np.float64]
    score: float
    log_odds: float = 0.0


class TileSet(NamedTuple):
    """The parts of a frame that are searched: the whole, and tiles by their numbers."""

    whole: bool = True
    tiles: tuple[int, ...] = ()


WHOLE_FRAME = TileSet()
WHOLE = -1
"""The number of the whole frame among its tiles."""
SURFACES = -2
"""The number of the nearest surfaces of a frame among its tiles: places without a detection."""


class TileCandidates(NamedTuple):
    """
    The candidates of one tile of a frame, WHOLE or its number.

    shows: whether the tile would have a candidate at a point (3,) if there were one.
    """

    number: int
    shows: Callable[[npt.NDArray[np.float64]], bool]
    candidates: list[Candidate]


class Localizer(Protocol):
    """
    Proposes hand candidates in a frame.

    tile_count: number of tiles that it can search separately, 0 for none. check_every: number of
    frames between two checks of the tracks against the candidates; 0 if it cannot tell hands from
    other things.
    """

    tile_count: int
    check_every: int

    @property
    def missing_log_odds(self) -> float:
        """Return the log odds of a place without a candidate."""
        ...

    def search(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        near_m: float,
        far_m: float,
        tiles: TileSet = WHOLE_FRAME,
    ) -> list[TileCandidates]:
        """Return what each tile shows between near_m and far_m."""
        ...

    def fuse(self, found: Sequence[TileCandidates]) -> list[Candidate]:
        """Return the distinct candidates of tiles, the best first."""
        ...
