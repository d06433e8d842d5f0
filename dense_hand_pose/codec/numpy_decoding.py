# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
decoding.py in NumPy, for a runtime whose compiled graph has other settings baked in.

A compiled graph has a fixed K and a fixed number of iterations, but ``decode.*`` may change while
a node runs, on a machine without PyTorch. Legend as there: B crops, J joints, K candidates,
H = W = MAP_SIZE_PX. A test compares every number here with the one there.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND, MAP_SIZE_PX
import numpy as np
import numpy.typing as npt

from .config import (
    AGREEMENT_SIGMA_M,
    DecodingConfig,
    EPSILON,
    load_merger,
    MERGERS,
    REFERENCE_CUBE_M,
    SAME_SURFACE,
    SHARPNESS,
)  # fmt: skip

Array = npt.NDArray[Any]


class Result(NamedTuple):
    """
    The decoded joints of N crops as float32 arrays; shapes as in decoding.Decoded.

    presence (N,) in [0, 1] and side (N,) in [-1, 1] as in network/presence.py; None both for
    weights without that head.
    """

    joints_m: Array
    confidence: Array
    spread_m: Array
    votes_m: Array
    vote_weights: Array
    presence: Array | None = None
    side: Array | None = None


def joined(results: Sequence[Result]) -> Result:
    """Return the results of parts of a batch as one."""
    columns: Iterator[tuple[Any, ...]] = zip(*results, strict=True)
    parts: list[Any] = [None if c[0] is None else np.concatenate(c) for c in columns]
    return Result(*parts)


def decode_maps(
    maps: Array, inputs: tuple[Array, ...], joints: int, theta_m: float, config: DecodingConfig
) -> Result:
    """
    Merge the votes of maps (B, 5 J, H, W) of the crops, centres and edges in ``inputs``.

    ``joints`` J and ``theta_m`` (encoding.SupportRadius) are those of the network.
    """
    crops, centers_m, sizes_m = inputs
    flat = np.nan_to_num(maps, nan=0.0, posinf=0.0, neginf=0.0).reshape(len(maps), 5 * joints, -1)
    heat_2d, heat_3d, pointing = np.split(flat, [joints, 2 * joints], axis=1)
    heat_2d, heat_3d = heat_2d.clip(0.0, 1.0), heat_3d.clip(0.0, 1.0)
    pointing = pointing.reshape(len(maps), joints, 3, -1).clip(-1.0, 1.0)
    depth = reduce_depth(crops).reshape(len(maps), 1, -1)
    points = _lift(depth, centers_m, sizes_m)
    theta = sizes_m * np.float32(theta_m / REFERENCE_CUBE_M)
    clean = _Clean(
        heat_2d, heat_3d, pointing, points, depth < BACKGROUND, theta, centers_m, sizes_m
    )
    merge: Callable[[_Clean, DecodingConfig], tuple[Array, ...]]
    merge = load_merger(MERGERS[config.method].numpy)
    return Result(*(np.ascontiguousarray(part, np.float32) for part in merge(clean, config)))


class _Clean(NamedTuple):
    """Maps R, S (B, J, N) and V (B, J, 3, N), the pixels that they are of, and the cubes."""

    heat_2d: Array
    heat_3d: Array
    pointing: Array
    points: Array
    foreground: Array
    theta: Array
    centers_m: Array
    sizes_m: Array


def merge_best(clean: _Clean, config: DecodingConfig) -> tuple[Array, ...]:
    """Merge the votes of the K best pixels, as codec/decoding.py does."""
    heat_2d, heat_3d, pointing, points, foreground, theta, centers_m, sizes_m = clean
    score = heat_3d if config.score == 's' else (1.0 + heat_2d) * heat_3d
    score = score * foreground
    index = np.argsort(-score, axis=2, kind='stable')[:, :, : config.candidates]
    score = np.take_along_axis(score, index, axis=2)
    heat = np.take_along_axis(heat_3d, index, axis=2)
    along = index[:, :, None]
    votes = np.take_along_axis(points[:, None], along, axis=3) + (
        theta[:, None, None] * (1.0 - heat)
    )[:, :, None] * np.take_along_axis(pointing, along, axis=3)
    votes = votes.transpose(0, 1, 3, 2)

    agreement = _sample(heat_2d, _project(votes, centers_m, sizes_m))
    scored = score > 0.0
    weights = agreement * scored if config.weighted else score / 2.0
    modes, share = mean_shift(votes, weights, config.bandwidth_m, config.iterations)
    agreeing = heat * agreement * scored * np.exp(_exponent(votes, modes, AGREEMENT_SIGMA_M))
    confidence = (agreeing * share).sum(axis=2).clip(0.0, 1.0) ** (1 / 3)
    return modes, confidence, _spread(votes, modes, scored), votes, weights


