# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Which checkpoint a training goes on from, and whether it is still the same training."""

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
    progress, settings = read_header(path)
    before = _settings_of(path, settings)
    changed = _changed(path, before, config)
    notes = [f'{name} = {getattr(config, name)} instead of {was}' for name, was in changed.items()]
    stable = out / STABLE
    if in_decay(before, progress) and stable.exists():
        kept, _ = read_header(stable)
        if kept.step < progress.step and not in_decay(config, kept):
            notes.append(f'from {stable} (step {kept.step}), before the learning rate fell')
            return stable, notes
    return path, notes


def _settings_of(path: Path, settings: dict[str, Any]) -> TrainingConfig:
    """Return the stored settings; those that a former version did not have are the usual ones."""
    try:
        return TrainingConfig.from_dict(settings)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f'{path}: made with other settings than this version takes ({error}); '
            'choose another --out'
        ) from error


def _changed(path: Path, before: TrainingConfig, config: TrainingConfig) -> dict[str, Any]:
    """Return the settings that differ, as they were."""
    asked = config.to_dict()
    changed = {name: was for name, was in before.to_dict().items() if was != asked[name]}
    refused = sorted(name for name in changed if name not in MAY_CHANGE)
    if refused:
        raise ValueError(
            f'{path}: made with other settings ({", ".join(refused)}); '
            f'resume with the same configuration (only {", ".join(MAY_CHANGE)} may change) '
            'or choose another --out'
        )
    return changed
