# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Weight files as files: their places, headers and hashes. Nothing here needs PyTorch."""

from collections.abc import Mapping
import hashlib
import json
import os
from pathlib import Path
from typing import Any

from dense_hand_pose.safe_output import write_file
import numpy as np
import numpy.typing as npt
from safetensors import safe_open
from safetensors.numpy import save

from .config import NetworkConfig

MODELS_DIR = Path(__file__).resolve().parent.parent / 'models'
SUMS = 'SHA256SUMS'
"""The hashes of the shipped files, as `sha256sum --check` reads them."""
FORMAT = 'dense_hand_pose/1'


class WeightsError(ValueError):
    """A weight file that cannot be used; the message names the file and what is wrong."""


def find_weights(name_or_path: str) -> Path:
    """
    Return the file of a shipped model's name or of a path.

    Raises WeightsError for neither, and for a shipped model that is not as it was shipped.
    """
    path = locate_weights(name_or_path)
    check_shipped(path)
    return path


def locate_weights(name_or_path: str) -> Path:
    """Return the file as find_weights does, whatever it holds; WeightsError says what exists."""
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


def is_shipped(name: str) -> bool:
    """Return whether a model of this name lies among the shipped ones."""
    return (MODELS_DIR / f'{name}.safetensors').is_file()


def check_shipped(path: Path) -> None:
    """Raise WeightsError for a file among the shipped models with another hash than in SUMS."""
    if path.parent.resolve() != MODELS_DIR.resolve():
        return
    sums = MODELS_DIR / SUMS
    try:
        lines = [line.split() for line in sums.read_text(encoding='utf-8').splitlines()]
    except (OSError, ValueError) as error:
        raise WeightsError(f'{sums}: cannot be read ({error}); install again') from error
    found = sha256_of(path)
    if [found, path.name] not in lines:
        raise WeightsError(
            f'{path}: not the file that was shipped (SHA-256 {found[:12]}... is not in {SUMS}): '
            'install again, or after new weights run python -m dense_hand_pose export '
            f'{path.name.partition(".")[0]}'
        )


def write_sums() -> None:
    """Write the hashes of the files among the shipped models."""
    files = (path for pattern in ('*.safetensors', '*.zip') for path in MODELS_DIR.glob(pattern))
    lines = [f'{sha256_of(path)}  {path.name}\n' for path in sorted(files)]
    write_atomically(MODELS_DIR / SUMS, ''.join(lines).encode())


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file under another name and rename it, so that a reader never sees half of it."""
    write_file(path, data)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; WeightsError where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f'{path}: cannot be read ({error.strerror})') from error


def read_config(path: Path) -> NetworkConfig:
    """
    Read the architecture from a weight file's header.

    Raises WeightsError for a file that is truncated, foreign, describes no network or another one
    than its tensors are of, and for tensors that are not finite: an exported graph of the file
    runs without them ever being loaded.
    """
    try:
        with safe_open(path, framework='np') as file:
            config = config_of(path, file.metadata() or {})
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        _check_tensors(config, tensors)
    except Exception as error:  # safetensors', JSON's (its depth, too) and NumPy's
        raise unusable(path, error) from error
    return config


def _check_tensors(config: NetworkConfig, tensors: Mapping[str, npt.NDArray[Any]]) -> None:
    """Raise ValueError for values that are not finite, and for tensors of another network."""
    for name, tensor in tensors.items():
        if tensor.dtype.kind == 'f' and not np.isfinite(tensor).all():
            raise ValueError(f'{name} is not finite')
    stacks = {name.split('.')[1] for name in tensors if name.startswith('heads.')}
    is_detector = any(name.startswith('hourglass.') for name in tensors)
    other_stacks = config.task == 'dense' and len(stacks) != config.stacks
    if is_detector != (config.task == 'detector') or other_stacks:
        found = 'a detector' if is_detector else f'{len(stacks)} stacks'
        raise ValueError(f'its header says {config.task}, {config.stacks} stacks, it has {found}')
    channels = {len(tensor) for name, tensor in tensors.items() if name.endswith('norm.weight')}
    missing = sorted(set(config.widths) - channels)
    if missing and config.task in ('dense', 'detector'):
        raise ValueError(f'its header says widths {config.widths}, no tensor has {missing[0]}')
    hidden = tensors.get('verdict.hidden.bias')
    other_hidden = hidden is not None and len(hidden) != config.verdict_hidden
    if config.verdict != (hidden is not None) or other_hidden:
        found = 'none' if hidden is None else f'{len(hidden)} hidden units'
        raise ValueError(f'its header says verdict {config.verdict}, it has {found}')


def read_notes(path: Path) -> dict[str, str]:
    """Return what a weight file's header says beside the architecture; WeightsError as above."""
    try:
        with safe_open(path, framework='np') as file:
            metadata = dict(file.metadata() or {})
    except Exception as error:  # whatever safetensors makes of it
        raise unusable(path, error) from error
    return {name: text for name, text in metadata.items() if name not in ('format', 'network')}


def write_notes(path: Path, notes: Mapping[str, str]) -> None:
    """
    Add entries to a weight file's header, or replace them; its tensors stay as they are.

    Raises WeightsError for a file that is not usable, OSError where it cannot be written.
    """
    read_config(path)
    with safe_open(path, framework='np') as file:
        metadata = dict(file.metadata() or {})
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    write_atomically(path, save(tensors, {**metadata, **notes}))


def config_of(path: Path, metadata: dict[str, str]) -> NetworkConfig:
    """Return the architecture that a header describes; WeightsError for another format."""
    if metadata.get('format') != FORMAT:
        raise WeightsError(
            f'{path}: format {metadata.get("format")!r}, expected {FORMAT!r}; '
            'train or install a model of this package'
        )
    return NetworkConfig.from_dict(json.loads(metadata['network']))


def unusable(path: Path, error: Exception) -> WeightsError:
    """Return the error to raise for a file that did not load, in one line."""
    if isinstance(error, WeightsError):
        return error
    return WeightsError(f'{path}: not a usable weight file ({" ".join(str(error).split())})')
