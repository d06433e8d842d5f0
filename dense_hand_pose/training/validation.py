# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Validation on a fixed set of hands that no training batch holds."""

from dataclasses import dataclass

import torch
from torch import nn

from .data.synthetic import Batch
from .distributed import Group
from .objectives.objectives import Method


@dataclass(frozen=True)
class Validation:
    """
    Mean joint errors in millimetres: by mean shift (mean, median over joints) and softly.

    A method without those two ways of decoding has the same figures for both.
    """

    mean_shift_mm: float
    median_mm: float
    soft_mm: float


@torch.no_grad()
def validate(
    network: nn.Module, batches: list[Batch], method: Method, group: Group | None = None
) -> Validation:
    """
    Run the network over the batches and decode by a method with its defaults.

    With a group each process brings its own batches, one at least; the result is that of all.
    """
    group = group or Group()
    network.eval()
    shifted, soft = [], []
    for mine in batches:
        batch = mine.to(group.device)
        outputs = network(batch.crop.to(memory_format=torch.channels_last))
        joints, joints_soft = method.joints(outputs, batch)
        shifted.append((joints - batch.joints_m).norm(dim=-1))
        soft.append((joints_soft - batch.joints_m).norm(dim=-1))
    mine_mm = torch.stack([torch.cat(shifted), torch.cat(soft)], dim=1) * 1000.0
    errors, soft_errors = group.gather(mine_mm).unbind(dim=1)
    return Validation(float(errors.mean()), float(errors.median()), float(soft_errors.mean()))
