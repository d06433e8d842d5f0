# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Trainings that go on with a larger budget, with fp16, and after a signal."""

from collections.abc import Callable
from dataclasses import replace
import json
import os
from pathlib import Path
import signal
from typing import Any

from dense_hand_pose.training.config import LossConfig, TrainingConfig
from dense_hand_pose.training.data.synthetic import Batch
from dense_hand_pose.training.loop import Trainer
from dense_hand_pose.training.objectives.dense import Losses
import pytest
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from support.tiny import TINY

CONFIG = TrainingConfig(
    network=TINY, samples=12, batch_size=2, validation_samples=2, warmup_steps=2, threads=1,
    seed=4, schedule='wsd', decay_share=0.5,
)  # fmt: skip


def same_checkpoints(a: Path, b: Path) -> None:
    whole, parts = (load_file(out / 'checkpoint.safetensors') for out in (a, b))
    assert whole.keys() == parts.keys()
    for key in whole:
        assert (whole[key] == parts[key]).all(), key


def test_a_larger_budget_goes_on_before_the_decay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Six steps, three of them decaying, then carried on to ten: as ten from the start."""
    Trainer(CONFIG, tmp_path / 'grown').run()
    larger = replace(CONFIG, samples=20)
    grown = Trainer(larger, tmp_path / 'grown', resume=True)
    assert grown.progress.step == 3
    said = capsys.readouterr().err
    assert 'samples = 20 instead of 12' in said
    assert 'stable.safetensors (step 3)' in said
    grown.run()
    Trainer(larger, tmp_path / 'straight').run()
    same_checkpoints(tmp_path / 'grown', tmp_path / 'straight')


def test_a_decay_that_the_budget_does_not_move_away_goes_on(tmp_path: Path) -> None:
    Trainer(CONFIG, tmp_path).run()
    assert Trainer(CONFIG, tmp_path, resume=True).progress.step == 6
    assert Trainer(replace(CONFIG, threads=2), tmp_path, resume=True).progress.step == 6


def with_settings(out: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the settings that a folder's checkpoint was made with."""
    path = out / 'checkpoint.safetensors'
    with safe_open(path, framework='pt') as file:
        metadata = file.metadata()
    settings = json.loads(metadata['settings'])
    change(settings)
    save_file(load_file(path), path, {**metadata, 'settings': json.dumps(settings)})


def test_settings_that_a_former_version_did_not_have_count_as_usual(tmp_path: Path) -> None:
    """Also those of a part: the loss, the network, the augmentation."""
    Trainer(CONFIG, tmp_path).run()
    with_settings(tmp_path, lambda settings: settings.pop('batch_renorm'))
    with_settings(tmp_path, lambda settings: settings['loss'].pop('coordinates_beta'))
    with_settings(tmp_path, lambda settings: settings['augmentation'].pop('aspect'))
    with_settings(tmp_path, lambda settings: settings['network'].pop('tau_px'))
    assert Trainer(CONFIG, tmp_path, resume=True).progress.step == 6
    other = replace(CONFIG, loss=LossConfig(coordinates_beta=0.1))
    with pytest.raises(ValueError, match=r'made with other settings \(loss\)'):
        Trainer(other, tmp_path, resume=True)


def test_settings_of_a_later_version_are_named(tmp_path: Path) -> None:
    Trainer(CONFIG, tmp_path).run()
    with_settings(tmp_path, lambda settings: settings.update(rotations=3))
    with pytest.raises(ValueError, match=r'checkpoint\.safetensors: .*unknown settings rotations'):
        Trainer(CONFIG, tmp_path, resume=True)


def test_scaled_gradients_resume_exactly(tmp_path: Path) -> None:
    config = replace(CONFIG, precision='float16', samples=8)

    class Interrupted(Trainer):
        """Is stopped by Ctrl-C when its second step is done."""

        def step(self, batch: Batch) -> Losses:
            if self.progress.step == 2:
                raise KeyboardInterrupt
            return super().step(batch)

    straight = Trainer(config, tmp_path / 'straight')
    straight.run()
    assert straight.progress.scaler['scale'] >= 1.0
    with pytest.raises(KeyboardInterrupt):
        Interrupted(config, tmp_path / 'resumed').run()
    resumed = Trainer(config, tmp_path / 'resumed', resume=True)
    assert resumed.progress.scaler['_growth_tracker'] > 0
    resumed.run()
    same_checkpoints(tmp_path / 'straight', tmp_path / 'resumed')


def test_a_signal_ends_the_step_first(tmp_path: Path) -> None:
    """SIGTERM comes while the second step runs: the checkpoint is that after it."""

    class Signalled(Trainer):
        """Is told to end while its second step runs."""

        def gradients(self, batch: Batch) -> Losses:
            if self.progress.step == 1:
                os.kill(os.getpid(), signal.SIGTERM)
            return super().gradients(batch)

    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt):
        Signalled(CONFIG, tmp_path).run()
    assert signal.getsignal(signal.SIGTERM) is before
    assert Trainer(CONFIG, tmp_path, resume=True).progress.step == 2


def test_a_failed_step_is_not_saved(tmp_path: Path) -> None:
    class Failing(Trainer):
        """Loses a process in its third step."""

        def gradients(self, batch: Batch) -> Losses:
            if self.progress.step == 2:
                raise RuntimeError('connection closed by peer')
            return super().gradients(batch)

    config = replace(CONFIG, checkpoint_every=1)
    with pytest.raises(RuntimeError, match='closed by peer'):
        Failing(config, tmp_path).run()
    assert Trainer(config, tmp_path, resume=True).progress.step == 2
