# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Weight files: safetensors only, fp16, the architecture in their metadata."""

import json
import os
from pathlib import Path

from safetensors import safe_open, SafetensorError
from safetensors.torch import save
import torch

from .config import NetworkConfig
from .dense_regression import DenseRegressionNet

MODELS_DIR = Path(__file__).resolve().parent.parent / 'models'
_FORMAT = 'dense_hand_pose/1'


class WeightsError(ValueError):
    """A weight file that cannot be used; the message names the file and what is wrong."""


def find_weights(name_or_path: str) -> Path:
    """Return the file of a shipped model's name or of a path; WeightsError says what exists."""
    shipped = {path.stem: path for path in sorted(MODELS_DIR.glob('*.safetensors'))}
    if name_or_path in shipped:
        return shipped[name_or_path]
    path = Path(os.path.expanduser(name_or_path))  # noqa: PTH111 (never raises)
    if path.is_file():
        return path
    raise WeightsError(
        f'model {name_or_path!r}: neither a .safetensors file nor one of the shipped models '
        f'({", ".join(shipped) or "none"})'
    )


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under another name and rename it, so that a reader never sees half of it."""
    temporary = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def save_weights(network: DenseRegressionNet, path: Path, notes: dict[str, str]) -> None:
    """
    Write the weights in fp16 with the architecture and ``notes`` as metadata.

    Raises WeightsError when a value is not finite in fp16: such a file could not be loaded.
    """
    tensors = {
        name: (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
        for name, tensor in network.state_dict().items()
        if not name.endswith('num_batches_tracked')
    }
    broken = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise WeightsError(f'{path}: not written, {broken[0]} is not finite in fp16')
    network_json = json.dumps(network.config.to_dict())
    metadata = {**notes, 'format': _FORMAT, 'network': network_json}
    write_atomically(path, save(tensors, metadata))


def load_weights(path: Path) -> DenseRegressionNet:
    """
    Build the network that a weight file describes, float32, in evaluation mode.

    Raises WeightsError for a file that is truncated, foreign, or does not fit its own metadata.
    """
    try:
        with safe_open(path, framework='pt') as file:
            metadata = file.metadata() or {}
            if metadata.get('format') != _FORMAT:
                raise WeightsError(
                    f'{path}: format {metadata.get("format")!r}, expected {_FORMAT!r}; '
                    'train or install a model of this package'
                )
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        network = DenseRegressionNet(NetworkConfig.from_dict(json.loads(metadata['network'])))
        _fill(network, tensors)
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        if isinstance(error, WeightsError):
            raise
        reason = ' '.join(str(error).split())
        raise WeightsError(f'{path}: not a usable weight file ({reason})') from error
    return network.eval()


def _fill(network: DenseRegressionNet, tensors: dict[str, torch.Tensor]) -> None:
    missing, unexpected = network.load_state_dict(tensors, strict=False)
    missing = [name for name in missing if not name.endswith('num_batches_tracked')]
    if missing or unexpected:
        raise ValueError(f'missing {missing[:3]}, unexpected {unexpected[:3]}')
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise ValueError('holds NaN or Inf')
