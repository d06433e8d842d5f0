# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Which checkpoint a training goes on from, and whether it is still the same training."""

from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from .checkpoint import Progress, read_header
from .config import MAY_CHANGE, TrainingConfig
from .schedule import decays

CHECKPOINT, STABLE = 'checkpoint.safetensors', 'stable.safetensors'


def spent(config: TrainingConfig, progress: Progress) -> float:
    """Return the part of the budget that is used, 0 to 1."""
    parts = [0.0]
    if config.samples > 0:
        parts.append(progress.samples / config.samples)
    if config.minutes > 0:
        parts.append(progress.elapsed_s / (60.0 * config.minutes))
    return min(1.0, max(parts))


def in_decay(config: TrainingConfig, progress: Progress) -> bool:
    """Say whether the final decay of the learning rate has begun."""
    return decays(config.schedule, spent(config, progress), config.decay_share)


def choose_checkpoint(out: Path, config: TrainingConfig) -> tuple[Path, list[str]]:
    """
    Return the checkpoint in ``out`` to go on from, and what the user should know about it.

    It is the last one; but where a larger budget moves the decay of the learning rate behind the
    point at which it had begun, it is the one that was kept there. ValueError names settings that
    differ and make another training (all but ``MAY_CHANGE``).
    """
    path = out / CHECKPOINT
    progress, stored = read_header(path)
    changed = _changed(path, stored, config)
    notes = [f'{name} = {getattr(config, name)} instead of {stored[name]}' for name in changed]
    before = replace(config, **{name: stored[name] for name in changed})
    stable = out / STABLE
    if in_decay(before, progress) and stable.exists():
        kept, _ = read_header(stable)
        if kept.step < progress.step and not in_decay(config, kept):
            notes.append(f'from {stable} (step {kept.step}), before the learning rate fell')
            return stable, notes
    return path, notes


def _changed(path: Path, stored: dict[str, Any], config: TrainingConfig) -> list[str]:
    """Return the names that differ; settings that a former version did not have count as usual."""
    # Through JSON, as the stored ones went: it makes a list of a tuple.
    asked = json.loads(json.dumps(config.to_dict()))
    for name, value in json.loads(json.dumps(TrainingConfig().to_dict())).items():
        stored.setdefault(name, value)
    changed = sorted(name for name in {*stored, *asked} if stored.get(name) != asked.get(name))
    refused = [name for name in changed if name not in MAY_CHANGE]
    if refused:
        raise ValueError(
            f'{path}: made with other settings ({", ".join(refused)}); '
            f'resume with the same configuration (only {", ".join(MAY_CHANGE)} may change) '
            'or choose another --out'
        )
    return changed
