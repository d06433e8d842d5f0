# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The processes that train one network together: messages between them, and signals to them.

Over gloo one message a step has all: gradients, statistics, clock and the wish to stop, 8 MB for
two million weights. DistributedDataParallel sorts its buckets after the first step, so that from
three processes on a resumed training would add in another order than the straight one, and its
overlap with the backward pass gains nothing on cores that compute both. Over nccl it sends
gradients while the GPUs still compute others, which is worth more than the last bit.

A training stops between two steps after Ctrl-C or SIGTERM.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
import gc
import os
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

import torch
from torch import distributed, nn, Tensor
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous
from torch.nn.parallel import DistributedDataParallel

_PATIENCE = timedelta(minutes=10)
"""A process that has not answered for so long is taken for lost."""
CPU = torch.device('cpu')


@dataclass(frozen=True)
class Group:
    """Which of ``count`` processes this one is (``rank`` from 0), and where its tensors live."""

    rank: int = 0
    count: int = 1
    device: torch.device = CPU
    overlapped: bool = False
    """Whether DistributedDataParallel averages the gradients while they are computed."""

    @property
    def is_main(self) -> bool:
        """Say whether this is the process that writes files and speaks to the user."""
        return self.rank == 0

    @property
    def pinned(self) -> bool:
        """Return whether batches are to lie in memory that the device reads by itself."""
        return self.device.type == 'cuda'

    def wrapped(self, network: nn.Module) -> nn.Module:
        """Return what computes a training step: the network, averaging gradients if overlapped."""
        if self.count == 1 or not self.overlapped:
            return network
        devices = None if self.device.type == 'cpu' else [self.device]
        return DistributedDataParallel(network, device_ids=devices, broadcast_buffers=False)

    def all_reduce_mean_(self, tensors: list[Tensor]) -> None:
        """Replace floating tensors by their means over all processes, in one message."""
        if self.count > 1:
            flat = self._packed(tensors)
            distributed.all_reduce(flat)
            _unpack(flat / self.count, tensors)

    def broadcast_(self, tensors: list[Tensor]) -> None:
        """Replace floating tensors by those of the leading process, in one message."""
        if self.count > 1:
            flat = self._packed(tensors)
            distributed.broadcast(flat, 0)
            _unpack(flat, tensors)

    def gather(self, rows: Tensor) -> Tensor:
        """Return the rows (N, ...) of all processes, in the order of their ranks."""
        if self.count == 1:
            return rows
        sizes = torch.zeros(self.count, dtype=torch.int64, device=self.device)
        sizes[self.rank] = len(rows)
        distributed.all_reduce(sizes)
        end = int(sizes.cumsum(0)[self.rank])
        whole = rows.new_zeros((int(sizes.sum()), *rows.shape[1:])).to(self.device)
        start = end - len(rows)
        whole[start:end] = rows
        distributed.all_reduce(whole)
        return whole

    def _packed(self, tensors: list[Tensor]) -> Tensor:
        parts = [_lying(tensor.detach()).flatten().float() for tensor in tensors]
        return torch.cat([part.to(self.device) for part in parts])


def _unpack(flat: Tensor, tensors: list[Tensor]) -> None:
    parts = torch.split(flat, [tensor.numel() for tensor in tensors])
    for tensor, part in zip(tensors, parts, strict=True):
        lying = _lying(tensor.detach())
        lying.copy_(part.view(lying.shape))


def _lying(tensor: Tensor) -> Tensor:
    """Return kernels (O, I, H, W) as (O, H, W, I), the way they lie in memory: a copy is fast."""
    return tensor.permute(0, 2, 3, 1) if tensor.dim() == 4 else tensor


def _store_of(meeting: str, rank: int, count: int) -> Store:
    """Return where the processes meet; after a restart by torchrun it holds no old addresses."""
    store, _, _ = next(rendezvous(meeting, rank, count))
    attempt = os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')
    return PrefixStore(f'attempt {attempt}', store)


@contextmanager
def joined_group(rank: int, count: int, device: torch.device, meeting: str) -> Iterator[Group]:
    """
    Meet the other processes at an address of torch.distributed and leave them at the end.

    They talk over nccl where the tensors live on GPUs, over gloo otherwise. A process that dies
    closes its connections, so that the others fail with a RuntimeError instead of waiting.
    """
    distributed.init_process_group(
        'nccl' if device.type == 'cuda' else 'gloo',
        store=_store_of(meeting, rank, count),
        rank=rank,
        world_size=count,
        timeout=_PATIENCE,
    )
    try:
        yield Group(rank, count, device, overlapped=device.type == 'cuda')
    finally:
        distributed.destroy_process_group()


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopWish:
    """
    Catches SIGINT and SIGTERM while it is entered; ``heard``: whether one came.

    An exception in the midst of a step would leave a network that is neither before nor after it.
    Outside of the main thread, where Python receives no signals, nothing is changed.
    """

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        self.heard = False
        self._then = then
        self._before: dict[int, Any] = {}

    def __enter__(self) -> 'StopWish':
        """Begin to listen."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Restore the former handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.heard = True
        if self._then is not None:
            self._then()


def leave_signals_to_the_trainer(_worker: int = 0) -> None:
    """
    Let a loader's worker survive the Ctrl-C that its terminal sends to all; for its start.

    What the trainer has left behind is not the worker's to clean up: an OpenVINO network in the
    garbage would wait for threads that did not come along, for ever.
    """
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
