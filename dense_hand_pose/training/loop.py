# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The training loop: one object that owns network, average, optimiser and progress."""

from collections.abc import Iterator
from dataclasses import asdict
import math
from pathlib import Path
import time
from typing import Any

from dense_hand_pose.encoding import Reach
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.weights import load_weights, save_weights
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from .card import current_commit, make_card
from .checkpoint import load_checkpoint, Progress, save_checkpoint
from .config import TrainingConfig
from .data import Batch, training_batches, validation_batches
from .log import CsvLog
from .losses import dense_loss, Losses
from .optimisers import Optimisers
from .validation import validate

_COLUMNS = (
    'step', 'samples', 'elapsed_s', 'samples_per_s', 'learning_rate', 'loss', 'heat_2d', 'heat_3d',
    'direction', 'coordinates', 'train_soft_mm', 'validation_mean_shift_mm',
    'validation_median_mm', 'validation_soft_mm',
)  # fmt: skip
_REPORT_EVERY = 100


class Trainer:
    """
    Train a network into a folder: checkpoint, CSV log, and weights at the end.

    ``out`` is created. With ``resume`` the folder's checkpoint is carried on, exactly where it
    stopped; with ``init`` the weights start from a file and everything else afresh. Raises
    ValueError when a checkpoint is there and ``resume`` is not asked for, or the reverse.
    """

    def __init__(
        self, config: TrainingConfig, out: Path, resume: bool = False, init: Path | None = None
    ) -> None:
        self.config = config
        self.checkpoint = out / 'checkpoint.safetensors'
        if self.checkpoint.exists() != resume:
            raise ValueError(
                f'{self.checkpoint}: ' + ('nothing to resume' if resume else 'add --resume')
            )
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(config.seed)
        torch.set_num_threads(config.threads or torch.get_num_threads())
        self.network = load_weights(init) if init else DenseRegressionNet(config.network)
        if self.network.config != config.network:
            raise ValueError(f'{init}: another architecture than the configuration asks for')
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        mean = get_ema_multi_avg_fn(config.ema_decay)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.network, multi_avg_fn=mean, use_buffers=True)
        self.optimisers = Optimisers(
            self.network, config.learning_rate, config.weight_decay, config.optimiser == 'muon'
        )
        self.progress = Progress()
        if resume:
            self.progress = load_checkpoint(
                self.checkpoint, self._modules(), self.optimisers.parts, asdict(config)
            )
        self.log = CsvLog(out / 'log.csv', _COLUMNS)
        self.out = out
        self._commit = current_commit()
        self._reach = Reach(config.network.theta_m, config.network.tau_px)

    def run(self) -> None:
        """Train until the budget is spent; Ctrl-C saves a checkpoint before it passes on."""
        config = self.config
        batches = iter(
            training_batches(config.seed, config.batch_size, self.progress.step, config.workers)
        )
        held_out = validation_batches(config.validation_samples, config.batch_size)
        bar = tqdm(total=100.0, unit='%', bar_format='{l_bar}{bar}| {postfix}', mininterval=2.0)
        try:
            while self.spent() < 1.0:
                self._run_until_report(batches, held_out, bar)
        finally:
            bar.close()
            self._save()
        self._export()

    def spent(self) -> float:
        """Return the part of the budget that is used, 0 to 1."""
        config, progress = self.config, self.progress
        parts = [0.0]
        if config.samples > 0:
            parts.append(progress.samples / config.samples)
        if config.minutes > 0:
            parts.append(progress.elapsed_s / (60.0 * config.minutes))
        return min(1.0, max(parts))

    def learning_rate(self) -> float:
        """Return the rate at this point: warm-up, then a cosine to zero."""
        warm = min(1.0, (self.progress.step + 1) / max(1, self.config.warmup_steps))
        cosine = 0.5 * (1.0 + math.cos(math.pi * self.spent()))
        return self.config.learning_rate * warm * cosine

    def _run_until_report(self, batches: Iterator[Batch], held_out: list[Batch], bar: Any) -> None:
        first, begin = self.progress.samples, time.monotonic()
        start = begin
        while True:
            losses = self.step(next(batches))
            now = time.monotonic()
            self.progress.elapsed_s += now - start
            start = now
            step, ended = self.progress.step, self.spent() >= 1.0
            if step % self.config.checkpoint_every == 0:
                self._save()
            if step % _REPORT_EVERY == 0 or ended:
                break
        rate = (self.progress.samples - first) / (start - begin)
        values = self._values(losses, rate)
        if ended or step % self.config.validate_every == 0:
            values.update(self._validate(held_out))
        self.log.write(values)
        bar.update(100.0 * self.spent() - bar.n)
        bar.set_postfix_str(f'{rate:.0f} samples/s, {values["train_soft_mm"]:.1f} mm')

    def _values(self, losses: Losses, rate: float) -> dict[str, float]:
        return {
            **asdict(self.progress),
            'samples_per_s': rate,
            'learning_rate': self.learning_rate(),
            'loss': float(losses.total.detach()),
            'heat_2d': float(losses.heat_2d),
            'heat_3d': float(losses.heat_3d),
            'direction': float(losses.direction),
            'coordinates': float(losses.coordinates),
            'train_soft_mm': float(losses.error_mm),
        }

    def _validate(self, held_out: list[Batch]) -> dict[str, float]:
        result = validate(self.average.module, held_out, self._reach)
        return {f'validation_{name}': value for name, value in asdict(result).items()}

    def step(self, batch: Batch) -> Losses:
        """Train on one batch and count it."""
        self.network.train()
        self.optimisers.zero_grad()
        losses = self._loss(batch)
        losses.total.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_norm)
        self.optimisers.step(self.learning_rate())
        self.average.update_parameters(self.network)
        self.progress.step += 1
        self.progress.samples += len(batch.crop)
        return losses

    def _loss(self, batch: Batch) -> Losses:
        crop = batch.crop.to(memory_format=torch.channels_last)
        with torch.autocast('cpu', dtype=torch.bfloat16, enabled=self.config.bfloat16):
            outputs = self.network(crop)
        return dense_loss(outputs, batch, self._reach, self.config.loss)

    def _modules(self) -> dict[str, torch.nn.Module]:
        return {'network': self.network, 'average': self.average}

    def _save(self) -> None:
        save_checkpoint(
            self.checkpoint,
            self._modules(),
            self.optimisers.parts,
            self.progress,
            asdict(self.config),
        )

    def _export(self) -> None:
        """Write the averaged weights and their card beside the checkpoint."""
        notes = {
            'samples': str(self.progress.samples),
            'steps': str(self.progress.step),
            'hours': f'{self.progress.elapsed_s / 3600.0:.2f}',
            'seed': str(self.config.seed),
        }
        network = self.average.module
        if not isinstance(network, DenseRegressionNet):
            raise TypeError(f'the average holds a {type(network).__name__}')
        save_weights(network, self.out / 'weights.safetensors', notes)
        card = make_card('weights', self.config, self.progress, self.out / 'log.csv', self._commit)
        (self.out / 'weights.md').write_text(card, encoding='utf-8')
