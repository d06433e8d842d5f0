# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The z-buffer of raster.py in NumPy, for machines without numba: one hand in some milliseconds.

Every triangle is cut into the lattice rows that it covers and these into spans of columns inside
its three edges, so that nothing outside of a triangle is ever enumerated.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float32Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Pinhole = tuple[float, float, float, float]
NEAR_M = 0.05
# Rounding must not open a crack along a shared edge: slack in pixels and barycentric.
SLACK_PX, INSIDE = 1e-6, -1e-6
_BEFORE = np.uint64(0xFFFFFFFF)  # in place of a triangle: what was in the buffer already


class _Planes(NamedTuple):
    """Triangles in the image, (T,) each: number, corner c, and two barycentrics along u and v."""

    number: IntArray
    corner: tuple[FloatArray, FloatArray]
    along_u: tuple[FloatArray, FloatArray]
    along_v: tuple[FloatArray, FloatArray]
    inverse_z: FloatArray  # (3, T)
    rows: tuple[FloatArray, FloatArray]  # the lowest and the highest v


def draw(
    vertices_m: Float32Array,
    triangles: npt.NDArray[np.int32],
    k: Pinhole,
    columns: IntArray,
    rows: IntArray,
    inverse_z: Float32Array,
    facing: Float32Array,
) -> None:
    """Draw into (R, C) inverse_z (0 = nothing) and facing, the cosine of incidence."""
    planes = _project(vertices_m, triangles, k)
    place, pixel, depth = _pixels(planes, columns, rows)
    # One number for both: the nearest wins, among equals what was drawn first.
    keys = (inverse_z.ravel().view(np.uint32).astype(np.uint64) << np.uint64(32)) | _BEFORE
    order = (_BEFORE - np.uint64(1)) - planes.number.astype(np.uint64)[place]
    near = depth.view(np.uint32).astype(np.uint64) << np.uint64(32)
    np.maximum.at(keys, pixel, near | order)
    drawn = np.flatnonzero((keys & _BEFORE) != _BEFORE)
    winner = (_BEFORE - np.uint64(1) - (keys[drawn] & _BEFORE)).astype(np.int64)
    inverse_z.flat[drawn] = (keys[drawn] >> np.uint64(32)).astype(np.uint32).view(np.float32)
    j, i = np.divmod(drawn, len(columns))
    x, y = (columns[i] - k[2]) / k[0], (rows[j] - k[3]) / k[1]
    nx, ny, nz = _normals(vertices_m, triangles)[winner].T
    facing.flat[drawn] = np.abs(nx * x + ny * y + nz) / np.sqrt(x * x + y * y + 1.0)


def _project(vertices_m: Float32Array, triangles: npt.NDArray[np.int32], k: Pinhole) -> _Planes:
    """Return the triangles that lie before the camera and are not seen edge on."""
    xyz = vertices_m.astype(np.float64)
    ws = np.divide(1.0, xyz[:, 2], out=np.zeros(len(xyz)), where=xyz[:, 2] > NEAR_M)
    us, vs = k[0] * xyz[:, 0] * ws + k[2], k[1] * xyz[:, 1] * ws + k[3]
    a, b, c = triangles.T
    area = (us[b] - us[a]) * (vs[c] - vs[a]) - (us[c] - us[a]) * (vs[b] - vs[a])
    before = (ws[a] > 0.0) & (ws[b] > 0.0) & (ws[c] > 0.0)
    index = np.flatnonzero(before & (np.abs(area) >= 1e-12))
    a, b, c, area = a[index], b[index], c[index], area[index]
    high, low = (f(f(vs[a], vs[b]), vs[c]) for f in (np.maximum, np.minimum))
    return _Planes(
        index,
        (us[c], vs[c]),
        ((vs[b] - vs[c]) / area, (vs[c] - vs[a]) / area),
        ((us[c] - us[b]) / area, (us[a] - us[c]) / area),
        np.stack([ws[a], ws[b], ws[c]]),
        (low - SLACK_PX, high + SLACK_PX),
    )


def _pixels(
    planes: _Planes, columns: IntArray, rows: IntArray
) -> tuple[IntArray, IntArray, Float32Array]:
    """Return every pixel of every triangle: place in `planes`, index in the lattice, 1/z."""
    low, high = planes.rows
    first = np.searchsorted(rows, low)
    place, row = _ranges(first, np.searchsorted(rows, high, side='right'))
    along_u = [part[place] for part in planes.along_u]
    v = rows[row] - planes.corner[1][place]
    at_corner = [part[place] * v for part in planes.along_v]
    along_u.append(-along_u[0] - along_u[1])
    at_corner.append(1.0 - at_corner[0] - at_corner[1])
    left, right = _span(along_u, at_corner)
    corner_u = planes.corner[0][place]
    first = np.searchsorted(columns, left + corner_u)
    span, column = _ranges(first, np.searchsorted(columns, right + corner_u, side='right'))
    w = planes.inverse_z[:, place]
    slope = w[0] * along_u[0] + w[1] * along_u[1] + w[2] * along_u[2]
    start = w[0] * at_corner[0] + w[1] * at_corner[1] + w[2] * at_corner[2]
    depth = slope[span] * (columns[column] - corner_u[span]) + start[span]
    return place[span], row[span] * len(columns) + column, depth.astype(np.float32)


def _span(along_u: list[FloatArray], at_corner: list[FloatArray]) -> tuple[FloatArray, FloatArray]:
    """
    Return from which to which u, seen from the corner, all barycentrics are inside.

    A triangle may have an edge along the row: then it is inside everywhere or nowhere.
    """
    left, right = np.full(len(along_u[0]), -np.inf), np.full(len(along_u[0]), np.inf)
    for slope, start in zip(along_u, at_corner, strict=True):
        with np.errstate(divide='ignore', invalid='ignore'):
            cut = (INSIDE - start) / slope
        np.maximum(left, cut, out=left, where=slope > 0.0)
        np.minimum(right, cut, out=right, where=slope < 0.0)
        left[(slope == 0.0) & (start < INSIDE)] = np.inf
    return left, right


def _ranges(first: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
    """Return, for all ranges first[n] .. end[n] - 1 in turn, n and the members."""
    count = np.maximum(end - first, 0)
    which = np.repeat(np.arange(len(count)), count)
    start = np.cumsum(count) - count
    return which, np.arange(len(which)) + (first - start)[which]


def _normals(vertices_m: Float32Array, triangles: npt.NDArray[np.int32]) -> FloatArray:
    """Return the unit normals (T, 3) of all triangles."""
    a, b, c = (vertices_m[triangles[:, corner]].astype(np.float64) for corner in range(3))
    normal: FloatArray = np.cross(b - a, c - a)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-30)
    return normal
