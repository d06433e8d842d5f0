# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Two processes that train together: the gradients, the checkpoints and the figures of one."""

import csv
from dataclasses import replace
from pathlib import Path

from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.data.synthetic import (
    Batch,
    make_batch,
    SyntheticBatches,
    validation_batches,
)
from dense_hand_pose.training.distributed import CPU, Group, joined_group
from dense_hand_pose.training.loop import Trainer
from dense_hand_pose.training.objectives.dense import Losses
from dense_hand_pose.training.objectives.objectives import method_of
from dense_hand_pose.training.optimisers import ema_model
from dense_hand_pose.training.validation import validate
import pytest
from safetensors.torch import load_file, save_file
from support.tiny import TINY, tiny_network
import torch
from torch import multiprocessing

CONFIG = TrainingConfig(
    network=replace(TINY, widths=(64, 64, 64, 64, 64)), samples=20, batch_size=4, threads=1,
    validation_samples=7, warmup_steps=2, checkpoint_every=2, seed=4, processes=2,
    optimiser='muon',
)  # fmt: skip
LARGE = replace(CONFIG, network=TINY, batch_size=40, precision='float32', validation_samples=50)


class Interrupted(Trainer):
    """Is stopped by Ctrl-C when its third step is done."""

    def step(self, batch: Batch) -> Losses:
        """Train until the third step is done."""
        if self.progress.step == 3:
            raise KeyboardInterrupt
        return super().step(batch)


def gradients(out: Path, group: Group) -> dict[str, torch.Tensor]:
    """Return this process's gradients of batch 0 of forty hands, with frozen normalisation."""
    trainer = Trainer(replace(LARGE, processes=group.count), out, group=group)
    trainer.network.load_state_dict(tiny_network(seed=8).state_dict())
    trainer.network.eval()
    mine = next(iter(SyntheticBatches(LARGE.seed, 40, 0, group.rank, group.count)))
    trainer.gradients(mine)
    return {n: p.grad.contiguous() for n, p in trainer.network.named_parameters()}


def be_one_of_two(rank: int, folder: Path) -> None:
    """Do all that the tests look at, in one of two processes."""
    with joined_group(rank, 2, CPU, f'file://{folder}/meeting') as group:
        save_file(gradients(folder / 'gradients', group), folder / f'gradients_{rank}.safetensors')
        overlapped = gradients(folder / 'overlapped', replace(group, overlapped=True))
        save_file(overlapped, folder / f'overlapped_{rank}.safetensors')
        straight = Trainer(CONFIG, folder / 'straight', group=group)
        straight.run()
        tensors = {k: v.clone().contiguous() for k, v in straight.average.state_dict().items()}
        save_file(tensors, folder / f'average_{rank}.safetensors')
        with pytest.raises(KeyboardInterrupt):
            Interrupted(CONFIG, folder / 'resumed', group=group).run()
        Trainer(CONFIG, folder / 'resumed', resume=True, group=group).run()
        rows = torch.arange(3.0 - rank).view(-1, 1) + 10 * rank
        save_file({'rows': group.gather(rows)}, folder / f'rows_{rank}.safetensors')


@pytest.fixture(scope='module')
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('two')
    multiprocessing.spawn(be_one_of_two, (folder,), nprocs=2)
    return folder


@pytest.fixture(scope='module')
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, torch.Tensor]:
    """Return the gradients of forty hands in one process."""
    return gradients(tmp_path_factory.mktemp('whole'), Group())


@pytest.mark.parametrize('averaged_by', ['gradients', 'overlapped'])
def test_twice_twenty_hands_give_the_gradients_of_forty(
    averaged_by: str, two: Path, whole: dict[str, torch.Tensor]
) -> None:
    """
    With the own message, and with DistributedDataParallel, which is for GPUs but runs here.

    With frozen normalisation: in training each process normalises by its own part.
    """
    size = max(float(gradient.abs().max()) for gradient in whole.values())
    for rank in (0, 1):
        parts = load_file(two / f'{averaged_by}_{rank}.safetensors')
        assert parts.keys() == whole.keys()
        for name, gradient in whole.items():
            torch.testing.assert_close(parts[name], gradient, rtol=1e-4, atol=1e-6 * size)


def test_a_training_resumed_by_two_is_the_straight_one_exactly(two: Path) -> None:
    whole, parts = (
        load_file(two / name / 'checkpoint.safetensors') for name in ('straight', 'resumed')
    )
    assert whole.keys() == parts.keys()
    assert any(key.startswith('muon/') for key in whole)
    for key in whole:
        assert torch.equal(whole[key], parts[key]), key


def test_both_processes_hold_the_same_network_and_one_writes_it(two: Path) -> None:
    first, second = (load_file(two / f'average_{rank}.safetensors') for rank in (0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    names = sorted(path.name for path in (two / 'straight').iterdir())
    assert names == ['checkpoint.safetensors', 'log.csv', 'weights.md', 'weights.safetensors']
    with (two / 'straight' / 'log.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [(row['step'], row['samples']) for row in rows] == [('5', '20')]


def test_the_validation_of_both_is_that_of_one(two: Path) -> None:
    average = ema_model(tiny_network(CONFIG.network), CONFIG.ema_decay)
    average.load_state_dict(load_file(two / 'average_0.safetensors'))
    held_out = validation_batches(CONFIG.validation_samples, CONFIG.batch_size)
    method = method_of(CONFIG.network, CONFIG.loss)
    alone = validate(average.module, held_out, method)
    with (two / 'straight' / 'log.csv').open() as file:
        row = list(csv.DictReader(file))[-1]
    assert float(row['validation_mean_shift_mm']) == pytest.approx(alone.mean_shift_mm, rel=1e-4)
    assert float(row['validation_median_mm']) == pytest.approx(alone.median_mm, rel=1e-4)
    assert float(row['validation_soft_mm']) == pytest.approx(alone.soft_mm, rel=1e-4)


def test_rows_are_gathered_in_order(two: Path) -> None:
    for rank in (0, 1):
        rows = load_file(two / f'rows_{rank}.safetensors')['rows']
        assert rows.flatten().tolist() == [0.0, 1.0, 2.0, 10.0, 11.0]


def test_the_parts_of_a_batch_are_the_batch() -> None:
    whole = make_batch(6 * 2**24 + 1, 6)
    parts = [next(iter(SyntheticBatches(6, 6, 1, rank, 3))) for rank in range(3)]
    assert torch.equal(torch.cat([part.crop for part in parts]), whole.crop)
    assert torch.equal(torch.cat([part.joints_m for part in parts]), whole.joints_m)
    assert torch.equal(torch.cat([part.cube.center_m for part in parts]), whole.cube.center_m)
