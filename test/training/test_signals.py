# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What a loader's worker inherits from the trainer that it must not touch."""

import gc
import multiprocessing
from typing import Any

from dense_hand_pose.training.distributed import leave_signals_to_the_trainer
from torch.utils.data import DataLoader, Dataset


class Garbage:
    """Counts its ends, wherever they come; a cycle, so that only the collector ends it."""

    def __init__(self, ended: Any) -> None:
        self.itself, self.ended = self, ended

    def __del__(self) -> None:
        self.ended.value += 1


class Collecting(Dataset[int]):
    """Collects garbage in the worker, and returns how often something of the trainer ended."""

    def __init__(self, ended: Any) -> None:
        self.ended = ended

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> int:
        gc.collect()
        return int(self.ended.value)


def test_a_worker_leaves_the_garbage_of_the_trainer_alone() -> None:
    ended = multiprocessing.Value('i', 0)
    gc.collect()
    gc.disable()
    try:
        Garbage(ended)
        loader = DataLoader(
            Collecting(ended), batch_size=None, num_workers=1,
            worker_init_fn=leave_signals_to_the_trainer,
        )  # fmt: skip
        assert list(loader) == [0]
    finally:
        gc.enable()
    gc.collect()
    assert ended.value == 1
