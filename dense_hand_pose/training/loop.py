# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The training loop: one object that owns network, average, optimiser and progress."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
import sys
import time
from typing import Any

import torch
from torch import nn, Tensor
from tqdm import tqdm

from .checkpoint import (
    began_with,
    CHECKPOINT,
    choose_checkpoint,
    in_decay,
    load_checkpoint,
    Progress,
    save_checkpoint,
    spent,
    STABLE,
)
from .config import TrainingConfig
from .data.sources import open_source
from .distributed import Group, StopWish
from .model_cards import current_commit, export_weights
from .objectives.dense import Losses
from .objectives.detector import SceneLosses
from .objectives.distillation import training_method
from .optimisers import ema_model, Optimisers, rate_share
from .runs import beginning, chosen_precision, make_network
from .validation import CsvLog, log_columns, loss_columns, validation_row
from .waiting import waiting_of

_REPORT_EVERY = 100


class Trainer:
    """
    Train a network into a folder: checkpoint, CSV log, and weights at the end.

    ``out`` is created. With ``resume`` the folder's checkpoint is carried on, exactly where it
    stopped; with ``init`` the weights start from a file and everything else afresh. All processes
    of a ``group`` do the same on their parts of each batch, and the leading one writes. ``root``
    is the folder of the data set, if it is not synthetic, and ``shards`` one of rendered crops.
    Raises ValueError when a checkpoint is
    there and ``resume`` is not asked for, or the reverse.
    """

    def __init__(
        self,
        config: TrainingConfig,
        out: Path,
        resume: bool = False,
        init: Path | None = None,
        group: Group | None = None,
        root: Path | None = None,
        shards: Path | None = None,
    ) -> None:
        self.group = group or Group()
        self.out, self.checkpoint = out, out / CHECKPOINT
        if self.checkpoint.exists() != resume:
            raise ValueError(
                f'{self.checkpoint}: ' + ('nothing to resume' if resume else 'add --resume')
            )
        self.source = open_source(config, root, shards)
        out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(config.seed)
        torch.set_num_threads(config.threads or torch.get_num_threads())
        self.network = make_network(config, init, self.group.device)
        wanted = began_with(self.checkpoint, config).precision if resume else config.precision
        config = replace(config, precision=chosen_precision(wanted, self.group))
        self.config = config
        self.group.broadcast_(list(self.network.parameters()))
        self._forward = self.group.wrapped(self.network)
        if config.compile_mode:
            self._forward = torch.compile(self._forward, mode=config.compile_mode)  # type: ignore
        self._waiting = waiting_of(self.group.device)
        self.average = ema_model(self.network, config.ema_decay)
        self.optimisers = Optimisers(
            self.network, config.learning_rate, config.weight_decay, config.optimiser
        )
        self._scaler = torch.amp.GradScaler(
            self.group.device.type, enabled=config.precision == 'float16'
        )
        self.progress = self._resumed() if resume else beginning(init)
        self.method = training_method(config, self.group.device)
        columns = log_columns(self.method)
        self.log = CsvLog(out / 'log.csv', columns) if self.group.is_main else None
        self._statistics = [b for b in self.network.buffers() if b.is_floating_point()]
        self._commit = current_commit()
        self._wish = StopWish()
        self._stopping = False
        self._since = time.monotonic()

    def _resumed(self) -> Progress:
        path, notes = choose_checkpoint(self.out, self.config)
        if notes and self.group.is_main:
            print(f'train: resumes {"; ".join(notes)}', file=sys.stderr)
        progress = load_checkpoint(path, self._modules(), self.optimisers.parts)
        if progress.scaler:
            self._scaler.load_state_dict(progress.scaler)
        return progress

    def run(self) -> None:
        """Train until the budget is spent; Ctrl-C saves a checkpoint before it passes on."""
        group = self.group
        batches = iter(self.source.training(self.progress.step, group))
        held_out = self.source.validation(group)
        form = '{l_bar}{bar}| {postfix}'
        quiet = None if group.is_main else True  # None: where stderr is no terminal
        with (
            self._wish,
            tqdm(total=100.0, bar_format=form, mininterval=2.0, disable=quiet) as bar,
        ):
            try:
                while self.spent() < 1.0:
                    self._run_until_report(batches, held_out, bar)
            except KeyboardInterrupt:
                self._save(self.checkpoint)
                raise
        self._save(self.checkpoint)
        if group.is_main:
            export_weights(self.average.module, self.out, self.config, self.progress, self._commit)

    def spent(self) -> float:
        """Return the part of the budget that is used, 0 to 1."""
        return spent(self.config, self.progress)

    def learning_rate(self) -> float:
        """Return the rate at this point: warm-up, then the schedule."""
        config = self.config
        warm = min(1.0, (self.progress.step + 1) / max(1, config.warmup_steps))
        share = rate_share(config.schedule, self.spent(), config.decay_share)
        return config.learning_rate * warm * share

    def _run_until_report(self, batches: Iterator[Any], held_out: list[Any], bar: Any) -> None:
        first, begin_s = self.progress.samples, self.progress.elapsed_s
        self._since = time.monotonic()
        while True:
            stable = not in_decay(self.config, self.progress)
            losses = self.step(self._waiting.next_of(batches))
            self._waiting.step_ended()
            step, ended = self.progress.step, self.spent() >= 1.0
            if stable and in_decay(self.config, self.progress):
                self._save(self.out / STABLE)
            if step % self.config.checkpoint_every == 0:
                self._save(self.checkpoint)
            if self._stopping:
                raise KeyboardInterrupt
            validated = ended or step % self.config.validate_every == 0
            if validated or step % _REPORT_EVERY == 0:
                break
        spent_s = self.progress.elapsed_s - begin_s
        values = self._values(losses, (self.progress.samples - first) / spent_s)
        values['waiting_share'] = min(1.0, self._waiting.taken_s() / spent_s)
        if validated:
            found = validation_row(self.average.module, held_out, self.method, self.group)
            values.update(found)
        if self.log is not None:
            self.log.write(values)
        bar.update(100.0 * self.spent() - bar.n)
        error = loss_columns(self.method)[-1]
        bar.set_postfix_str(
            f'{values["samples_per_s"]:.0f} samples/s, {values["waiting_share"]:.0%} waiting, '
            f'{error} {values[error]:.1f}'
        )

    def _values(self, losses: Losses | SceneLosses, rate: float) -> dict[str, float]:
        """Return a row of the log; the losses are those of the whole last batch."""
        means = torch.stack([value.detach().float() for value in losses])
        self.group.all_reduce_mean_([means])
        names = loss_columns(self.method)
        return {
            'step': self.progress.step,
            'samples': self.progress.samples,
            'elapsed_s': self.progress.elapsed_s,
            'samples_per_s': rate,
            'learning_rate': self.learning_rate(),
            **dict(zip(names, means.tolist(), strict=True)),
        }

    def step(self, batch: Any) -> Any:
        """Train on this process's part of one batch and count the whole of it."""
        self.network.train()
        losses = self.gradients(batch)
        self._scaler.unscale_(self.optimisers)  # type: ignore[arg-type]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.gradient_norm)
        self.optimisers.learning_rate = self.learning_rate()
        self._scaler.step(self.optimisers)  # type: ignore[arg-type]
        self._scaler.update()
        self.average.update_parameters(self.network)
        self.progress.step += 1
        self.progress.samples += self.group.count * len(batch.crop)
        return losses

    def gradients(self, batch: Any) -> Losses | SceneLosses:
        """Give the parameters the gradients of the whole batch, of which this is one part."""
        self.optimisers.zero_grad()
        losses = self._loss(batch.to(self.group.device))
        self._scaler.scale(losses.total).backward()  # type: ignore[no-untyped-call]
        self._agree()
        return losses

    def _agree(self) -> None:
        """
        Bring all processes to the same gradients, statistics, time and wish to stop.

        Batch normalisation uses its process's part of the batch in training; the statistics that
        it keeps for later are the means over all.
        """
        now = time.monotonic()
        note = torch.tensor([now - self._since, float(self._wish.heard)])
        self._since = now
        gradients = [p.grad for p in self.network.parameters() if p.grad is not None]
        if self.group.overlapped:
            gradients = []  # DistributedDataParallel has averaged them
        self.group.all_reduce_mean_([*gradients, *self._statistics, note])
        self.progress.elapsed_s += float(note[0])
        self._stopping = float(note[1]) > 0.0

    def _loss(self, batch: Any) -> Losses | SceneLosses:
        crop = batch.crop.to(memory_format=torch.channels_last)
        precision: torch.dtype = getattr(torch, self.config.precision)
        with torch.autocast(self.group.device.type, precision, enabled=precision != torch.float32):
            outputs: list[Tensor] = self._forward(crop)
        return self.method.loss(outputs, batch)

    def _modules(self) -> dict[str, nn.Module]:
        return {'network': self.network, 'average': self.average}

    def _save(self, path: Path) -> None:
        if not self.group.is_main:
            return
        self.progress.scaler = self._scaler.state_dict()
        save_checkpoint(
            path, self._modules(), self.optimisers.parts, self.progress, self.config.to_dict()
        )
