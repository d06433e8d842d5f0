# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The nearest surface of a frame and where on it a hand may be.

A hand that is shown to a camera is the nearest thing to it. Which end of the nearest surface is
the hand and which the elbow, depth alone does not say: several centres are proposed, and the
estimator keeps the one that its network believes.
"""

from dense_hand_pose.camera.depth_image import DepthImage, is_valid, to_metres
from dense_hand_pose.camera.intrinsics import Intrinsics, unproject
import numpy as np
import numpy.typing as npt

from .regions import label_regions, median_3x3

Points = npt.NDArray[np.float64]

_COLUMNS = 160
"""The frame is thinned to about this many columns: a finger still spans several pixels."""
_FRONT_AREA_M2 = 8e-4
"""The front is where the nearest 8 square centimetres end; less is a speck of noise."""
_FRONT_STEP_M = 0.001
_MIN_AREA_M2 = 15e-4
_REACH_M = 0.16
_HAND_RADIUS_M = 0.09
_STARTS = 6
"""So many places are tried on a surface; an arm with its hand has five."""
_SAMPLED = 400
_CLIMBED = 3000
"""So many points of a surface are enough for the mean of those around a place."""
_SURFACES = 3
"""A knee or an armrest may be nearer than the hand: so many surfaces are looked at."""
_BEHIND_SURFACE_M = 0.01
"""The mean of the joints lies this much behind the mean of the surface that is seen."""


def propose_centers(
    depth: DepthImage, unit_m: float, intrinsics: Intrinsics, near_m: float, far_m: float
) -> list[Points]:
    """
    Propose hand centres (3,) in metres on the nearest surfaces, the nearest first.

    depth: (H, W), ``unit_m`` metres a unit. Empty when no surface of the size of half a palm lies
    between near_m and far_m.
    """
    step = max(1, min(depth.shape[1] // _COLUMNS, depth.shape[0]))
    every = slice(step // 2, None, step)
    thinned = to_metres(depth[every, every], unit_m)
    metres = median_3x3(np.where(is_valid(thinned), thinned, np.float32(0.0)))
    metres[~is_valid(metres, near_m, far_m)] = 0.0
    centers: list[Points] = []
    for _ in range(_SURFACES):
        mask = _nearest_surface(metres, step, intrinsics)
        if mask is None:
            break
        points = _lift(metres, mask, step, intrinsics)
        thinned_points = _thinned(points, _CLIMBED)
        centers += [_climb(thinned_points, start) for start in _starts(points)]
        metres[mask] = 0.0
    return _distinct(centers)


def _starts(points: Points) -> list[Points]:
    """Return where on a surface (N, 3) a hand may be: its front, then ever the farthest place."""
    points = _thinned(points, _SAMPLED)
    starts = [points[points[:, 2] <= np.quantile(points[:, 2], 0.15)].mean(axis=0)]
    distance = np.linalg.norm(points - starts[0], axis=1)
    while len(starts) < _STARTS and distance.max() > _HAND_RADIUS_M:
        starts.append(points[distance.argmax()])
        distance = np.minimum(distance, np.linalg.norm(points - starts[-1], axis=1))
    return starts


def _nearest_surface(
    metres: npt.NDArray[np.float32], step: int, intrinsics: Intrinsics
) -> npt.NDArray[np.bool_] | None:
    """Return the mask of the nearest connected surface of a hand's size; blank smaller things."""
    area_m2 = (metres.astype(np.float64) * step) ** 2 / (intrinsics.fx * intrinsics.fy)
    while True:
        valid = metres > 0.0
        areas = np.bincount((metres[valid] / _FRONT_STEP_M).astype(np.int64), area_m2[valid])
        enough = int(np.searchsorted(np.cumsum(areas), _FRONT_AREA_M2))
        if enough >= areas.size:
            return None
        front_m = (enough + 1) * _FRONT_STEP_M
        near = valid & (metres <= front_m + _REACH_M)
        surface = _front_component(near, metres, area_m2)
        if surface is not None:
            return surface
        metres[near] = 0.0


def _lift(
    metres: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_], step: int, camera: Intrinsics
) -> Points:
    """Return the points (N, 3) of the masked pixels of the thinned frame."""
    rows, columns = np.nonzero(mask)
    pixels = np.stack([columns, rows], axis=1) * step + step // 2
    return unproject(pixels, metres[mask], camera)


def _front_component(
    near: npt.NDArray[np.bool_], metres: npt.NDArray[np.float32], area_m2: Points
) -> npt.NDArray[np.bool_] | None:
    """Return the mask of the nearest component that is large enough to be a hand."""
    count, labels = label_regions(near)
    areas = np.bincount(labels.ravel(), area_m2.ravel(), minlength=count + 1)
    best, best_m = None, np.inf
    for label in np.flatnonzero(areas[1:] >= _MIN_AREA_M2) + 1:
        mask = labels == label
        front_m = float(np.quantile(metres[mask], 0.1))
        if front_m < best_m:
            best, best_m = mask, front_m
    return best


def _thinned(points: Points, count: int) -> Points:
    """Return every so many-th point, so that about ``count`` remain."""
    return points[:: max(1, len(points) // count)]


def _climb(points: Points, start: Points) -> Points:
    """Move a start to the mean of the surface around it until it rests."""
    center = start
    for _ in range(5):
        near = ((points - center) ** 2).sum(axis=1) < _HAND_RADIUS_M**2
        if not near.any():
            break
        center = points[near].mean(axis=0)
    behind: Points = center + np.array([0.0, 0.0, _BEHIND_SURFACE_M])
    return behind


def _distinct(centers: list[Points]) -> list[Points]:
    kept: list[Points] = []
    for center in centers:
        if all(np.linalg.norm(center - other) > 0.025 for other in kept):
            kept.append(center)
    return kept
