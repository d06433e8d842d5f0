# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A z-buffer on a lattice: triangles seen by a pinhole camera at chosen columns and rows.

A crop reads the image at separable columns and rows, so exactly these pixels are rendered.
Depth is perspective correct: 1/z is linear in the image. Both sides of a triangle are seen.
visible_share compares two buffers: how much of a hand a crop shows.
"""

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

from . import raster_numpy
from .raster_numpy import INSIDE, Pinhole, SLACK_PX
from ..jit import jit, jit_or

Float32Array = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
NEAR_M = raster_numpy.NEAR_M


@jit
def _first_at_or_after(lattice: IntArray) -> IntArray:
    """Return, for every pixel from lattice[0] to lattice[-1] + 1, the first index not below it."""
    start = lattice[0]
    table = np.empty(lattice[-1] - start + 2, np.int64)
    i = 0
    for offset in range(len(table)):
        while i < len(lattice) and lattice[i] < start + offset:
            i += 1
        table[offset] = i
    return table


@jit
def _span(low: float, high: float, lattice: IntArray, table: IntArray) -> tuple[int, int]:
    """Return the half-open range of lattice indices within [low, high] pixels."""
    first, last = np.int64(np.ceil(low - SLACK_PX)), np.int64(np.floor(high + SLACK_PX))
    if first > lattice[-1] or last < lattice[0] or last < first:
        return 0, 0
    begin = table[max(first, lattice[0]) - lattice[0]]
    end = table[min(last, lattice[-1]) + 1 - lattice[0]]
    return begin, end


@jit
def _normal(p: Float32Array, q: Float32Array, r: Float32Array) -> tuple[float, float, float]:
    """Return the unit normal of a triangle."""
    ax, ay, az = q[0] - p[0], q[1] - p[1], q[2] - p[2]
    bx, by, bz = r[0] - p[0], r[1] - p[1], r[2] - p[2]
    nx, ny, nz = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
    scale = 1.0 / max(np.sqrt(nx * nx + ny * ny + nz * nz), 1e-30)
    return nx * scale, ny * scale, nz * scale


@jit
def _to_image(vertices_m: Float32Array, k: Pinhole) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return pixel coordinates u and v and 1/z of all vertices; 0 for those nearer than NEAR_M."""
    fx, fy, cx, cy = k
    count = len(vertices_m)
    us, vs, ws = np.empty(count), np.empty(count), np.empty(count)
    for i in range(count):
        z = vertices_m[i, 2]
        ws[i] = 1.0 / z if z > NEAR_M else 0.0
        us[i], vs[i] = fx * vertices_m[i, 0] * ws[i] + cx, fy * vertices_m[i, 1] * ws[i] + cy
    return us, vs, ws


@jit_or(raster_numpy.draw)
def _draw(
    vertices_m: Float32Array,
    triangles: npt.NDArray[np.int32],
    k: Pinhole,
    columns: IntArray,
    rows: IntArray,
    inverse_z: Float32Array,
    facing: Float32Array,
) -> None:
    """Draw into (R, C) inverse_z (0 = nothing) and facing, the cosine of incidence."""
    us, vs, ws = _to_image(vertices_m, k)
    column_table, row_table = _first_at_or_after(columns), _first_at_or_after(rows)
    for t in range(len(triangles)):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        if ws[a] == 0.0 or ws[b] == 0.0 or ws[c] == 0.0:
            continue
        left, right = min(us[a], us[b], us[c]), max(us[a], us[b], us[c])
        i0, i1 = _span(left, right, columns, column_table)
        if i0 >= i1:
            continue
        j0, j1 = _span(min(vs[a], vs[b], vs[c]), max(vs[a], vs[b], vs[c]), rows, row_table)
        if j0 >= j1:
            continue
        area = (us[b] - us[a]) * (vs[c] - vs[a]) - (us[c] - us[a]) * (vs[b] - vs[a])
        if abs(area) < 1e-12:
            continue
        # From the third corner on: exact also for triangles that reach far out of the image.
        alpha_u, alpha_v = (vs[b] - vs[c]) / area, (us[c] - us[b]) / area
        beta_u, beta_v = (vs[c] - vs[a]) / area, (us[a] - us[c]) / area
        fresh, nx, ny, nz = True, 0.0, 0.0, 0.0
        for j in range(j0, j1):
            v = rows[j]
            y = (v - k[3]) / k[1]
            alpha_row, beta_row = alpha_v * (v - vs[c]), beta_v * (v - vs[c])
            for i in range(i0, i1):
                u = columns[i]
                alpha = alpha_row + alpha_u * (u - us[c])
                beta = beta_row + beta_u * (u - us[c])
                gamma = 1.0 - alpha - beta
                if alpha < INSIDE or beta < INSIDE or gamma < INSIDE:
                    continue
                w = np.float32(alpha * ws[a] + beta * ws[b] + gamma * ws[c])
                if w > inverse_z[j, i]:
                    if fresh:
                        nx, ny, nz = _normal(vertices_m[a], vertices_m[b], vertices_m[c])
                        fresh = False
                    x = (u - k[2]) / k[0]
                    cosine = abs(nx * x + ny * y + nz) / np.sqrt(x * x + y * y + 1.0)
                    inverse_z[j, i], facing[j, i] = w, cosine


