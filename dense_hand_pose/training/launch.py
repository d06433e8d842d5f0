# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Start a training in this process, in several of its own, or as one of torchrun's."""

from dataclasses import dataclass, replace
import os
from pathlib import Path
import signal
import socket
import sys
import tempfile
import time
from typing import Any

from dense_hand_pose.runtimes.process import keep_memory
import torch
from torch import distributed, multiprocessing
from torch.multiprocessing.spawn import ProcessContext, ProcessExitedException

from .checkpoint import CHECKPOINT
from .config import TrainingConfig
from .distributed import Group, joined_group, StopWish
from .loop import Trainer

_GRACE_S = 120.0
"""A step, or a validation, has so long to end after Ctrl-C."""
_INTERRUPTED = 130


@dataclass(frozen=True, kw_only=True)
class TrainingRequest:
    """What to train, where to, and from what."""

    config: TrainingConfig
    out: Path
    resume: bool = False
    init: Path | None = None
    root: Path | None = None
    shards: Path | None = None


def launch(request: TrainingRequest) -> int:
    """
    Train and return the exit status: 0, 2 for a wrong request, 130 when it was stopped.

    Under torchrun this process is one of its group, whatever ``processes`` says.
    """
    if distributed.is_torchelastic_launched():
        rank, local, count = (int(os.environ[n]) for n in ('RANK', 'LOCAL_RANK', 'WORLD_SIZE'))
        try:
            request = replace(request, config=replace(request.config, processes=count))
            request = _after_restart(request)
        except ValueError as error:
            return _refuse(error, rank)
        return _train_as(request, rank, local, 'env://')
    if request.config.processes > 1:
        return _train_in_processes(request)
    return _train_as(request, 0, 0, '')


def _after_restart(request: TrainingRequest) -> TrainingRequest:
    """Return the request of a process that torchrun has started again: to go on, if it can."""
    restarted = int(os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')) > 0
    if not (restarted and (request.out / CHECKPOINT).exists()):
        return request
    return replace(request, resume=True, init=None)


def _train_as(request: TrainingRequest, rank: int, local: int, meeting: str) -> int:
    try:
        device = _device(request.config.device, local)
    except ValueError as error:
        return _refuse(error, rank)
    if request.config.processes == 1:
        return _train(request, Group(device=device))
    with joined_group(rank, request.config.processes, device, meeting) as group:
        return _train(request, group)


def _train(request: TrainingRequest, group: Group) -> int:
    try:
        trainer = Trainer(
            request.config, request.out, request.resume, request.init, group, request.root,
            request.shards,
        )  # fmt: skip
    except (OSError, ValueError) as error:
        return _refuse(error, group.rank)
    try:
        trainer.run()
    except KeyboardInterrupt:
        if group.is_main:
            print(
                f'train: stopped; --resume carries on from {trainer.checkpoint}', file=sys.stderr
            )
        return _INTERRUPTED
    return 0


def _refuse(error: Exception, rank: int) -> int:
    if rank == 0:
        print(f'train: {error}', file=sys.stderr)
    return 2


def _device(name: str, local: int) -> torch.device:
    """Return the device of a machine's process number ``local``; ValueError if there is none."""
    if name == 'cpu' or (name == 'auto' and not torch.cuda.is_available()):
        return torch.device('cpu')
    if local >= torch.cuda.device_count():
        raise ValueError(
            f'device = {name!r}: process {local + 1} of this machine, which has '
            f'{torch.cuda.device_count()} GPUs; start fewer processes or set device: cpu'
        )
    torch.cuda.set_device(local)
    return torch.device('cuda', local)


def _train_in_processes(request: TrainingRequest) -> int:
    """Start ``processes`` of them, hand Ctrl-C on, and see that none outlives the others."""
    count = request.config.processes
    os.environ.setdefault('OMP_NUM_THREADS', str(max(1, len(os.sched_getaffinity(0)) // count)))
    if 'lo' in (name for _, name in socket.if_nameindex()):
        # They share this machine; the address of its host name may lead nowhere.
        os.environ.setdefault('GLOO_SOCKET_IFNAME', 'lo')
    statuses = multiprocessing.get_context('spawn').Array('i', count)
    processes: list[Any] = []

    def hand_on() -> None:
        for process in processes:
            if process.is_alive():
                os.kill(process.pid, signal.SIGINT)

    with tempfile.TemporaryDirectory() as folder, StopWish(hand_on) as wish:
        arguments = (request, f'file://{folder}/meeting', statuses)
        context = multiprocessing.spawn(_run_rank, arguments, count, join=False)  # type: ignore
        processes += context.processes
        try:
            _wait(context, wish)
        except ProcessExitedException as error:
            print(
                f'train: {error} (process 0 leads); --resume carries on from the last checkpoint',
                file=sys.stderr,
            )
            return 1
    return max(int(statuses[rank]) for rank in range(count))


def _wait(context: ProcessContext, wish: StopWish) -> None:
    """Wait for all processes; those that go on too long after a wish to stop are killed."""
    heard_at = None
    while not context.join(timeout=0.5, grace_period=5.0):
        if wish.heard and heard_at is None:
            heard_at = time.monotonic()
        if heard_at is not None and time.monotonic() - heard_at > _GRACE_S:
            for process in context.processes:
                process.kill()


def _run_rank(rank: int, request: TrainingRequest, meeting: str, statuses: Any) -> None:
    keep_memory()
    statuses[rank] = _train_as(request, rank, rank, meeting)
