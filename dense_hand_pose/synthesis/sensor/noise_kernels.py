# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Sensor noise on a lattice of pixels, compiled. Depth in metres, 0 = no measurement.

Legend: R rows and C columns of the lattice; step = distance of lattice neighbours in sensor
pixels. An effect of p sensor pixels moves p / step lattice pixels, rounded at random so that the
mean displacement of edges is right at every step. Randomness comes from the given generator.
"""

import numpy as np
import numpy.typing as npt

from . import noise_numpy
from .edge_kernels import is_edge, near_surface
from .noise_numpy import COSINES, MAX_LATERAL_PX, STEP_M
from ..jit import jit, jit_or

Depth = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]


@jit
def _by_incidence(lateral: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Return lateral sd in pixels and tangent of incidence at cosines (k + 0.5) / COSINES."""
    sd, tangent = np.empty(COSINES), np.empty(COSINES)
    for k in range(COSINES):
        t = np.arccos((k + 0.5) / COSINES)
        sd[k] = min(lateral[0] + lateral[1] * t / (np.pi / 2 - t), MAX_LATERAL_PX)
        tangent[k] = np.tan(t)
    return sd, tangent


@jit_or(noise_numpy.jitter)
def jitter(
    z: Depth,
    facing: Depth,
    lateral: tuple[float, float],
    step: tuple[float, float],
    grain: int,
    focal_px: float,
    rng: np.random.Generator,
) -> tuple[Depth, Depth]:
    """
    Read every pixel at a random neighbour beyond a step in depth; returns depth and facing.

    lateral = (a, b): standard deviation a + b t / (pi/2 - t) pixels at incidence t, at most 3. It
    moves the borders of surfaces; within one, slanted or not, noise is axial alone.
    Blocks of grain x grain lattice pixels move alike, as a camera's own filters leave them.
    """
    rows, columns = z.shape
    out, seen = np.zeros_like(z), np.zeros_like(facing)
    blocks = columns // grain + 1
    noise = np.empty((blocks, 4))
    sds, tangents = _by_incidence(lateral)
    for j in range(rows):
        if j % grain == 0:
            for i in range(blocks):
                noise[i, 0], noise[i, 1] = rng.standard_normal(), rng.standard_normal()
                noise[i, 2], noise[i, 3] = rng.random(), rng.random()
        for i in range(columns):
            if not near_surface(z, j, i):
                continue
            here = z[j, i]
            cosine = facing[j, i] if here > 0 else np.float32(1.0)
            k = min(max(int(COSINES * cosine), 0), COSINES - 1)
            sd, b = sds[k], i // grain
            # The uniform part rounds at random, see the legend above.
            v = j + np.int64(np.floor(sd * noise[b, 0] / step[1] + noise[b, 2]))
            u = i + np.int64(np.floor(sd * noise[b, 1] / step[0] + noise[b, 3]))
            v, u = min(max(v, 0), rows - 1), min(max(u, 0), columns - 1)
            if here > 0 and z[v, u] > 0:
                moved = abs(v - j) * step[1] + abs(u - i) * step[0]
                slope = 1.5 * here / focal_px * tangents[k]
                if abs(z[v, u] - here) < STEP_M + slope * moved:
                    v, u = j, i
            out[j, i], seen[j, i] = z[v, u], facing[v, u]
    return out, seen


@jit_or(noise_numpy.occlude)
def occlude(z: Depth, columns: npt.NDArray[np.int64], focal_baseline: float) -> None:
    """
    Remove what the second camera (or the projector), to the right, cannot see; in place.

    focal_baseline: pixels x metres. A point at column u appears at u - fB/z in the second view; it
    is hidden when a point further right appears further left.
    """
    for j in range(z.shape[0]):
        leftmost = 1e9
        for i in range(z.shape[1] - 1, -1, -1):
            if z[j, i] <= 0:
                continue
            other = columns[i] - focal_baseline / z[j, i]
            if other > leftmost + 1.0:
                z[j, i] = 0.0
            leftmost = min(leftmost, other)


