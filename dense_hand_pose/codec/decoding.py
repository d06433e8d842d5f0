# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
From the dense maps R, S and V to joints: votes, and how they are merged (Alg. 1, and softly).

Legend: B crops, J joints, K candidates, H = W = MAP_SIZE_PX. Static shapes throughout, so that
network and decoding export as one graph; no result is ever NaN, whatever the maps hold.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from .config import (
    AGREEMENT_SIGMA_M,
    DecodingConfig,
    EPSILON,
    load_merger,
    MERGERS,
    SHARPNESS,
)
from .encoding import DenseMaps, SupportRadius
from .map_geometry import Cube, project_to_map, Surface

_FEWEST_RANKED = 16
"""Rank at least this many: OpenVINO finds sixteen faster than five."""
_FEW = 8
"""Up to this many are found faster by ranking the columns of a table first."""


class Decoded(NamedTuple):
    """
    Joints (B, J, 3), confidence and spread (B, J), votes (B, J, K, 3), weights (B, J, K).

    Joints, votes and spread, the root mean square distance of the votes, are metres; confidence
    and weights lie in [0, 1]. Votes are reported best first; where all are merged these are K of
    them, and their weights are their shares in the joint.
    """

    joints_m: Tensor
    confidence: Tensor
    spread_m: Tensor
    votes_m: Tensor
    vote_weights: Tensor


def decode(
    maps: DenseMaps, surface: Surface, cube: Cube, radius: SupportRadius, config: DecodingConfig
) -> Decoded:
    """
    Merge the votes of each joint by the method of the configuration.

    Confidence is the geometric mean of three values of the votes that make the joint: S at
    their pixel, R at their projection (at the joint's, where all votes are merged), and how close
    to the joint they land. It does not depend on how many further candidates there are.
    """
    # Vectors in planes of all pixels: OpenVINO would copy the five dimensions.
    direction = _finite(maps.direction.flatten(3)).clamp(-1.0, 1.0)
    maps = DenseMaps(
        _finite(maps.heat_2d).clamp(0.0, 1.0),
        _finite(maps.heat_3d).clamp(0.0, 1.0),
        torch.unflatten(direction, 3, maps.direction.shape[3:]),
    )
    merge = load_merger(MERGERS[config.method].torch)
    decoded: Decoded = merge(maps, surface, cube, radius, config)
    return decoded


def merge_best(
    maps: DenseMaps, surface: Surface, cube: Cube, radius: SupportRadius, config: DecodingConfig
) -> Decoded:
    """Merge the votes of the K best pixels of each joint by mean shift (Alg. 1)."""
    heat_2d, heat_3d, direction = maps
    score = heat_3d if config.score == 's' else (1.0 + heat_2d) * heat_3d
    score, index = _best((score * surface.foreground).flatten(2), config.candidates)
    heat = heat_3d.flatten(2).gather(2, index)
    votes = _votes(direction, heat, index, surface, cube, radius)
    agreement = _sample(heat_2d, project_to_map(votes, cube, heat_2d.shape[-1]))
    scored = score > 0.0
    weights = agreement * scored if config.weighted else score / 2.0
    joints, share = mean_shift(votes, weights, config.bandwidth_m, config.iterations)
    agreeing = heat * agreement * scored * torch.exp(_exponent(votes, joints, AGREEMENT_SIGMA_M))
    confidence = (agreeing * share).sum(dim=2).clamp(0.0, 1.0) ** (1 / 3)
    spread_m = _spread(votes, joints, scored)
    return Decoded(joints, confidence, spread_m, votes, weights)


