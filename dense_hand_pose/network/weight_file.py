# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Weight files as files: where they are, what their header says. Nothing here needs PyTorch."""

import hashlib
import json
import os
from pathlib import Path

from safetensors import safe_open, SafetensorError

from .config import NetworkConfig

MODELS_DIR = Path(__file__).resolve().parent.parent / 'models'
FORMAT = 'dense_hand_pose/1'


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


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal; WeightsError where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f'{path}: cannot be read ({error.strerror})') from error


def read_config(path: Path) -> NetworkConfig:
    """
    Read the architecture from a weight file's header.

    Raises WeightsError for a file that is truncated, foreign, or describes no network.
    """
    try:
        with safe_open(path, framework='np') as file:
            return config_of(path, file.metadata() or {})
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        raise unusable(path, error) from error


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