class DepthBuffer:
    """What a camera sees at the pixels columns x rows, both ascending and without repeats."""

    def __init__(self, intrinsics: Intrinsics, columns: IntArray, rows: IntArray) -> None:
        self.intrinsics, self.columns, self.rows = intrinsics, columns, rows
        self.inverse_z = np.zeros((len(rows), len(columns)), np.float32)
        self.facing = np.zeros((len(rows), len(columns)), np.float32)
        self._dark: npt.NDArray[np.bool_] | None = None

    def draw(
        self, vertices_m: Float32Array, triangles: npt.NDArray[np.int32], dark: bool = False
    ) -> None:
        """
        Add a mesh, (V, 3) camera frame and (T, 3), leaving out what is nearer than NEAR_M.

        A dark mesh hides what is behind it, and has no depth itself.
        """
        if not (self.columns.size and self.rows.size):
            return
        k = self.intrinsics
        pinhole = (float(k.fx), float(k.fy), float(k.cx), float(k.cy))
        if dark and self._dark is None:
            self._dark = np.zeros(self.inverse_z.shape, np.bool_)
        before = None if self._dark is None else self.inverse_z.copy()
        _draw(vertices_m, triangles, pinhole, self.columns, self.rows, self.inverse_z, self.facing)
        if self._dark is not None and before is not None:
            self._dark[self.inverse_z != before] = dark

    def depth_m(self) -> Float32Array:
        """Return the (R, C) depth, 0 where nothing was drawn, or something dark."""
        seen = self.inverse_z > 0.0
        if self._dark is not None:
            seen &= ~self._dark
        out: Float32Array = np.divide(
            np.float32(1.0), self.inverse_z, out=np.zeros_like(self.inverse_z), where=seen
        )
        return out


MIN_VISIBLE = 0.25


@jit
def _seen_share(
    hand: Float32Array,
    scene: Float32Array,
    k: tuple[float, float, float, float],
    columns: IntArray,
    rows: IntArray,
    joints_m: FloatArray,
    depth_range_m: tuple[float, float],
) -> float:
    """Return the share of the hand's pixels, without the forearm's, that are seen in the cube."""
    fx, fy, cx, cy = k
    wrist, out = joints_m[0], joints_m[9] - joints_m[0]
    least = -0.1 * (out[0] ** 2 + out[1] ** 2 + out[2] ** 2)  # a tenth of the palm behind it
    total, seen = 0, 0
    for j in range(len(rows)):
        for i in range(len(columns)):
            if hand[j, i] <= 0:
                continue
            z = 1.0 / hand[j, i]
            x, y = (columns[i] - cx) / fx * z, (rows[j] - cy) / fy * z
            along = (x - wrist[0]) * out[0] + (y - wrist[1]) * out[1] + (z - wrist[2]) * out[2]
            if along < least:
                continue
            total += 1
            seen += scene[j, i] == hand[j, i] and depth_range_m[0] <= z and z <= depth_range_m[1]
    return seen / max(total, 1)


def visible_share(
    hand_inverse_z: Float32Array,
    scene_inverse_z: Float32Array,
    intrinsics: Intrinsics,
    lattice: tuple[IntArray, IntArray],
    joints_m: FloatArray,
    cube: tuple[FloatArray, float],
) -> float:
    """
    Return the share of a hand that its crop shows, 0 to 1.

    hand_inverse_z and scene_inverse_z (R, C): the depth buffer with the hand alone and with
    everything, at the columns (C,) and rows (R,) of the lattice, which lie in the image; cube:
    centre (3,) and edge. It is the share of the joints (21, 3) in image and cube times that of the
    hand's pixels that nothing hides and the cube's depth does not cut.
    """
    columns, rows = lattice
    if not (columns.size and rows.size):
        return 0.0
    fx, fy, cx, cy = (float(value) for value in intrinsics.as_array())
    center, size = cube
    u = fx * joints_m[:, 0] / joints_m[:, 2] + cx
    v = fy * joints_m[:, 1] / joints_m[:, 2] + cy
    inside = (u >= columns[0]) & (u <= columns[-1]) & (v >= rows[0]) & (v <= rows[-1])
    near, far = float(center[2]) - size / 2, float(center[2]) + size / 2
    inside &= (joints_m[:, 2] >= near) & (joints_m[:, 2] <= far)
    seen = _seen_share(
        hand_inverse_z, scene_inverse_z, (fx, fy, cx, cy), columns, rows, joints_m, (near, far)
    )
    return float(inside.mean()) * float(seen)