def merge_all(
    maps: DenseMaps, surface: Surface, cube: Cube, radius: SupportRadius, config: DecodingConfig
) -> Decoded:
    """
    Merge the votes of all pixels by a softmax over S, and by mean shift from there if asked.

    The spread is that of all votes by their share in the joint.
    """
    heat_3d = maps.heat_3d.flatten(2)
    heat = heat_3d * surface.foreground.flatten(2)
    lengths_m = radius.theta_of(cube).view(-1, 1, 1) * (1.0 - heat_3d)
    points = surface.points_m.flatten(2).unsqueeze(1)
    votes = points + lengths_m.unsqueeze(2) * maps.direction.flatten(3)
    logits = SHARPNESS * heat
    share = torch.softmax(logits, dim=2)
    joints = (votes * share.unsqueeze(2)).sum(dim=3)
    for _ in range(config.iterations if config.method == 'dense_mean_shift' else 0):
        pull = _squared(votes, joints) * (-0.5 / config.bandwidth_m**2)
        share = torch.softmax(logits + pull, dim=2)
        joints = (votes * share.unsqueeze(2)).sum(dim=3)
    squared = _squared(votes, joints)
    close = share * heat * torch.exp(squared * (-0.5 / AGREEMENT_SIGMA_M**2))
    at = project_to_map(joints, cube, maps.heat_2d.shape[-1])
    agreement = _sample_one(maps.heat_2d, at)
    confidence = (agreement * close.sum(dim=2)).clamp(0.0, 1.0) ** (1 / 3)
    spread = (share * squared).sum(dim=2).sqrt()
    reported, index = _best_of_map(share, maps.heat_3d.shape[-1], config.candidates)
    reported_votes = votes.gather(3, index.unsqueeze(2).expand(-1, -1, 3, -1)).transpose(2, 3)
    return Decoded(joints, confidence, spread, reported_votes, reported)


def vote_shares(heat_3d: Tensor, foreground: Tensor) -> Tensor:
    """Return the share (B, J, N) of each pixel's vote by a softmax over S (B, J, N)."""
    return torch.softmax(SHARPNESS * heat_3d * foreground, dim=2)


def decode_soft(maps: DenseMaps, surface: Surface, cube: Cube, radius: SupportRadius) -> Tensor:
    """
    Merge every pixel's vote by a softmax over S (AWR, Huang et al., AAAI 2020, Sec. 3.3).

    Returns joints (B, J, 3) in metres and passes gradients to S and V, so that training can
    pull at the coordinates themselves.
    """
    heat_3d = maps.heat_3d.flatten(2)
    weights = vote_shares(heat_3d, surface.foreground.flatten(2))
    theta = radius.theta_of(cube).view(-1, 1, 1)
    points = torch.einsum('bjn,bcn->bjc', weights, surface.points_m.flatten(2))
    lengths_m = weights * theta * (1.0 - heat_3d)
    return points + (lengths_m.unsqueeze(2) * maps.direction.flatten(3)).sum(dim=3)


def mean_shift(
    votes_m: Tensor, weights: Tensor, bandwidth_m: float, iterations: int
) -> tuple[Tensor, Tensor]:
    """
    Climb to the mode of weighted votes (B, J, K, 3) from their weighted mean.

    Votes are ordered best first: where all weights (B, J, K) vanish, the first is the answer.
    Returns the modes (B, J, 3) and the share (B, J, K) that each vote has in its mode.
    """
    first = (torch.arange(weights.shape[2], device=weights.device) == 0).to(weights.dtype)
    strongest = weights.amax(dim=2, keepdim=True)
    weights = torch.where(strongest > EPSILON, weights / strongest.clamp(min=EPSILON), first)
    share = weights / weights.sum(dim=2, keepdim=True)
    mode = (votes_m * share.unsqueeze(3)).sum(dim=2)
    # In logarithms distant votes cannot underflow together, however narrow the kernel is.
    log_weights = torch.log(weights)
    for _ in range(iterations):
        share = torch.softmax(log_weights + _exponent(votes_m, mode, bandwidth_m), dim=2)
        mode = (votes_m * share.unsqueeze(3)).sum(dim=2)
    return mode, share


