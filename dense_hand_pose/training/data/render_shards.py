# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Render the shards of a training: which there are, and a few processes that make them."""

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed, ProcessPoolExecutor
from dataclasses import dataclass
import multiprocessing
from pathlib import Path
import time

from dense_hand_pose.runtimes.process import keep_memory
from dense_hand_pose.synthesis.seeds import SEEDS_PER_RUN, VALIDATION

from .shards import Shard, Shards, write_shard
from ..config import RENDERED, TrainingConfig
from ..distributed import leave_signals_to_the_trainer

_CROPS_A_SHARD = 4096
"""About 20 MB a file: a shard that was interrupted costs seconds."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Part:
    """Part ``number`` of ``of`` machines, from 1 on."""

    number: int = 1
    of: int = 1

    def __post_init__(self) -> None:
        """Check the numbers; errors name them."""
        if not 1 <= self.number <= self.of:
            raise ValueError(f'part {self.number}/{self.of}: expected 1/N to N/N')

    @classmethod
    def parse(cls, text: str) -> 'Part':
        """Return the part that a text such as 2/4 names; ValueError for another text."""
        number, slash, of = text.partition('/')
        if not (slash and number.isdecimal() and of.isdecimal()):
            raise ValueError(f'part {text!r}: expected K/N, such as 2/4')
        return cls(int(number), int(of))


@dataclass(frozen=True)
class Rendered:
    """What a run of the renderer did: shards made here, shards there before, crops, seconds."""

    made: int
    there: int
    crops: int
    spent_s: float


def plan(config: TrainingConfig, crops: int = 0) -> list[Shard]:
    """
    Return the shards of a training: its validation first, then the batches in their order.

    ``crops`` are those that the training sees; 0 takes ``config.samples``. Of 'searched' data half
    of each batch is rendered. Raises ValueError for a training without rendered crops, or one
    whose length is given by ``minutes`` alone.
    """
    if config.data not in RENDERED or config.network.task == 'detector':
        what = 'frames of scenes' if config.network.task == 'detector' else config.data
        raise ValueError(f'data: {what}: only crops that are rendered are kept in shards')
    crops = crops or config.samples
    if crops <= 0:
        raise ValueError('samples = 0: say how many crops the training will see, by --crops')
    size = config.batch_size
    return [*_validation(config), *_runs(config, -(-crops // size))]


def _validation(config: TrainingConfig) -> list[Shard]:
    full, rest = divmod(config.validation_samples, config.batch_size)
    counts = [config.batch_size] * full + ([rest] if rest else [])
    return [Shard(VALIDATION[i], 1, count) for i, count in enumerate(counts)]


def _runs(config: TrainingConfig, batches: int) -> list[Shard]:
    first = config.seed * SEEDS_PER_RUN
    # With several processes each takes the hands of its own part of the batch.
    half = config.data == 'searched' and config.processes == 1
    count = config.batch_size // 2 if half else config.batch_size
    step = max(1, _CROPS_A_SHARD // count)
    return [Shard(first + i, min(step, batches - i), count) for i in range(0, batches, step)]


def render(
    folder: Path, shards: Sequence[Shard], part: Part, processes: int, progress: Progress
) -> Rendered:
    """
    Render this machine's part of the shards that the folder lacks, in ``processes`` processes.

    ``progress`` gets the number of shards made and to be made. Interrupted, it leaves whole shards
    alone behind and goes on there the next time. Raises ValueError where the folder's shards are
    of another version of the renderer, OSError where one cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mine = list(shards)[part.number - 1::part.of]  # fmt: skip
    missing = [shard for shard in mine if not (folder / shard.name).exists()]
    if any(Shard.of(path) for path in folder.iterdir()):
        other = Shards(folder).other_renderer()
        if other is not None:
            raise ValueError(other)
    begin_s = time.perf_counter()
    if processes == 1:
        for done, shard in enumerate(missing, start=1):
            write_shard(folder, shard)
            progress(done, len(missing))
    else:
        _in_processes(folder, missing, processes, progress)
    crops = sum(shard.seeds * shard.count for shard in missing)
    spent_s = time.perf_counter() - begin_s
    return Rendered(len(missing), len(mine) - len(missing), crops, spent_s)


def _in_processes(
    folder: Path, missing: Sequence[Shard], processes: int, progress: Progress
) -> None:
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(processes, context, _begin) as pool:
        try:
            waiting = [pool.submit(write_shard, folder, shard) for shard in missing]
            for done, future in enumerate(as_completed(waiting), start=1):
                future.result()
                progress(done, len(missing))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _begin() -> None:
    """Prepare a process that renders: one thread, and Ctrl-C is its parent's matter."""
    import torch

    keep_memory()
    torch.set_num_threads(1)
    leave_signals_to_the_trainer()


def reading_rate(shards: Shards, seconds: float = 1.0) -> float:
    """Return how many crops a second one core reads from the first shard of a folder."""
    shard = shards.shards[-1]
    count, begin_s = 0, time.perf_counter()
    while time.perf_counter() - begin_s < seconds:
        shards.read(shard, shard.first + count % shard.seeds, shard.count)
        count += 1
    return count * shard.count / (time.perf_counter() - begin_s)
