# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The processes that train one network together, and what they tell one another.

DistributedDataParallel is left aside: it sorts its buckets anew after the first step, so that from
three processes on a resumed training adds in another order than the straight one, and statistics,
clock and the wish to stop would each take a message of their own. Here one message a step has all,
which for two million weights is 8 MB; nothing is gained by sending it in parts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import distributed, Tensor

_PATIENCE = timedelta(minutes=10)
"""A process that has not answered for so long is taken for lost."""
CPU = torch.device('cpu')


@dataclass(frozen=True)
class Group:
    """Which of ``count`` processes this one is (``rank`` from 0), and where its tensors live."""

    rank: int = 0
    count: int = 1
    device: torch.device = CPU

    @property
    def is_main(self) -> bool:
        """Say whether this is the process that writes files and speaks to the user."""
        return self.rank == 0

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


@contextmanager
def joined_group(rank: int, count: int, device: torch.device, meeting: str) -> Iterator[Group]:
    """
    Meet the other processes at an address of torch.distributed and leave them at the end.

    They talk over nccl where the tensors live on GPUs, over gloo otherwise. A process that dies
    closes its connections, so that the others fail with a RuntimeError instead of waiting.
    """
    distributed.init_process_group(
        'nccl' if device.type == 'cuda' else 'gloo',
        init_method=meeting,
        rank=rank,
        world_size=count,
        timeout=_PATIENCE,
    )
    try:
        yield Group(rank, count, device)
    finally:
        distributed.destroy_process_group()