def _best(values: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the largest of values (B, J, N), (B, J, count), best first, and where they are."""
    ranked, index = values.topk(max(count, _FEWEST_RANKED), dim=2)
    return ranked[:, :, :count], index[:, :, :count]


def _best_of_map(values: Tensor, width: int, count: int) -> tuple[Tensor, Tensor]:
    """
    Return what _best does, of maps (B, J, H W).

    The best few of all are among the best few of their columns, which runtimes find side
    by side: a fifth of the time of ranking all at once.
    """
    if not count <= _FEW <= values.shape[2] // width:
        return _best(values, count)
    ranked, row = torch.unflatten(values, 2, (-1, width)).topk(count, dim=2)
    index = row * width + torch.arange(width, device=values.device)
    best, place = ranked.flatten(2).topk(count, dim=2)
    return best, index.flatten(2).gather(2, place)


def _squared(votes_m: Tensor, joints_m: Tensor) -> Tensor:
    """Return the squared distances (B, J, N) of votes (B, J, 3, N) from joints (B, J, 3)."""
    offset = votes_m - joints_m.unsqueeze(3)
    return (offset * offset).sum(dim=2)


def _votes(
    direction: Tensor,
    heat: Tensor,
    index: Tensor,
    surface: Surface,
    cube: Cube,
    radius: SupportRadius,
) -> Tensor:
    """Return the votes p + theta (1 - S) V (B, J, K, 3) of the chosen pixels."""
    batch, joints, count = index.shape
    along = index.unsqueeze(2).expand(batch, joints, 3, count)
    pointing = direction.flatten(3).gather(3, along)
    points = surface.points_m.flatten(2).unsqueeze(1).expand(batch, joints, 3, -1)
    lengths_m = radius.theta_of(cube).view(-1, 1, 1) * (1.0 - heat)
    return (points.gather(3, along) + lengths_m.unsqueeze(2) * pointing).transpose(2, 3)


def _sample(maps: Tensor, pixels: Tensor) -> Tensor:
    """
    Read maps (B, J, H, W) at pixels (B, J, K, 2) bilinearly, clamped to the border.

    Bilinear interpolation is separable in hat functions, so two small products do it without a
    gather.
    """
    columns, rows = _hats(pixels, maps.shape[-1])
    return (torch.matmul(rows, maps) * columns).sum(dim=-1)


def _sample_one(maps: Tensor, pixels: Tensor) -> Tensor:
    """
    Read maps (B, J, H, W) at one pixel each, (B, J, 2), as _sample does.

    A product of matrices would draw the maps into bfloat16 where OpenVINO computes in it, and
    copy them there.
    """
    columns, rows = _hats(pixels, maps.shape[-1])
    return (maps * rows.unsqueeze(3) * columns.unsqueeze(2)).sum(dim=(2, 3))


def _hats(pixels: Tensor, size_px: int) -> tuple[Tensor, ...]:
    """Return the weights (..., size_px) of columns and of rows at pixels (..., 2)."""
    at = pixels.clamp(0.0, size_px - 1.0).unsqueeze(-1)
    steps = torch.arange(size_px, device=pixels.device, dtype=pixels.dtype)
    return (1.0 - (steps - at).abs()).clamp(min=0.0).unbind(-2)


def _spread(votes_m: Tensor, joints_m: Tensor, scored: Tensor) -> Tensor:
    """Return the RMS distance (B, J) of the votes with a score; of all where none has one."""
    counted = (scored | ~scored.any(dim=2, keepdim=True)).to(votes_m.dtype)
    squared = ((votes_m - joints_m.unsqueeze(2)) ** 2).sum(dim=3)
    return ((squared * counted).sum(dim=2) / counted.sum(dim=2)).sqrt()


def _exponent(votes_m: Tensor, mode: Tensor, bandwidth_m: float) -> Tensor:
    offset = (votes_m - mode.unsqueeze(2)) / bandwidth_m
    return -0.5 * (offset * offset).sum(dim=3)


def _finite(tensor: Tensor) -> Tensor:
    """Put 0 for what is no finite number, as nan_to_num does: that takes runtimes more passes."""
    return torch.where(tensor.abs() < math.inf, tensor, 0.0)
