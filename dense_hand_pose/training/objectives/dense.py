# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The training loss: the maps of every stack, and the joints that they decode to.

Legend: B crops, J joints, H = W = MAP_SIZE_PX.
"""

from typing import NamedTuple

from dense_hand_pose.codec.decoding import decode_soft
from dense_hand_pose.codec.encoding import DenseMaps, encode, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812

from ..config import LossConfig
from ..data.synthetic import ABSENT, Batch, BESIDE, PRESENT


class Losses(NamedTuple):
    """The weighted sum that is minimised, and its parts over all stacks, unweighted."""

    total: Tensor
    heat_2d: Tensor
    heat_3d: Tensor
    direction: Tensor
    coordinates: Tensor
    error_mm: Tensor


def dense_loss(
    outputs: list[Tensor],
    batch: Batch,
    reach: SupportRadius,
    config: LossConfig,
    maps: DenseMaps | None = None,
) -> Losses:
    """
    Compare each stack's channels (B, 5 J, H, W) with ``maps`` and the joints of the batch.

    Without ``maps`` the targets are those of the joints.

    Maps: smooth L1 over all pixels, zero off the hand (paper Sec. 3.2). Coordinates: smooth L1 of
    the softly decoded joints in units of half a cube (AWR, AAAI 2020, Sec. 3.4). ``error_mm`` is
    the mean joint error of the last stack under the soft decoder.

    Where a batch has crops without a hand, their maps are zero everywhere, and joints are asked of
    the others alone; log odds (B, 1) of a hand, which a network may put out last, are asked where
    that is certain.
    """
    outputs, odds = (outputs[:-1], outputs[-1]) if outputs[-1].dim() == 2 else (outputs, None)
    hand = slice(None) if batch.state is None else batch.state != ABSENT
    with torch.no_grad():
        surface = lift(reduce_depth(batch.crop), batch.cube)
        targets = maps or encode(batch.joints_m, surface, batch.cube, reach)
        if batch.state is not None:
            targets = DenseMaps(*(_only(maps, batch.state != ABSENT) for maps in targets))
    cube = Cube(batch.cube.center_m[hand], batch.cube.size_m[hand])
    parts = torch.zeros(4, device=batch.crop.device)
    error_mm = torch.zeros(())
    for channels in outputs:
        # As the targets lie in memory: over mixed layouts the loss takes twice as long.
        made = DenseMaps.from_channels(channels.float().contiguous(), batch.joints_m.shape[1])
        joints = decode_soft(made, surface, batch.cube, reach)
        offset = (joints - batch.joints_m)[hand]
        parts = parts + torch.stack(
            [*_map_losses(made, targets, config.beta), _coordinates(offset, cube, config)]
        )
        error_mm = offset.detach().norm(dim=-1).mean() * 1000.0
    weights = (config.heat_2d, config.heat_3d, config.direction, config.coordinates)
    total = (parts * torch.tensor(weights, device=parts.device)).sum()
    if odds is not None and batch.state is not None:
        total = total + config.presence * _presence(odds, batch.state)
    r, s, v, coordinates = parts.detach().unbind()
    return Losses(total, r, s, v, coordinates, error_mm)


def _only(maps: Tensor, chosen: Tensor) -> Tensor:
    """Return maps (B, ...), those that are not chosen (B,) being zero."""
    return maps * chosen.to(maps.dtype).view(-1, *[1] * (maps.dim() - 1))


def _presence(odds: Tensor, state: Tensor) -> Tensor:
    """Return the cross entropy of log odds (B, 1) where it is certain whether there is a hand."""
    certain = (state != BESIDE).float()
    wanted = (state == PRESENT).float()
    each = F.binary_cross_entropy_with_logits(odds.float()[:, 0], wanted, reduction='none')
    return (each * certain).sum() / certain.sum().clamp(min=1.0)


def _map_losses(maps: DenseMaps, targets: DenseMaps, beta: float) -> list[Tensor]:
    return [
        F.smooth_l1_loss(made, wanted, beta=beta)
        for made, wanted in zip(maps, targets, strict=True)
    ]


def _coordinates(offset: Tensor, cube: Cube, config: LossConfig) -> Tensor:
    relative = offset / (cube.size_m.view(-1, 1, 1) / 2)
    return F.smooth_l1_loss(relative, torch.zeros_like(relative), beta=config.coordinates_beta)
