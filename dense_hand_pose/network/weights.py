# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Weight files: safetensors only, fp16, the architecture in their metadata."""

from collections.abc import Callable
import json
from pathlib import Path
from typing import TypeVar

from safetensors import safe_open, SafetensorError
from safetensors.torch import save
import torch
from torch import nn

from .config import NetworkConfig
from .dense_regression import DenseRegressionNet
from .detector import DetectorNet
from .weight_file import (
    config_of,
    find_weights,
    FORMAT,
    MODELS_DIR,
    unusable,
    WeightsError,
    write_atomically,
)  # fmt: skip

_Net = TypeVar('_Net', DenseRegressionNet, DetectorNet)

__all__ = [
    'MODELS_DIR',
    'WeightsError',
    'find_weights',
    'load_detector',
    'load_weights',
    'save_weights',
    'write_atomically',
]  # fmt: skip


def save_weights(
    network: DenseRegressionNet | DetectorNet, path: Path, notes: dict[str, str]
) -> None:
    """
    Write the weights in fp16 with the architecture and ``notes`` as metadata.

    Raises WeightsError when a value is not finite in fp16: such a file could not be loaded.
    """
    tensors = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
        if not _is_left_out(network, name)
    }
    broken = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise WeightsError(f'{path}: not written, {broken[0]} is not finite in fp16')
    network_json = json.dumps(network.config.to_dict())
    metadata = {**notes, 'format': FORMAT, 'network': network_json}
    write_atomically(path, save(tensors, metadata))


def load_weights(path: Path) -> DenseRegressionNet:
    """
    Build the network that a weight file describes, float32, in evaluation mode.

    Raises WeightsError for a file that is truncated, foreign, or does not fit its own metadata.
    """
    return _load(path, DenseRegressionNet).eval()


def load_detector(path: Path) -> DetectorNet:
    """Build the hand detector that a weight file describes; see load_weights."""
    return _load(path, DetectorNet).eval()


def _load(path: Path, build: Callable[[NetworkConfig], _Net]) -> _Net:
    try:
        with safe_open(path, framework='pt') as file:
            config = config_of(path, file.metadata() or {})
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        network = build(config)
        _fill(network, tensors)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise unusable(path, error) from error
    return network


def _is_left_out(network: nn.Module, name: str) -> bool:
    """Return whether only a training needs a tensor."""
    taught_by = getattr(network, 'taught_by', ())
    return name.endswith('num_batches_tracked') or name.startswith(taught_by)


def _fill(network: nn.Module, tensors: dict[str, torch.Tensor]) -> None:
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    missing = [name for name in missing if not _is_left_out(network, name)]
    if missing or unexpected:
        raise ValueError(f'missing {missing[:3]}, unexpected {unexpected[:3]}')
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise ValueError('holds NaN or Inf')
