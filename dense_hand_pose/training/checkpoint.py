# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Checkpoints: network, average, optimisers and progress in one safetensors file.

A resumed training continues from the newest checkpoint that belongs to the same settings.
"""

from dataclasses import asdict, dataclass, field, replace
import json
from pathlib import Path
from typing import Any

from dense_hand_pose.network.weights import write_atomically
from dense_hand_pose.safe_output import refusing
from safetensors import safe_open
from safetensors.torch import save
import torch
from torch import nn, Tensor

from .config import AUTO, MAY_CHANGE, TrainingConfig
from .optimisers import decays


@dataclass
class Progress:
    """
    How far a training has come; ``elapsed_s`` is its time over all its resumptions.

    ``scaler`` is the state of torch.amp.GradScaler, empty where gradients are not scaled.
    ``begun_from`` names the weights that the training started from, if there were any, and
    ``samples_before``: the samples that those had seen.
    """

    step: int = 0
    samples: int = 0
    elapsed_s: float = 0.0
    scaler: dict[str, float] = field(default_factory=dict)
    begun_from: str = ''
    samples_before: int = 0


def save_checkpoint(
    path: Path,
    modules: dict[str, nn.Module],
    optimisers: dict[str, torch.optim.Optimizer],
    progress: Progress,
    settings: dict[str, Any],
) -> None:
    """Write everything that a resumed training needs, atomically."""
    tensors = {
        f'{name}/{key}': tensor.contiguous()
        for name, module in modules.items()
        for key, tensor in module.state_dict().items()
    }
    for name, optimiser in optimisers.items():
        for index, state in optimiser.state_dict()['state'].items():
            for key, value in state.items():
                tensors[f'{name}/{index}/{key}'] = torch.as_tensor(value).contiguous()
    metadata = {'progress': json.dumps(asdict(progress)), 'settings': json.dumps(settings)}
    write_atomically(path, save({k: v.clone() for k, v in tensors.items()}, metadata))


def load_checkpoint(
    path: Path, modules: dict[str, nn.Module], optimisers: dict[str, torch.optim.Optimizer]
) -> Progress:
    """Restore a training in place; ValueError for another file than its checkpoints."""
    progress, _ = read_header(path)
    with refusing(
        lambda reason: ValueError(f'{path}: not a checkpoint of this training ({reason})')
    ):
        with safe_open(path, framework='pt') as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        for name, module in modules.items():
            module.load_state_dict(_below(tensors, f'{name}/'))
        for name, optimiser in optimisers.items():
            _restore_optimiser(optimiser, _below(tensors, f'{name}/'))
    return progress


def read_header(path: Path) -> tuple[Progress, dict[str, Any]]:
    """Return progress and settings of a checkpoint; ValueError for another file."""
    with refusing(
        lambda reason: ValueError(f'{path}: not a checkpoint of this package ({reason})')
    ):
        with safe_open(path, framework='pt') as file:
            metadata = file.metadata() or {}
        settings = json.loads(metadata['settings'])
        if not isinstance(settings, dict):
            raise TypeError('its settings are no mapping')
        return Progress(**json.loads(metadata['progress'])), settings


def _below(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _restore_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    parameters = [p for group in optimiser.param_groups for p in group['params']]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, key = name.split('/')
        state.setdefault(int(index), {})[key] = _laid_out_like(parameters[int(index)], tensor)
    whole = optimiser.state_dict()
    optimiser.load_state_dict({**whole, 'state': state})


def _laid_out_like(parameter: Tensor, tensor: Tensor) -> Tensor:
    """Give a moment its parameter's memory format: the fused optimiser pairs them as they lie."""
    if tensor.shape != parameter.shape:
        return tensor
    return torch.empty_like(parameter, dtype=tensor.dtype).copy_(tensor)


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


def began_with(path: Path, config: TrainingConfig) -> TrainingConfig:
    """Return settings, their 'auto' as it was chosen when the training of a checkpoint began."""
    if config.precision != AUTO:
        return config
    _, settings = read_header(path)
    return replace(config, precision=_settings_of(path, settings).precision)


def choose_checkpoint(out: Path, config: TrainingConfig) -> tuple[Path, list[str]]:
    """
    Return the checkpoint in ``out`` to go on from, and a hint for the user.

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
    if config.precision == AUTO:
        config = replace(config, precision=before.precision)  # chosen when the training began
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
