# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Views of a frame that the detector takes one by one, and what they tell together.

A hand that it overlooks in the whole frame it often sees in a part, where the hand is larger and
lies elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math
from typing import Final, NamedTuple

from dense_hand_pose.camera.depth_image import DepthImage
from dense_hand_pose.camera.intrinsics import Intrinsics, project
import numpy as np
import numpy.typing as npt

from .detections import Detection
from .peaks import SAME_HAND_M
from .proposals import Views

_SHARE: Final = 0.7
"""Of the frame's height and width that a part has; it is of the same shape."""
PARTS: Final = ((False, False), (False, True), (True, False), (True, True))
"""Whether a part is at the bottom, and whether at the right: the four corners."""
_MARGIN: Final = 0.03
"""Of a view's height and width: what lies nearer to its border it need not find."""


@dataclass(frozen=True, eq=False)
class View:
    """A part of a frame, depth (h, w), and the intrinsics of its own pixels."""

    depth: DepthImage
    intrinsics: Intrinsics

    def shows(self, center_m: npt.NDArray[np.float64]) -> bool:
        """Say whether a place (3,) lies well within the view."""
        size = np.array(self.depth.shape[::-1])
        inside = (project(center_m, self.intrinsics) + 0.5) / size
        return bool((inside >= _MARGIN).all() and (inside <= 1.0 - _MARGIN).all())


def views_of(depth: DepthImage, intrinsics: Intrinsics, views: Views) -> list[View]:
    """Return views of a frame (H, W), the whole first; nothing is copied."""
    whole = [View(depth, intrinsics)] if views.whole else []
    return whole + [_part(depth, intrinsics, number) for number in views.parts]


class Rectangle(NamedTuple):
    """Pixels of a frame: those from column ``left`` and row ``top`` on."""

    left: int
    top: int
    width: int
    height: int

    def intrinsics(self, whole: Intrinsics) -> Intrinsics:
        """Return the intrinsics of its own pixels."""
        return replace(whole, cx=whole.cx - self.left, cy=whole.cy - self.top)


def part_of(width: int, height: int, number: int) -> Rectangle:
    """Return where part ``number`` of PARTS lies in a frame of width x height pixels."""
    bottom, right = PARTS[number]
    columns, rows = math.ceil(_SHARE * width), math.ceil(_SHARE * height)
    return Rectangle((width - columns) * right, (height - rows) * bottom, columns, rows)


def _part(depth: DepthImage, intrinsics: Intrinsics, number: int) -> View:
    height, width = depth.shape
    part = part_of(width, height, number)
    left, top = part.left, part.top
    below, beside = top + part.height, left + part.width
    return View(depth[top:below, left:beside], part.intrinsics(intrinsics))


def agreed(
    views: Sequence[View], found: Sequence[Sequence[Detection]], unseen_score: float
) -> list[tuple[Detection, list[float]]]:
    """
    Return each hand that any view has found, the likeliest first, with its scores.

    The scores are those of the views that show its place; ``unseen_score`` where one has not
    found it.
    """
    ordered = sorted((one for view in found for one in view), key=lambda one: -one.score)
    hands: list[Detection] = []
    for one in ordered:
        if all(_gap_m(one, other) >= SAME_HAND_M for other in hands):
            hands.append(one)
    return [(hand, _scores(hand, views, found, unseen_score)) for hand in hands]


def _scores(
    hand: Detection,
    views: Sequence[View],
    found: Sequence[Sequence[Detection]],
    unseen_score: float,
) -> list[float]:
    scores = []
    for view, detections in zip(views, found, strict=True):
        near = [one.score for one in detections if _gap_m(one, hand) < SAME_HAND_M]
        if near or view.shows(hand.center_m):
            scores.append(max(near, default=unseen_score))
    return scores


def _gap_m(one: Detection, other: Detection) -> float:
    return float(np.linalg.norm(one.center_m - other.center_m))
