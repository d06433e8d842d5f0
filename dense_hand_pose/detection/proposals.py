# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where hands may be: what a search asks, whoever answers."""

from typing import NamedTuple, Protocol

from dense_hand_pose.camera.depth_image import DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

from .nearest_surface import propose_centers


class Proposal(NamedTuple):
    """
    A place center_m (3,) where a hand may be, and how sure that is, 0 to 1.

    evidence: what the localiser's opinion adds to the log odds of a hand that is seen there; 0
    where it has none.
    """

    center_m: npt.NDArray[np.float64]
    score: float
    evidence: float = 0.0


class Views(NamedTuple):
    """Which views of a frame are searched: the whole, and parts of it by their numbers."""

    whole: bool = True
    parts: tuple[int, ...] = ()


WHOLE = Views()


def all_views(parts: int) -> Views:
    """Return the whole frame and each of its parts."""
    return Views(parts=tuple(range(parts)))


class Localizer(Protocol):
    """
    Finds places to look at in a frame.

    parts: so many parts of a frame it can search by themselves, where it sees more than in the
    whole.

    search_every: while hands are followed, one search for others in so many frames costs less than
    a quarter of the rest. check_every: after so many frames it is asked whether one that is
    followed had better be another; 0 where it could not tell.
    """

    parts: int
    search_every: int
    check_every: int

    def propose(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        near_m: float,
        far_m: float,
        views: Views = WHOLE,
    ) -> list[Proposal]:
        """Return places between near_m and far_m, the most promising first."""
        ...


class NearestSurfaces:
    """The places that are held out to the camera; which of them are hands it cannot say."""

    parts = 0
    search_every = 15
    check_every = 0

    def propose(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        near_m: float,
        far_m: float,
        views: Views = WHOLE,  # noqa: ARG002  -- there is but one
    ) -> list[Proposal]:
        """Return places on the nearest surfaces, the nearest first, all with one score."""
        centers = propose_centers(depth, unit_m, intrinsics, near_m, far_m)
        return [Proposal(center, 1.0 / len(centers)) for center in centers]
