# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Short trainings of a tiny network: what they write, and that a resumed one is the same."""

import csv
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from dense_hand_pose.network.weights import load_weights, save_weights, WeightsError
from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.data.synthetic import Batch, make_batch
from dense_hand_pose.training.loop import Trainer
from dense_hand_pose.training.objectives.dense import Losses
import pytest
from safetensors.torch import load_file
from support.tiny import TINY, tiny_network
import torch

CONFIG = TrainingConfig(
    network=TINY, samples=12, batch_size=2, validation_samples=3, warmup_steps=2, threads=1,
    checkpoint_every=2, seed=4,
)  # fmt: skip


class Interrupted(Trainer):
    """Is stopped by Ctrl-C when its third step is done."""

    def step(self, batch: Batch) -> Losses:
        """Train until the third step is done."""
        if self.progress.step == 3:
            raise KeyboardInterrupt
        return super().step(batch)


def stopped_training(config: TrainingConfig, out: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        Interrupted(config, out).run()


@pytest.fixture(scope='module')
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp('training') / 'straight'
    Trainer(CONFIG, out).run()
    return out


def test_a_training_writes_log_checkpoint_and_weights(straight: Path) -> None:
    names = sorted(p.name for p in straight.iterdir())
    assert names == ['checkpoint.safetensors', 'log.csv', 'weights.md', 'weights.safetensors']
    assert load_weights(straight / 'weights.safetensors').config == TINY
    with (straight / 'log.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row['step'] for row in rows] == ['6']
    assert rows[-1]['samples'] == '12'
    assert float(rows[-1]['learning_rate']) == pytest.approx(0.0, abs=1e-9)
    assert all(float(value) >= 0.0 for value in rows[-1].values()), 'a column without a value'


def test_the_weights_are_the_average(straight: Path) -> None:
    checkpoint = load_file(straight / 'checkpoint.safetensors')
    for name, tensor in load_file(straight / 'weights.safetensors').items():
        averaged = checkpoint[f'average/module.{name}']
        torch.testing.assert_close(tensor, averaged.half(), rtol=0.0, atol=0.0)
    assert int(checkpoint['average/n_averaged']) == 6


def test_a_resumed_training_is_the_straight_one_exactly(straight: Path, tmp_path: Path) -> None:
    out = tmp_path / 'resumed'
    stopped_training(CONFIG, out)
    assert not (out / 'weights.safetensors').exists()
    trainer = Trainer(CONFIG, out, resume=True)
    assert (trainer.progress.step, trainer.progress.samples) == (3, 6)
    trainer.run()
    whole, parts = (load_file(f / 'checkpoint.safetensors') for f in (straight, out))
    assert whole.keys() == parts.keys()
    assert any(key.startswith('adamw/') and key.endswith('exp_avg_sq') for key in whole)
    for key in whole:
        assert torch.equal(whole[key], parts[key]), key


def test_a_resumed_training_with_muon_is_the_straight_one_too(tmp_path: Path) -> None:
    wide = replace(TINY, widths=(64, 64, 64, 64, 64))
    config = replace(CONFIG, network=wide, optimiser='muon')
    Trainer(config, tmp_path / 'straight').run()
    stopped_training(config, tmp_path / 'resumed')
    Trainer(config, tmp_path / 'resumed', resume=True).run()
    whole, parts = (
        load_file(tmp_path / name / 'checkpoint.safetensors') for name in ('straight', 'resumed')
    )
    assert any(key.startswith('muon/') and key.endswith('momentum_buffer') for key in whole)
    for key in whole:
        assert torch.equal(whole[key], parts[key]), key


def test_validation_comes_as_often_as_it_is_asked_for(tmp_path: Path) -> None:
    """Also between two reports, which come every 100 steps and at the end."""
    Trainer(replace(CONFIG, validate_every=4), tmp_path).run()
    with (tmp_path / 'log.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert [row['step'] for row in rows if row['validation_median_mm']] == ['4', '6']


def test_training_lowers_the_loss(tmp_path: Path) -> None:
    """Sixty steps on the same four hands: the loss must fall, or the steps go nowhere."""
    trainer = Trainer(replace(CONFIG, samples=240, batch_size=4, precision='float32'), tmp_path)
    batch = make_batch(1, 4)
    losses = [float(trainer.step(batch).total.detach()) for _ in range(60)]
    assert losses[-1] < 0.6 * losses[0]


def test_the_rate_warms_up_and_falls_to_zero(tmp_path: Path) -> None:
    trainer = Trainer(replace(CONFIG, samples=1000, warmup_steps=10, learning_rate=0.1), tmp_path)
    rates = []
    for step in range(500):
        trainer.progress.step, trainer.progress.samples = step, 2 * step
        rates.append(trainer.learning_rate())
    assert rates[0] == pytest.approx(0.01)
    assert max(rates) == pytest.approx(0.1, rel=0.01)
    assert all(a > b for a, b in pairwise(rates[10:]))
    trainer.progress.samples = 1000
    assert trainer.learning_rate() == 0.0
    trainer.progress.samples = 2000
    assert (trainer.spent(), trainer.learning_rate()) == (1.0, 0.0)


def test_time_counts_over_resumptions(tmp_path: Path) -> None:
    config = replace(CONFIG, samples=0, minutes=10.0)
    stopped_training(config, tmp_path)
    trainer = Trainer(config, tmp_path, resume=True)
    assert 0.0 < trainer.spent() < 1.0
    trainer.progress.elapsed_s = 300.0
    assert trainer.spent() == pytest.approx(0.5)


def test_a_checkpoint_is_neither_overwritten_nor_imagined(straight: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='add --resume'):
        Trainer(CONFIG, straight)
    with pytest.raises(ValueError, match='nothing to resume'):
        Trainer(CONFIG, tmp_path / 'none', resume=True)
    assert not (tmp_path / 'none').exists()


@pytest.mark.parametrize(
    ('change', 'name'),
    [({'batch_size': 3}, 'batch_size'), ({'seed': 9}, 'seed'),
     ({'network': replace(TINY, theta_m=0.07)}, 'network')],
)  # fmt: skip
def test_other_settings_do_not_resume(straight: Path, change: dict[str, Any], name: str) -> None:
    with pytest.raises(ValueError, match=rf'made with other settings \({name}\)'):
        Trainer(replace(CONFIG, **change), straight, resume=True)


def test_a_damaged_checkpoint_is_named(straight: Path, tmp_path: Path) -> None:
    path = tmp_path / 'checkpoint.safetensors'
    path.write_bytes((straight / 'checkpoint.safetensors').read_bytes()[:-100])
    with pytest.raises(ValueError, match=r'checkpoint\.safetensors: not a checkpoint'):
        Trainer(CONFIG, tmp_path, resume=True)
    path.write_bytes((straight / 'weights.safetensors').read_bytes())
    with pytest.raises(ValueError, match=r'checkpoint\.safetensors: not a checkpoint'):
        Trainer(CONFIG, tmp_path, resume=True)


def test_weights_to_start_from(tmp_path: Path) -> None:
    path = tmp_path / 'start.safetensors'
    save_weights(tiny_network(seed=3), path, {})
    trainer = Trainer(CONFIG, tmp_path / 'a', init=path)
    start = load_weights(path).state_dict()
    for name, tensor in trainer.network.state_dict().items():
        if not name.endswith('num_batches_tracked'):
            torch.testing.assert_close(tensor, start[name], rtol=0.0, atol=0.0)
    other = replace(CONFIG, network=replace(TINY, theta_m=0.09))
    with pytest.raises(ValueError, match='another architecture'):
        Trainer(other, tmp_path / 'b', init=path)
    with pytest.raises(WeightsError, match='absent'):
        Trainer(CONFIG, tmp_path / 'c', init=tmp_path / 'absent')
