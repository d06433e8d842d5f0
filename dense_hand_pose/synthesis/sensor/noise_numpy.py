# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The noise of a structured-light sensor in NumPy, for machines without numba.

Each function does what its namesake in noise_kernels.py does, which documents it; there the other
sensors are, too. Only `jitter` takes its random numbers in another order.
"""

import numpy as np
import numpy.typing as npt

Depth = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
EDGE_M = 0.015  # a larger difference between neighbours is a depth edge
MAX_LATERAL_PX = 3.0
COSINES = 256  # entries of the tables by incidence
STEP_M = 0.006  # beyond the slope of a surface: the neighbour belongs to another one


def jitter(
    z: Depth,
    facing: Depth,
    lateral: tuple[float, float],
    step: tuple[float, float],
    grain: int,
    focal_px: float,
    rng: np.random.Generator,
) -> tuple[Depth, Depth]:
    """Read every pixel at a random neighbour beyond a step in depth; returns depth and facing."""
    rows, columns = z.shape
    blocks = (-(-rows // grain), columns // grain + 1, 2)
    noise = np.stack([rng.standard_normal(blocks), rng.random(blocks)])
    j, i = np.nonzero(_near_surface(z))
    here = z[j, i]
    cosine = np.where(here > 0, facing[j, i], np.float32(1.0))
    k = np.clip((COSINES * cosine).astype(np.int64), 0, COSINES - 1)
    sds, tangents = by_incidence(lateral)
    normal, uniform = noise[:, j // grain, i // grain]
    # The uniform part rounds at random, see the legend of noise_kernels.py.
    v = j + np.floor(sds[k] * normal[:, 0] / step[1] + uniform[:, 0]).astype(np.int64)
    u = i + np.floor(sds[k] * normal[:, 1] / step[0] + uniform[:, 1]).astype(np.int64)
    v, u = np.clip(v, 0, rows - 1), np.clip(u, 0, columns - 1)
    moved = np.abs(v - j) * step[1] + np.abs(u - i) * step[0]
    slope = 1.5 * here / focal_px * tangents[k]
    there = z[v, u]
    stays = (here > 0) & (there > 0) & (np.abs(there - here) < STEP_M + slope * moved)
    v, u = np.where(stays, j, v), np.where(stays, i, u)
    out, seen = np.zeros_like(z), np.zeros_like(facing)
    out[j, i], seen[j, i] = z[v, u], facing[v, u]
    return out, seen


def by_incidence(lateral: tuple[float, float]) -> tuple[FloatArray, FloatArray]:
    """Return lateral sd in pixels and tangent of incidence at cosines (k + 0.5) / COSINES."""
    t = np.arccos((np.arange(COSINES) + 0.5) / COSINES)
    sd = np.minimum(lateral[0] + lateral[1] * t / (np.pi / 2 - t), MAX_LATERAL_PX)
    return sd, np.tan(t)


def occlude(z: Depth, columns: npt.NDArray[np.int64], focal_baseline: float) -> None:
    """Remove what the second camera (or the projector), to the right, cannot see; in place."""
    if not z.size:
        return
    other = np.full(z.shape, 1e9)
    seen = z > 0
    other[seen] = np.broadcast_to(columns, z.shape)[seen] - focal_baseline / z[seen]
    leftmost = np.minimum.accumulate(other[:, :0:-1], axis=1)[:, ::-1]
    hidden = seen[:, :-1] & (other[:, :-1] > leftmost + 1.0)
    z[:, :-1][hidden] = 0.0


def structured_light(z: Depth, facing: Depth, gain: float, rng: np.random.Generator) -> None:
    """Add axial noise of a structured-light sensor; in place."""
    seen = z > 0
    d, cosine = z[seen].astype(np.float64), facing[seen]
    sd = 0.0012 + 0.0019 * (d - 0.4) ** 2
    slanted = np.flatnonzero(cosine < 0.5)
    t = np.arccos(cosine[slanted].astype(np.float64))
    grazing = 0.0001 / np.sqrt(d[slanted]) * t * t / np.maximum(np.pi / 2 - t, 0.05) ** 2
    sd[slanted] += np.minimum(grazing, 0.01)
    z[seen] = np.maximum(d + gain * sd * rng.standard_normal(len(d)), 0.05)


def quantise(z: Depth, step_per_m: float) -> None:
    """Round to whole steps of disparity, each of which moves depth by z^2 step_per_m; in place."""
    seen = z > 0
    z[seen] = 1.0 / (step_per_m * np.rint(1.0 / (step_per_m * z[seen].astype(np.float64))))


def drop_out(
    z: Depth, facing: Depth, chances: tuple[float, float, float], rng: np.random.Generator
) -> Depth:
    """Lose pixels; returns a copy. chances: anywhere, at edges, at fully grazing incidence."""
    anywhere, edge, grazing = chances
    seen = z > 0
    chance = anywhere + grazing * np.maximum(1.0 - facing[seen].astype(np.float64) / 0.3, 0.0)
    chance += edge * _edges(z)[seen]
    out: Depth = z.copy()
    out[seen] = np.where(rng.random(len(chance)) < chance, np.float32(0.0), z[seen])
    return out


def finish(z: Depth, offset_m: float, unit_m: float) -> None:
    """Shift every measurement and round it to whole units; in place."""
    shifted = np.maximum(z.astype(np.float64) + offset_m, 0.0)
    z[:] = np.where(z > 0, np.rint(shifted / unit_m) * unit_m, 0.0)


def _near_surface(z: Depth) -> Mask:
    """Return which pixels have a measurement, or one of their four neighbours has."""
    seen = np.pad(z > 0, 1)
    here = seen[1:-1, 1:-1]
    beside: Mask = seen[1:-1, :-2] | seen[1:-1, 2:]
    return here | beside | seen[:-2, 1:-1] | seen[2:, 1:-1]


def _edges(z: Depth) -> Mask:
    """Return which pixels have a neighbour on another surface or a missing one."""
    around = np.pad(z, 1, mode='edge') if z.size else np.zeros((2, 2), np.float32)
    above, below = around[:-2, 1:-1], around[2:, 1:-1]
    left, right = around[1:-1, :-2], around[1:-1, 2:]
    nearest = np.minimum(np.minimum(above, below), np.minimum(left, right))
    found: Mask = nearest <= 0
    inner = (slice(1, -1), slice(None)), (slice(None), slice(1, -1))
    for (one, other), part in zip(((above, below), (left, right)), inner, strict=True):
        found[part] |= np.abs(one + other - 2 * z)[part] > EDGE_M
    return found
