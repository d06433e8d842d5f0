# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that an engine depends on, and the key that is made of it."""

from collections.abc import Mapping
from dataclasses import asdict
import hashlib
from importlib.metadata import PackageNotFoundError, version
import json
from pathlib import Path
import platform

from dense_hand_pose.codec.config import DecodingConfig

from ..model import Model

Facts = dict[str, str]

_PACKAGE = Path(__file__).resolve().parents[2]
# The files whose code becomes the graph, and the one that says how it is compiled.
_SOURCES = (
    'camera/crop.py',
    'codec/*.py',
    'network/*.py',
    'runtimes/tensorrt/compiling.py',
)
_TENSORRT_NAMES = ('tensorrt', 'tensorrt-cu13', 'tensorrt-cu12')


def platform_facts() -> Facts:
    """Return what of the machine and of its libraries an engine is made for; needs a GPU."""
    import torch

    gpu = torch.cuda.get_device_properties(torch.cuda.current_device())
    return {
        'gpu': gpu.name,
        'sm': f'{gpu.major}.{gpu.minor}',
        'gpu_processors': str(gpu.multi_processor_count),
        'machine': f'{platform.system()} {platform.machine()}',
        'cuda': str(torch.version.cuda),
        'torch': torch.__version__,
        'torch_tensorrt': _version('torch-tensorrt'),
        'tensorrt': next(filter(None, map(_version, _TENSORRT_NAMES)), ''),
    }


def engine_facts(
    model: Model, decoding: DecodingConfig, batch: int, precision: str, machine: Mapping[str, str]
) -> Facts:
    """Return all facts of an engine: those of the machine, the weights, the graph, the shapes."""
    return {
        **machine,
        'weights': model.sha256,
        'network': json.dumps(model.config.to_dict(), sort_keys=True),
        'decoding': json.dumps(asdict(decoding), sort_keys=True),
        'graph': hash_of_sources(_PACKAGE),
        'batch': str(batch),
        'precision': precision,
    }


def engine_key(facts: Mapping[str, str]) -> str:
    """Return the name of an engine: the sha256 of its facts."""
    return hashlib.sha256(json.dumps(dict(facts), sort_keys=True).encode()).hexdigest()


def hash_of_sources(package: Path) -> str:
    """Return the sha256 of the code that is exported: faster than to export it at every start."""
    total = hashlib.sha256()
    for path in sources(package):
        name = path.relative_to(package).as_posix()
        total.update(name.encode() + b'\0' + path.read_bytes())
    return total.hexdigest()


def sources(package: Path) -> list[Path]:
    """Return the files of the code that is exported."""
    return [path for pattern in _SOURCES for path in sorted(package.glob(pattern))]


def _version(distribution: str) -> str:
    """Return an installed version, '' where there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ''
