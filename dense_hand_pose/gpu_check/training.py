# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The steps about training: how fast the device learns, and how fast the cores render for it."""

from dataclasses import dataclass
import os
from pathlib import Path
import tempfile
import time

from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.synthesis.seeds import GPU_CHECK
from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.data.render_shards import Part, reading_rate, render
from dense_hand_pose.training.data.shards import Shard, Shards
from dense_hand_pose.training.data.synthetic import Batch, make_batch
from dense_hand_pose.training.distributed import Group
from dense_hand_pose.training.loop import Trainer
import torch

from .plan import Check, hooks_of, Row, StepFindings

_RENDERED = 32
_WARM_UP = 5
_SECONDS = 4.0
_SMALL = NetworkConfig(stacks=1, stem='folded', head='shared', widths=(8, 8, 8, 8, 8))


@dataclass(frozen=True)
class TrainingVariant:
    """One way to train: the network's name, crops a step, precision, and how it is compiled."""

    network: str
    batch: int
    precision: str = 'bfloat16'
    compile_mode: str = ''


VARIANTS = (
    TrainingVariant('default', 1024),
    TrainingVariant('large', 1024),
    TrainingVariant('large', 1024, compile_mode='default'),
    TrainingVariant('large', 1024, compile_mode='reduce-overhead'),
    TrainingVariant('default', 1024, compile_mode='default'),
    TrainingVariant('large', 256),
    TrainingVariant('large', 1024, precision='float16'),
)
"""In the order of their worth; those for which no time is left are left out."""


def steps(check: Check, findings: StepFindings) -> None:
    """Time the steps of each variant on batches that lie on the device already."""
    hooks = hooks_of(check)
    end_s = time.monotonic() + 0.9 * check.limit_s
    variants = (
        [TrainingVariant('small', 8), TrainingVariant('small', 8, 'float32')]
        if check.quick
        else VARIANTS
    )
    rendered = make_batch(GPU_CHECK[0], 8 if check.quick else _RENDERED)
    for variant in variants:
        if time.monotonic() > end_s:
            findings.rows.append({**_named(variant), 'why not': 'no time was left'})
            continue
        try:
            findings.rows.append(_row(variant, rendered, torch.device(hooks.device), check.quick))
        except RuntimeError as error:  # of memory, of a compiler: PyTorch's are all of this type
            reason = ' '.join(str(error).split())[:200]
            findings.rows.append({**_named(variant), 'why not': reason})


def _named(variant: TrainingVariant) -> Row:
    return {
        'network': variant.network,
        'crops a step': variant.batch,
        'precision': variant.precision,
        'compiled': variant.compile_mode or 'no',
    }


def _row(variant: TrainingVariant, rendered: Batch, device: torch.device, quick: bool) -> Row:
    network = _SMALL if variant.network == 'small' else CONFIGURATIONS[variant.network]
    config = TrainingConfig(
        network=network, batch_size=variant.batch, precision=variant.precision, seed=1,
        compile_mode=variant.compile_mode, optimiser='muon', samples=10**9, device=device.type,
    )  # fmt: skip
    batch = repeated(rendered, variant.batch).to(device)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(config, Path(folder) / 'run', group=Group(device=device))
        begin_s = time.perf_counter()
        for _ in range(1 if quick else _WARM_UP):
            trainer.step(batch)
        _wait_for(device)
        warm_s = time.perf_counter() - begin_s
        count, begin_s = 0, time.perf_counter()
        while count == 0 or time.perf_counter() - begin_s < (0.1 if quick else _SECONDS):
            trainer.step(batch)
            count += 1
            if count % 10 == 0:
                _wait_for(device)  # else the host runs far ahead of the clock
        _wait_for(device)
        spent_s = (time.perf_counter() - begin_s) / count
    return {
        **_named(variant),
        'ms a step': round(1000.0 * spent_s, 2),
        'crops/s': round(variant.batch / spent_s),
        'first steps s': round(warm_s, 1),
        'GPU memory MiB': _memory_mib(device),
    }


def repeated(batch: Batch, count: int) -> Batch:
    """Return ``count`` crops: those of a batch, again and again."""
    index = torch.arange(count) % len(batch.crop)
    cube = Cube(batch.cube.center_m[index], batch.cube.size_m[index])
    return Batch(batch.crop[index], batch.joints_m[index], cube)


def _wait_for(device: torch.device) -> None:
    if device.type == 'cuda':
        torch.cuda.synchronize(device)


def _memory_mib(device: torch.device) -> int | None:
    if device.type != 'cuda':
        return None
    most = torch.cuda.max_memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    torch.cuda.empty_cache()
    return int(most >> 20)


def rendering(check: Check, findings: StepFindings) -> None:
    """Render shards on all cores, and read them with one: what a training can be fed with."""
    cores = len(os.sched_getaffinity(0))
    count = 8 if check.quick else 256
    make_batch(GPU_CHECK[0], 1)  # what is compiled is compiled
    begin_s = time.perf_counter()
    make_batch(GPU_CHECK[1], count)
    findings.figures['crops/s rendered by one core'] = round(
        count / (time.perf_counter() - begin_s)
    )
    shards = [Shard(GPU_CHECK[2 + i], 1, count) for i in range(2 if check.quick else 4 * cores)]
    with tempfile.TemporaryDirectory() as folder:
        done = render(Path(folder), shards, Part(), 1 if check.quick else cores, lambda *_: None)
        written = Shards(Path(folder))
        size = sum((Path(folder) / shard.name).stat().st_size for shard in shards)
        findings.figures['cores'] = cores
        findings.figures['crops/s to disk by all cores, their start included'] = round(
            done.crops / done.spent_s
        )
        findings.figures['crops/s from disk by one core'] = round(reading_rate(written))
        findings.figures['bytes a crop'] = round(size / done.crops)
