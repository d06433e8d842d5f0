# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Train what is not trained yet, measure all, and write the page."""

from dataclasses import dataclass
from importlib.metadata import version
import os
from pathlib import Path
import sys

from dense_hand_pose.runtimes.host import cpu_name
from dense_hand_pose.training.checkpoint import CHECKPOINT
from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.launch import launch, TrainingRequest
from dense_hand_pose.training.model_cards import current_commit
from dense_hand_pose.training.runs import is_complete
import torch

from .report import Study, write_report
from .systems import (
    cost,
    explore,
    held_out,
    measure,
    network_of,
    PROPOSED,
    SYSTEMS,
    training_of,
    VARIANTS,
)


@dataclass(frozen=True, kw_only=True)
class StudyRequest:
    """
    What to study and where to; ``common`` holds the settings that all trainings share.

    ``tiny`` shrinks the networks to a few channels: it tries the machinery, not the methods.
    """

    out: Path
    report: Path
    common: TrainingConfig
    network: str
    crops: int
    command: str
    tiny: bool = False


def run_study(request: StudyRequest) -> int:
    """
    Run the study and return an exit status as ``train`` does.

    Trainings that are complete in ``out`` are kept, broken ones are carried on.
    """
    for system in SYSTEMS:
        folder = request.out / system.name
        network = network_of(system, request.network, request.tiny)
        config = training_of(system, request.common, network)
        try:
            complete = is_complete(folder, config)
        except ValueError as error:
            print(f'study: {error}', file=sys.stderr)
            return 2
        print(f'study: {system.title}: {"trained" if complete else "training"}', file=sys.stderr)
        if complete:
            continue
        resume = (folder / CHECKPOINT).exists()
        status = launch(TrainingRequest(config=config, out=folder, resume=resume))
        if status:
            return status
    batches = held_out(request.crops)
    errors = {s.name: measure(s, request.out / s.name, batches) for s in SYSTEMS}
    study = Study(
        command=request.command,
        commit=current_commit(),
        machine=_machine(),
        network=request.network,
        config=request.common,
        systems=errors,
        costs={s.name: cost(request.out / s.name) for s in SYSTEMS},
        variants=explore(request.out / PROPOSED, batches, VARIANTS),
    )
    write_report(request.report, study)
    print(request.report)
    return 0


def _machine() -> str:
    cores, threads = len(os.sched_getaffinity(0)), torch.get_num_threads()
    return (
        f'{cpu_name()}, {cores} of its {os.cpu_count()} cores, PyTorch {version("torch")} '
        f'with {threads} threads'
    )
