# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What the study compares: the paper's systems (Sec. 4.1), the soft decoder, and their errors.

All are measured on the same held-out crops. Legend: N crops, J joints.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.encoding import SupportRadius
from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.synthesis.seeds import STUDY
from dense_hand_pose.training.checkpoint import CHECKPOINT, read_header
from dense_hand_pose.training.config import LossConfig, TrainingConfig
from dense_hand_pose.training.data.synthetic import Batch, make_batch
from dense_hand_pose.training.objectives.objectives import decoded_joints, joint_method_of
from dense_hand_pose.training.runs import load_average
import numpy as np
import numpy.typing as npt
import torch

PROPOSED = 'proposed_2'
_TINY_WIDTHS = (8, 8, 8, 8, 8)
_LOSS = LossConfig(heat_2d=10.0, heat_3d=10.0, direction=10.0, beta=1.0)
"""
Squares for the maps of every system, as in config/train/default.yaml.

A narrow smooth L1 asks for the median, which is 0 where a joint is rare: R and S stay low, and
whatever reads their peaks suffers (after 6,400 hands the proposed method had 69 mm instead of
52), while the regression of coordinates does not notice.
"""


@dataclass(frozen=True)
class System:
    """One row of the comparison; ``soft``: its joints are those of the soft decoder."""

    name: str
    title: str
    task: str
    stacks: int
    coordinates: float = 2.0
    soft: bool = False
    paper_mm: float | None = None


SYSTEMS = (
    System('coordinates', 'coordinate regression', 'coordinates', 1),
    System('detection_coordinates', 'detection + coordinates', 'detection_coordinates', 2),
    System('detection_depth', 'detection + depth', 'detection_depth', 2),
    System('offset', 'offsets, masked loss', 'offset', 2),
    System('proposed_1', 'proposed, one stack', 'dense', 1, coordinates=0.0, paper_mm=11.20),
    System(PROPOSED, 'proposed, two stacks', 'dense', 2, coordinates=0.0, paper_mm=10.21),
    System('soft_2', 'soft decoder and its loss, two stacks', 'dense', 2, soft=True),
)
BASELINES = SYSTEMS[:4]


def network_of(system: System, network: str, tiny: bool = False) -> NetworkConfig:
    """Return the network of a system: that of a configuration, with its own task and stacks."""
    base = CONFIGURATIONS[network]
    if tiny:
        base = replace(base, stem='folded', head='shared', widths=_TINY_WIDTHS)
    return replace(base, task=system.task, stacks=system.stacks)


def training_of(system: System, common: TrainingConfig, network: NetworkConfig) -> TrainingConfig:
    """Return the training of a system: all but network and loss are the same for every one."""
    return replace(common, network=network, loss=replace(_LOSS, coordinates=system.coordinates))


@dataclass(frozen=True)
class Variant:
    """One row of the exploration: a setting of the decoder, and the paper's figure (Table 1)."""

    axis: str
    value: str
    config: DecodingConfig
    paper_mm: float | None


def _variants() -> tuple[Variant, ...]:
    usual = DecodingConfig(method='mean_shift')
    rows = [
        Variant('candidates K', str(k), replace(usual, candidates=k), mm)
        for k, mm in ((1, 10.6), (5, 10.21), (10, 10.21), (30, 10.96))
    ]
    rows += [
        Variant('sigma, mm', str(s), replace(usual, bandwidth_m=s / 1000.0), mm)
        for s, mm in ((10, 10.35), (40, 10.21), (80, 10.21), (100, 10.21))
    ]
    rows += [
        Variant('votes', word, replace(usual, weighted=weighted), mm)
        for word, weighted, mm in (('weighted', True, 10.21), ('unweighted', False, 10.26))
    ]
    rows += [
        Variant('top K by', word, replace(usual, score=score), None)
        for word, score in (('(1 + R) S', 'r_and_s'), ('S', 's'))
    ]
    rows += [
        Variant('iterations N', str(n), replace(usual, iterations=n), None) for n in (1, 5, 10, 20)
    ]
    rows += [
        Variant('merged by', word, replace(usual, method=method), None)
        for word, method in (('mean shift', 'mean_shift'), ('softmax over S', 'soft'))
    ]
    return tuple(rows)


VARIANTS = _variants()


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
