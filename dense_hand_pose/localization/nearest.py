# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The nearest surface of a frame and where on it a hand may be.

A hand that is shown to a camera is the nearest thing to it. Which end of the nearest surface is
the hand and which the elbow, depth alone does not say: several centres are proposed, and the
estimator keeps the one that its network believes.
"""

import cv2
from dense_hand_pose.camera import Intrinsics
from dense_hand_pose.depth import DepthImage, is_valid, to_metres
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

_COLUMNS = 160
"""The frame is thinned to about this many columns: a finger still spans several pixels."""
_FRONT_AREA_M2 = 8e-4
"""The front is where the nearest 8 square centimetres end; less is a speck of noise."""
_MIN_AREA_M2 = 15e-4
_REACH_M = 0.16
_HAND_RADIUS_M = 0.09
_BEHIND_SURFACE_M = 0.01
"""The mean of the joints lies this much behind the mean of the surface that is seen."""


def propose_centers(
    depth: DepthImage, unit_m: float, intrinsics: Intrinsics, near_m: float, far_m: float
) -> list[Points]:
    """
    Propose hand centres (3,) in metres on the nearest surface, the likeliest first.

    depth: (H, W), ``unit_m`` metres a unit. Empty when no surface of the size of half a palm lies
    between near_m and far_m.
    """
    points = _nearest_surface(depth, unit_m, intrinsics, near_m, far_m)
    if points is None:
        return []
    front = points[points[:, 2] <= np.quantile(points[:, 2], 0.15)].mean(axis=0)
    centroid = points.mean(axis=0)
    along = np.linalg.svd(points - centroid, full_matrices=False)[2][0]
    place = (points - centroid) @ along
    low, high = np.quantile(place, [0.01, 0.99])
    starts = [front, centroid]
    if high - low > 2.5 * _HAND_RADIUS_M:
        starts += [centroid + along * (end + inset) for end, inset in _ends(low, high)]
    return _distinct([_climb(points, start) for start in starts])


def _ends(low: float, high: float) -> tuple[tuple[float, float], tuple[float, float]]:
    return (low, _HAND_RADIUS_M), (high, -_HAND_RADIUS_M)


def _nearest_surface(
    depth: DepthImage, unit_m: float, intrinsics: Intrinsics, near_m: float, far_m: float
) -> Points | None:
    """Return the points (N, 3) of the connected surface that is nearest to the camera."""
    step = max(1, min(depth.shape[1] // _COLUMNS, depth.shape[0]))
    first = step // 2
    thinned = to_metres(depth[first::step, first::step], unit_m)
    metres = np.asarray(cv2.medianBlur(thinned, 3), dtype=np.float32)
    metres[~is_valid(metres, near_m, far_m)] = 0.0
    area_m2 = (metres.astype(np.float64) * step) ** 2 / (intrinsics.fx * intrinsics.fy)
    ordered = np.argsort(np.where(metres > 0.0, metres, np.inf), axis=None)
    enough = np.searchsorted(np.cumsum(area_m2.flat[ordered]), _FRONT_AREA_M2)
    if enough >= ordered.size or metres.flat[ordered[enough]] <= 0.0:
        return None
    front_m = metres.flat[ordered[enough]]
    near = (metres > 0.0) & (metres <= front_m + _REACH_M)
    label = _front_component(near, metres, area_m2)
    if label is None:
        return None
    rows, columns = np.nonzero(label)
    z = metres[label].astype(np.float64)
    u, v = columns * step + step // 2, rows * step + step // 2
    x, y = (u - intrinsics.cx) / intrinsics.fx * z, (v - intrinsics.cy) / intrinsics.fy * z
    return np.stack([x, y, z], axis=1)


def _front_component(
    near: npt.NDArray[np.bool_], metres: npt.NDArray[np.float32], area_m2: Points
) -> npt.NDArray[np.bool_] | None:
    """Return the mask of the nearest component that is large enough to be a hand."""
    count, labels = cv2.connectedComponents(near.astype(np.uint8), connectivity=8)
    best, best_m = None, np.inf
    for label in range(1, count):
        mask = labels == label
        if area_m2[mask].sum() < _MIN_AREA_M2:
            continue
        front_m = float(np.quantile(metres[mask], 0.1))
        if front_m < best_m:
            best, best_m = mask, front_m
    return best


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
