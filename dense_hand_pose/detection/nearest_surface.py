# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Hand candidates on the nearest surfaces of a frame.

A hand that is shown to a camera is the nearest object. Depth alone does not tell the hand's end of
a surface from the elbow's: several centres are candidates, and the network decides. The median
filter and the connected regions are NumPy: OpenCV has both, but is a dependency of 153 MB.
"""

from collections.abc import Sequence

from dense_hand_pose.camera.depth_image import BETWEEN_STEPS_M, DepthImage, is_valid, to_metres
from dense_hand_pose.camera.intrinsics import Intrinsics, unproject
import numpy as np
import numpy.typing as npt

from .proposals import Candidate, TileCandidates, TileSet, WHOLE, WHOLE_FRAME

Points = npt.NDArray[np.float64]
Float32Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]

_COLUMNS = 160
"""Columns of the thinned frame, about: a finger still spans several pixels."""
_FRONT_AREA_M2 = 8e-4
"""Depth of the front: the nearest 8 square centimetres end there; a smaller area is noise."""
_FRONT_STEP_M = 0.001
"""Bins of depth, whose edges lie between the steps of depth images."""
_MIN_AREA_M2 = 15e-4
_REACH_M = 0.16
_HAND_RADIUS_M = 0.09
_STARTS = 6
"""Most candidates of a surface; an arm with its hand has five."""
_SAMPLED = 400
_CLIMBED = 3000
"""Points of a surface for the mean of those around a place."""
_SURFACES = 3
"""Number of surfaces: a knee or an armrest may be nearer than the hand."""
_DISTINCT_M = 0.025
_BEHIND_SURFACE_M = 0.01
"""Distance of the mean of the joints behind the mean of the visible surface."""


class NearestSurfaces:
    """Candidates on the surfaces nearest to the camera; it cannot tell hands from other things."""

    tile_count = 0
    check_every = 0
    missing_log_odds = 0.0

    def search(
        self,
        depth: DepthImage,
        unit_m: float,
        intrinsics: Intrinsics,
        near_m: float,
        far_m: float,
        tiles: TileSet = WHOLE_FRAME,  # noqa: ARG002  -- it has no tiles
    ) -> list[TileCandidates]:
        """Return candidates on the nearest surfaces, the nearest first, all with one score."""
        centers = propose_centers(depth, unit_m, intrinsics, near_m, far_m)
        candidates = [Candidate(center, 1.0 / len(centers)) for center in centers]
        return [TileCandidates(WHOLE, lambda _: True, candidates)]

    def fuse(self, found: Sequence[TileCandidates]) -> list[Candidate]:
        """Return the candidates as they are."""
        return [one for tile in found for one in tile.candidates]


def propose_centers(
    depth: DepthImage,
    unit_m: float,
    intrinsics: Intrinsics,
    near_m: float,
    far_m: float,
    most: int = _SURFACES * _STARTS,
) -> list[Points]:
    """
    Propose at most ``most`` hand centres (3,) in metres on the nearest surfaces, nearest first.

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
        for start in _starts(points):
            center = _climb(thinned_points, start)
            if all(np.linalg.norm(center - other) > _DISTINCT_M for other in centers):
                centers.append(center)
            if len(centers) >= most:
                return centers
        metres[mask] = 0.0
    return centers


def _starts(points: Points) -> list[Points]:
    """Return start points on a surface (N, 3): its front, then repeatedly the farthest point."""
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
    """Return the mask of the nearest connected surface of a hand's size; erase smaller ones."""
    area_m2 = (metres.astype(np.float64) * step) ** 2 / (intrinsics.fx * intrinsics.fy)
    while True:
        valid = metres > 0.0
        steps = ((metres[valid] + (_FRONT_STEP_M - BETWEEN_STEPS_M)) / _FRONT_STEP_M).astype(
            np.int64
        )
        areas = np.bincount(steps, area_m2[valid])
        enough = int(np.searchsorted(np.cumsum(areas), _FRONT_AREA_M2))
        if enough >= areas.size:
            return None
        front_m = enough * _FRONT_STEP_M + BETWEEN_STEPS_M
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
    """Return about ``count`` points at equal steps."""
    return points[:: max(1, len(points) // count)]


def _climb(points: Points, start: Points) -> Points:
    """Move a start point to the mean of the surface around it, repeatedly (mean shift)."""
    center = start
    for _ in range(5):
        near = ((points - center) ** 2).sum(axis=1) < _HAND_RADIUS_M**2
        if not near.any():
            break
        center = points[near].mean(axis=0)
    behind: Points = center + np.array([0.0, 0.0, _BEHIND_SURFACE_M])
    return behind


def median_3x3(image: Float32Image) -> Float32Image:
    """
    Return the median of every pixel and its eight neighbours, (H, W); no NaN.

    Beyond the border its pixels go on. The median of nine is that of the largest low, the middle
    middle and the smallest high of three sorted columns (Smith, Implementing median filters in
    XC4000E FPGAs, 1996).
    """
    around = np.pad(image, 1, mode='edge')
    a, b, c = around[:-2], around[1:-1], around[2:]
    below, above = np.minimum(a, b), np.maximum(a, b)
    low, high = np.minimum(below, c), np.maximum(above, c)
    middle = np.maximum(below, np.minimum(above, c))
    return _median_of_three(
        np.maximum(np.maximum(low[:, :-2], low[:, 1:-1]), low[:, 2:]),
        _median_of_three(middle[:, :-2], middle[:, 1:-1], middle[:, 2:]),
        np.minimum(np.minimum(high[:, :-2], high[:, 1:-1]), high[:, 2:]),
    )


def label_regions(mask: npt.NDArray[np.bool_]) -> tuple[int, Labels]:
    """
    Return how many regions a mask (H, W) has and the number of each pixel's, 0 outside of all.

    Pixels that touch by an edge or a corner are of one region. Runs of pixels along the rows are
    joined with those of the next row that they touch, until none can be joined.
    """
    width = mask.shape[1] + 2
    padded = np.zeros((mask.shape[0], width), np.int8)
    padded[:, 1:-1] = mask
    change = np.flatnonzero(np.diff(padded.ravel()))
    start, end = change[0::2], change[1::2]  # of each run, in the row one pixel wider each side
    first = np.searchsorted(end, start + width)
    touched = np.searchsorted(start, end + width, side='right') - first
    upper = np.repeat(np.arange(len(start)), touched)
    lower = np.arange(len(upper)) + np.repeat(first - (np.cumsum(touched) - touched), touched)
    roots, number = np.unique(_roots(len(start), upper, lower), return_inverse=True)
    labels = np.zeros(mask.shape, np.int32)
    labels[mask] = np.repeat(number.astype(np.int32) + 1, end - start)
    return len(roots), labels


def _roots(
    count: int, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return for each of `count` nodes the smallest one that edges one-other lead to."""
    root = np.arange(count)
    while True:
        a, b = root[one], root[other]
        apart = np.flatnonzero(a != b)
        if not apart.size:
            return root
        one, other = a[apart], b[apart]
        np.minimum.at(root, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(root, jumped := root[root]):
            root = jumped


def _median_of_three(a: Float32Image, b: Float32Image, c: Float32Image) -> Float32Image:
    """Return the middle one of three values."""
    middle: Float32Image = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    return middle