@jit_or(noise_numpy.structured_light)
def structured_light(z: Depth, facing: Depth, gain: float, rng: np.random.Generator) -> None:
    """
    Add axial noise of a structured-light sensor; in place.

    Axial standard deviation 0.0012 + 0.0019 (z - 0.4)^2 m, growing at grazing incidence beyond 60
    degrees (Nguyen, Izadi and Lovell, 3DIMPVT 2012), times gain.
    """
    for j in range(z.shape[0]):
        for i in range(z.shape[1]):
            d = z[j, i]
            if d <= 0:
                continue
            sd = 0.0012 + 0.0019 * (d - 0.4) ** 2
            if facing[j, i] < 0.5:
                t = np.arccos(facing[j, i])
                grazing = 0.0001 / np.sqrt(d) * t * t / max(np.pi / 2 - t, 0.05) ** 2
                sd += min(grazing, 0.01)
            z[j, i] = max(d + gain * sd * rng.standard_normal(), 0.05)


@jit_or(noise_numpy.quantise)
def quantise(z: Depth, step_per_m: float) -> None:
    """Round to whole steps of disparity, each of which moves depth by z^2 step_per_m; in place."""
    for j in range(z.shape[0]):
        for i in range(z.shape[1]):
            if z[j, i] > 0:
                z[j, i] = 1.0 / (step_per_m * np.rint(1.0 / (step_per_m * z[j, i])))


@jit
def stereo(
    z: Depth, disparity_sd_px: float, focal_baseline: float, cell: int, rng: np.random.Generator
) -> None:
    """
    Add disparity noise and its 1/32 px steps; in place.

    sd_z = z^2 disparity_sd / (f B). Matching windows correlate the noise of neighbours: 64 % of
    the variance is common to cells of cell x cell lattice pixels.
    """
    rows, columns = z.shape
    common = rng.standard_normal((rows // cell + 1, columns // cell + 1))
    for j in range(rows):
        for i in range(columns):
            if z[j, i] <= 0:
                continue
            noise = 0.6 * rng.standard_normal() + 0.8 * common[j // cell, i // cell]
            disparity = focal_baseline / z[j, i] + disparity_sd_px * noise
            z[j, i] = focal_baseline / (np.rint(disparity * 32.0) / 32.0)


@jit
def time_of_flight(
    z: Depth, sd_m: float, bias_m: npt.NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Add white noise and a smooth bias, bilinear in the (N, N) grid bias_m; in place."""
    rows, columns = z.shape
    cells = len(bias_m) - 1
    for j in range(rows):
        y = j * cells / rows
        b = int(y)
        for i in range(columns):
            if z[j, i] <= 0:
                continue
            x = i * cells / columns
            a = int(x)
            top = bias_m[b, a] * (1 - x + a) + bias_m[b, a + 1] * (x - a)
            low = bias_m[b + 1, a] * (1 - x + a) + bias_m[b + 1, a + 1] * (x - a)
            z[j, i] += sd_m * rng.standard_normal() + top * (1 - y + b) + low * (y - b)


@jit_or(noise_numpy.drop_out)
def drop_out(
    z: Depth, facing: Depth, chances: tuple[float, float, float], rng: np.random.Generator
) -> Depth:
    """Lose pixels; returns a copy. chances: anywhere, at edges, at fully grazing incidence."""
    anywhere, edge, grazing = chances
    out: Depth = z.copy()
    for j in range(z.shape[0]):
        for i in range(z.shape[1]):
            if z[j, i] <= 0:
                continue
            chance = anywhere + grazing * max(1.0 - facing[j, i] / 0.3, 0.0)
            if is_edge(z, j, i):
                chance += edge
            if rng.random() < chance:
                out[j, i] = 0.0
    return out


@jit_or(noise_numpy.finish)
def finish(z: Depth, offset_m: float, unit_m: float) -> None:
    """Shift every measurement and round it to whole units; in place."""
    for j in range(z.shape[0]):
        for i in range(z.shape[1]):
            if z[j, i] > 0:
                z[j, i] = np.rint(max(z[j, i] + offset_m, 0.0) / unit_m) * unit_m
