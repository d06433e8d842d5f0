# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Validation on a fixed set of hands that no training batch holds."""

from dataclasses import dataclass

from dense_hand_pose.decoding import decode, decode_soft, DecodingConfig
from dense_hand_pose.encoding import DenseMaps, Reach
from dense_hand_pose.geometry import lift, reduce_depth
import torch
from torch import nn

from .data import Batch
from .group import Group


@dataclass(frozen=True)
class Validation:
    """Mean joint errors in millimetres: by mean shift (mean, median over joints) and softly."""

    mean_shift_mm: float
    median_mm: float
    soft_mm: float


@torch.no_grad()
def validate(
    network: nn.Module, batches: list[Batch], reach: Reach, group: Group | None = None
) -> Validation:
    """
    Run the network over the batches; its last stack is decoded with the defaults.

    With a group each process brings its own batches, one at least; the result is that of all.
    """
    group = group or Group()
    network.eval()
    shifted, soft = [], []
    for mine in batches:
        batch = mine.to(group.device)
        channels = network(batch.crop.to(memory_format=torch.channels_last))[-1].float()
        maps = DenseMaps.from_channels(channels, batch.joints_m.shape[1])
        surface = lift(reduce_depth(batch.crop), batch.cube)
        decoded = decode(maps, surface, batch.cube, reach, DecodingConfig()).joints_m
        shifted.append((decoded - batch.joints_m).norm(dim=-1))
        soft.append((decode_soft(maps, surface, batch.cube, reach) - batch.joints_m).norm(dim=-1))
    mine_mm = torch.stack([torch.cat(shifted), torch.cat(soft)], dim=1) * 1000.0
    errors, soft_errors = group.gather(mine_mm).unbind(dim=1)
    return Validation(float(errors.mean()), float(errors.median()), float(soft_errors.mean()))
