# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The errors of trained systems on the same held-out crops.

Legend: N crops, J joints.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dense_hand_pose.codec.encoding import SupportRadius
from dense_hand_pose.synthesis.seeds import STUDY
from dense_hand_pose.training.checkpoint import CHECKPOINT, read_header
from dense_hand_pose.training.data.synthetic import Batch, make_batch
from dense_hand_pose.training.objectives.objectives import decoded_joints, joint_method_of
from dense_hand_pose.training.runs import load_average
import numpy as np
import numpy.typing as npt
import torch

from .systems import System, Variant

_BATCH = 50
Errors = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cost:
    """How large a trained network is, and how long its training took."""

    parameters: int
    minutes: float


def cost(folder: Path) -> Cost:
    """Return what the training in a folder cost."""
    network, _ = load_average(folder)
    progress, _ = read_header(folder / CHECKPOINT)
    count = sum(parameter.numel() for parameter in network.parameters())
    return Cost(count, progress.elapsed_s / 60.0)


def held_out(crops: int) -> list[Batch]:
    """Render the crops that every system is measured on."""
    counts = [min(_BATCH, crops - i) for i in range(0, crops, _BATCH)]
    return [make_batch(STUDY[i], count) for i, count in enumerate(counts)]


@torch.no_grad()
def measure(system: System, folder: Path, batches: Sequence[Batch]) -> Errors:
    """Return the errors (N, J) in metres of a system by its own decoder."""
    network, config = load_average(folder)
    method = joint_method_of(config.network, config.loss)
    errors = []
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for batch in batches:
        outputs = network(batch.crop.to(memory_format=torch.channels_last))
        joints = method.joints(outputs, batch)[1 if system.soft else 0]
        errors.append((joints - batch.joints_m).norm(dim=-1))
    return torch.cat(errors).double().numpy()


@torch.no_grad()
def explore(folder: Path, batches: Sequence[Batch], variants: Sequence[Variant]) -> list[Errors]:
    """Return the errors (N, J) in metres of one dense network under each decoder."""
    network, config = load_average(folder)
    reach = SupportRadius(config.network.theta_m, config.network.tau_px)
    errors: list[list[torch.Tensor]] = [[] for _ in variants]
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    for batch in batches:
        outputs = network(batch.crop.to(memory_format=torch.channels_last))
        for column, variant in zip(errors, variants, strict=True):
            joints = decoded_joints(outputs, batch, reach, variant.config)
            column.append((joints - batch.joints_m).norm(dim=-1))
    return [torch.cat(column).double().numpy() for column in errors]
