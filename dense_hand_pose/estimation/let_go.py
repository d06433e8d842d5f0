# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Things that a hand let go of: what stays still where an arm has left.

A short history of thinned frames gives the depth around a place at earlier times. A thing was let
go of if it has been still for STILL_S, no arm leads from it out of its window, and one did before,
in front of what is there now. It stays so until its depth changes.
"""

from collections import deque
from dataclasses import dataclass

from dense_hand_pose.camera.depth_image import BETWEEN_STEPS_M
from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.camera.letterbox import Letterbox
import numpy as np
import numpy.typing as npt

from .crop_estimate import DepthFrame

Point = npt.NDArray[np.float64]
Patch = npt.NDArray[np.float32]

STILL_S = 0.5
_MEMORY_S = 2.5
_STEP_S = 0.09
"""Time between two frames of the history."""
_HALF_M = 0.13
_SAME_PLACE_M = 0.06
_OBJECT_M = 0.08
"""Depth around a place that belongs to the thing there."""
_STILL_M = 0.003
_CHANGED_M = 0.02 + BETWEEN_STEPS_M
_CHANGED_SHARE = 0.03
_LEFT_SHARE = 0.05
_ARM_SHARE = 0.03
"""Share of the window's border that an arm covers, or that has no depth."""
_ARM_M = 0.03 + BETWEEN_STEPS_M
"""Height of an arm above the background."""
_LEAST_PX = 12


@dataclass(frozen=True)
class _Past:
    time_s: float
    depth_m: Patch
    letterbox: Letterbox


class LetGo:
    """Recognises what hands let go of; one frame after the other."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget all frames and places."""
        self._history: deque[_Past] = deque()
        self._places: list[tuple[Point, Patch]] = []

    def add(self, frame: DepthFrame) -> None:
        """Add a frame to the history; times that do not rise, or another size, restart it."""
        height, width = frame.depth.shape
        last = self._history[-1] if self._history else None
        if last is not None and frame.time_s - last.time_s < _STEP_S:
            if frame.time_s >= last.time_s:
                return
            self._history.clear()
        letterbox = Letterbox.of(width, height)
        if last is not None and last.depth_m.shape != (
            len(letterbox.rows),
            len(letterbox.columns),
        ):
            self.reset()
        sampled = letterbox.sample(frame.depth, frame.unit_m)
        self._history.append(_Past(frame.time_s, sampled, letterbox))
        while frame.time_s - self._history[0].time_s > _MEMORY_S:
            self._history.popleft()

    def contains(self, frame: DepthFrame, center_m: Point) -> bool:
        """Return whether what is at a point (3,) in the newest frame was let go of."""
        window = self._window(frame, center_m)
        if window is None:
            return False
        now = self._history[-1].depth_m[window]
        for place in [one for one in self._places if _gap_m(one[0], center_m) < _SAME_PLACE_M]:
            own = self._window(frame, place[0])
            if own is not None and not _has_changed(self._history[-1].depth_m[own], place[1]):
                return True
            self._places = [one for one in self._places if one is not place]
        if not self._was_left(now, window, float(center_m[2])):
            return False
        self._places.append((center_m, now.copy()))
        return True

    def _was_left(self, now: Patch, window: tuple[slice, slice], z_m: float) -> bool:
        newest_s = self._history[-1].time_s
        before = [past for past in self._history if newest_s - past.time_s > STILL_S]
        thing = (np.abs(now - z_m) < _OBJECT_M) & (now > 0.0)
        if not before or np.count_nonzero(thing) < _LEAST_PX or _arm_share(now) >= _ARM_SHARE:
            return False
        for past in reversed(self._history):
            then = past.depth_m[window]
            if past.time_s >= newest_s - STILL_S and (
                _has_changed(now, then) or np.abs(then - now)[thing].mean() > _STILL_M
            ):
                return False
        return any(_has_left(now, past.depth_m[window]) for past in before)

    def _window(self, frame: DepthFrame, center_m: Point) -> tuple[slice, slice] | None:
        """Return rows and columns of the thinned frame around a point; None at the border."""
        if not self._history or center_m[2] <= 0.0:
            return None
        past, k = self._history[-1], frame.intrinsics
        step = past.letterbox.step_px
        u, v = project(center_m, k) / step
        half_u, half_v = (_HALF_M * f / float(center_m[2]) / step for f in (k.fx, k.fy))
        rows, columns = past.depth_m.shape
        left, right = max(round(u - half_u), 0), min(round(u + half_u), columns)
        top, bottom = max(round(v - half_v), 0), min(round(v + half_v), rows)
        if right - left < 4 or bottom - top < 4:
            return None
        return slice(top, bottom), slice(left, right)


def _has_changed(now: Patch, then: Patch) -> bool:
    if now.shape != then.shape:
        return True
    return bool((np.abs(now - then) > _CHANGED_M).mean() > _CHANGED_SHARE)


def _has_left(now: Patch, then: Patch) -> bool:
    """Return whether an arm was there before, in front of what is there now."""
    known = (then > 0.0) & (now > 0.0)
    receded = known & (now - then > _CHANGED_M)
    return bool(receded.mean() > _LEFT_SHARE and _arm_share(then) >= _ARM_SHARE)


def _arm_share(patch: Patch) -> float:
    """Return the share of a window's border that is in front of the background, or unknown."""
    border = np.concatenate([patch[0], patch[-1], patch[1:-1, 0], patch[1:-1, -1]])
    known = border[border > 0.0]
    if not known.size:
        return 1.0
    return float(((border <= 0.0) | (np.median(known) - border > _ARM_M)).mean())


def _gap_m(one: Point, other: Point) -> float:
    return float(np.linalg.norm(one - other))
