# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The errors of trained systems on the same held-out crops.

Legend: N crops, J joints.
"""

from collections.abc import Sequence
from pathlib import Path

from dense_hand_pose.encoding import Reach
from dense_hand_pose.training.data import Batch, make_batch
from dense_hand_pose.training.methods import decoded_joints, joint_method_of
from dense_hand_pose.training.trained import load_average
import numpy as np
import numpy.typing as npt
import torch

from .systems import System, Variant

FIRST_SEED = 2**42
"""Beyond the seeds of training, validation and test frames."""
_BATCH = 50
Errors = npt.NDArray[np.float64]


def held_out(crops: int) -> list[Batch]:
    """Render the crops that every system is measured on."""
    counts = [min(_BATCH, crops - i) for i in range(0, crops, _BATCH)]
    return [make_batch(FIRST_SEED + i, count) for i, count in enumerate(counts)]


@torch.no_grad()
def measure(system: System, folder: Path, batches: Sequence[Batch]) -> Errors:
    """Return the errors (N, J) in metres of a system by its own decoder."""
    network, config = load_average(folder)
    method = joint_method_of(config.network, config.loss)
    errors = []
    for batch in batches:
        joints = method.joints(network(batch.crop), batch)[1 if system.soft else 0]
        errors.append((joints - batch.joints_m).norm(dim=-1))
    return torch.cat(errors).double().numpy()


@torch.no_grad()
def explore(folder: Path, batches: Sequence[Batch], variants: Sequence[Variant]) -> list[Errors]:
    """Return the errors (N, J) in metres of one dense network under each decoder."""
    network, config = load_average(folder)
    reach = Reach(config.network.theta_m, config.network.tau_px)
    errors: list[list[torch.Tensor]] = [[] for _ in variants]
    for batch in batches:
        outputs = network(batch.crop)
        for column, variant in zip(errors, variants, strict=True):
            joints = decoded_joints(outputs, batch, reach, variant.config)
            column.append((joints - batch.joints_m).norm(dim=-1))
    return [torch.cat(column).double().numpy() for column in errors]
