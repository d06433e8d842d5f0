# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that an engine depends on, and the key that is made of it."""

from collections.abc import Mapping
from dataclasses import asdict
import hashlib
from importlib.metadata import PackageNotFoundError, version
import json
import platform

from dense_hand_pose.codec.config import DecodingConfig

from .compiling import OPTIONS
from ..base import Model
from ..graph_fingerprint import graph_fingerprint

Fingerprint = dict[str, str]

_TENSORRT_NAMES = ('tensorrt', 'tensorrt-cu13', 'tensorrt-cu12')


def platform_fingerprint() -> Fingerprint:
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


def engine_fingerprint(
    model: Model, decoding: DecodingConfig, batch: int, precision: str, machine: Mapping[str, str]
) -> Fingerprint:
    """Return all that an engine depends on: machine, weights, graph, shapes, options."""
    return {
        **machine,
        'weights': model.sha256,
        'network': json.dumps(model.config.to_dict(), sort_keys=True),
        'decoding': json.dumps(asdict(decoding), sort_keys=True),
        'graph': graph_fingerprint(model.config, decoding, batch),
        'options': json.dumps(OPTIONS, sort_keys=True),
        'batch': str(batch),
        'precision': precision,
    }


def engine_key(fingerprint: Mapping[str, str]) -> str:
    """Return the name of an engine: the sha256 of its fingerprint."""
    return hashlib.sha256(json.dumps(dict(fingerprint), sort_keys=True).encode()).hexdigest()


def _version(distribution: str) -> str:
    """Return an installed version, '' where there is none."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ''