def merge_all(clean: _Clean, config: DecodingConfig) -> tuple[Array, ...]:
    """Merge the votes of all pixels, as codec/decoding.py does."""
    heat_2d, heat_3d, pointing, points, foreground, theta, centers_m, sizes_m = clean
    heat = heat_3d * foreground
    lengths_m = theta[:, None, None] * (1.0 - heat_3d)
    votes = points[:, None] + lengths_m[:, :, None] * pointing
    logits = np.float32(SHARPNESS) * heat
    share = _softmax(logits)
    joints = (votes * share[:, :, None]).sum(axis=3)
    for _ in range(config.iterations if config.method == 'dense_mean_shift' else 0):
        squared = ((votes - joints[..., None]) ** 2).sum(axis=2)
        share = _softmax(logits - squared / (2.0 * config.bandwidth_m**2))
        joints = (votes * share[:, :, None]).sum(axis=3)
    squared = ((votes - joints[..., None]) ** 2).sum(axis=2)
    close = (share * heat * np.exp(squared / (-2.0 * AGREEMENT_SIGMA_M**2))).sum(axis=2)
    at = _project(joints[:, :, None], centers_m, sizes_m)
    agreement = _sample(heat_2d, at)[:, :, 0]
    confidence = (agreement * close).clip(0.0, 1.0) ** (1 / 3)
    spread = np.sqrt((share * squared).sum(axis=2))
    index = np.argsort(-share, axis=2, kind='stable')[:, :, : config.candidates]
    reported = np.take_along_axis(votes, index[:, :, None], axis=3).transpose(0, 1, 3, 2)
    return joints, confidence, spread, reported, np.take_along_axis(share, index, axis=2)


def _softmax(logits: Array) -> Array:
    """Return the softmax over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    weights: Array = raised / raised.sum(axis=-1, keepdims=True)
    return weights


def reduce_depth(crops: Array) -> Array:
    """Reduce crops (B, S, S) to (B, H, W) as geometry.reduce_depth does."""
    side = crops.shape[1] // MAP_SIZE_PX
    blocks = crops.reshape(len(crops), MAP_SIZE_PX, side, MAP_SIZE_PX, side)
    nearest = blocks.min(axis=(2, 4), keepdims=True)
    same = (blocks < nearest + np.float32(SAME_SURFACE)) & (blocks < BACKGROUND)
    count = same.sum(axis=(2, 4))
    mean = (blocks * same).sum(axis=(2, 4)) / np.maximum(count, 1)
    return np.asarray(np.where(count > 0, mean, BACKGROUND), np.float32)


def mean_shift(
    votes_m: Array, weights: Array, bandwidth_m: float, iterations: int
) -> tuple[Array, Array]:
    """Climb to the modes (B, J, 3) and their shares (B, J, K) as decoding.mean_shift does."""
    first = np.zeros_like(weights)
    first[:, :, 0] = 1.0
    strongest = weights.max(axis=2, keepdims=True)
    weights = np.where(strongest > EPSILON, weights / strongest.clip(min=EPSILON), first)
    share = weights / weights.sum(axis=2, keepdims=True)
    mode = (votes_m * share[..., None]).sum(axis=2)
    with np.errstate(divide='ignore'):
        log_weights = np.log(weights)
    for _ in range(iterations):
        logits = log_weights + _exponent(votes_m, mode, bandwidth_m)
        share = _softmax(logits)
        mode = (votes_m * share[..., None]).sum(axis=2)
    return mode, share


def _lift(depth: Array, centers_m: Array, sizes_m: Array) -> Array:
    """Return the points (B, 3, H W) of a reduced depth (B, 1, H W), as geometry.lift does."""
    edge, center = sizes_m[:, None, None], centers_m[:, :, None]
    z = depth * (edge / 2) + center[:, 2:]
    steps = np.arange(MAP_SIZE_PX, dtype=np.float32) - np.float32((MAP_SIZE_PX - 1) / 2)
    rows, columns = np.meshgrid(steps, steps, indexing='ij')
    pixel = np.stack([columns.ravel(), rows.ravel()])[None]
    planar = (center[:, :2] + pixel * (edge / MAP_SIZE_PX)) * z / center[:, 2:]
    return np.concatenate([planar, z], axis=1)


def _project(points_m: Array, centers_m: Array, sizes_m: Array) -> Array:
    """Project points (B, J, K, 3) to map pixels (B, J, K, 2), as geometry.project_to_map does."""
    center, edge = centers_m[:, None, None], sizes_m[:, None, None, None]
    ratio = center[..., 2:] / points_m[..., 2:].clip(min=1e-3)
    planar = points_m[..., :2] * ratio - center[..., :2]
    pixels: Array = (MAP_SIZE_PX - 1) / 2 + planar * (MAP_SIZE_PX / edge)
    return pixels


def _sample(heat: Array, pixels: Array) -> Array:
    """Read maps (B, J, H W) at pixels (B, J, K, 2) bilinearly, clamped to the border."""
    at = pixels.clip(0.0, MAP_SIZE_PX - 1.0)
    corner = np.minimum(at.astype(np.int64), MAP_SIZE_PX - 2)
    u, v = np.moveaxis(at - corner, -1, 0)
    index = corner[..., 1] * MAP_SIZE_PX + corner[..., 0]

    def read(offset: int) -> Array:
        values: Array = np.take_along_axis(heat, index + offset, axis=2)
        return values

    top = (1.0 - u) * read(0) + u * read(1)
    bottom = (1.0 - u) * read(MAP_SIZE_PX) + u * read(MAP_SIZE_PX + 1)
    sampled: Array = (1.0 - v) * top + v * bottom
    return sampled


def _spread(votes_m: Array, joints_m: Array, scored: Array) -> Array:
    counted = scored | ~scored.any(axis=2, keepdims=True)
    squared = ((votes_m - joints_m[:, :, None]) ** 2).sum(axis=3)
    spread: Array = np.sqrt((squared * counted).sum(axis=2) / counted.sum(axis=2))
    return spread


def _exponent(votes_m: Array, mode: Array, bandwidth_m: float) -> Array:
    offset = (votes_m - mode[:, :, None]) / bandwidth_m
    exponent: Array = -0.5 * (offset * offset).sum(axis=3)
    return exponent
