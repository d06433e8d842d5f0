# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Everything that an engine depends on, and the key that is made of it.

The graph of network and decoding counts by its operations, not by the text of its code: a changed
comment, a renamed variable or a moved function rebuilds nothing. The export takes seconds; its
fingerprint is kept in the cache by the text of the code, which is read in milliseconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
import functools
import hashlib
from importlib.metadata import PackageNotFoundError, version
import json
from pathlib import Path
import platform
from typing import Any, TYPE_CHECKING

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.weight_file import write_atomically

from .compiling import OPTIONS
from ..base import Model
from ..cache import cache_folder

if TYPE_CHECKING:
    import torch

_PACKAGE = Path(__file__).resolve().parents[2]
_SOURCES = ('camera/crop.py', 'codec/*.py', 'network/*.py')


@functools.cache
def graph_fingerprint(network: NetworkConfig, decoding: DecodingConfig, batch: int) -> str:
    """Return the sha256 of the graph that runtimes get for a batch; this imports PyTorch."""
    import torch

    settings = [network.to_dict(), asdict(decoding), batch, torch.__version__]
    text = json.dumps(settings, sort_keys=True) + hash_of_sources(_PACKAGE)
    key = hashlib.sha256(text.encode()).hexdigest()
    folder = cache_folder('graphs')
    path = None if folder is None else folder / f'{key}.txt'
    found = _read(path)
    if found is None:
        found = program_fingerprint(_exported(network, decoding, batch))
        _write(path, found)
    return found


def program_fingerprint(program: 'torch.export.ExportedProgram') -> str:
    """Return the sha256 of an exported program: operations, arguments, shapes and constants."""
    import torch

    total = hashlib.sha256()
    number: dict[Any, int] = {}
    for node in program.graph.nodes:
        number[node] = len(number)
        operands = torch.fx.node.map_arg((node.args, node.kwargs), lambda n: f'%{number[n]}')
        # What is put in is known by its place; the name is that of an attribute.
        target = '' if node.op in ('placeholder', 'output') else str(node.target)
        total.update(f'{node.op} {target} {operands!r} {_shape(node.meta.get("val"))}\n'.encode())
    for spec in program.graph_signature.input_specs:
        # Weights are no part of a graph, what its code writes down is.
        constant = program.constants.get(spec.target) if spec.target is not None else None
        if isinstance(constant, torch.Tensor):
            total.update(constant.detach().cpu().contiguous().numpy().tobytes())
    return total.hexdigest()


def hash_of_sources(package: Path) -> str:
    """Return the sha256 of the code that is exported."""
    total = hashlib.sha256()
    for path in sources(package):
        name = path.relative_to(package).as_posix()
        total.update(name.encode() + b'\0' + path.read_bytes())
    return total.hexdigest()


def sources(package: Path) -> list[Path]:
    """Return the files of the code that is exported."""
    return [path for pattern in _SOURCES for path in sorted(package.glob(pattern))]


def _exported(
    network: NetworkConfig, decoding: DecodingConfig, batch: int
) -> 'torch.export.ExportedProgram':
    from dense_hand_pose.network.dense_regression import DenseRegressionNet
    from dense_hand_pose.network.graph import export_graph, HandGraph

    graph = HandGraph(DenseRegressionNet(network).eval(), decoding, maps=True)
    return export_graph(graph, batch)


def _shape(value: Any) -> str:
    """Return type and shape of what a node gives."""
    if isinstance(value, Iterable) and not hasattr(value, 'shape'):
        return f'({", ".join(_shape(part) for part in value)})'
    return f'{getattr(value, "dtype", "")}{list(getattr(value, "shape", ()))}'


def _read(path: Path | None) -> str | None:
    try:
        found = '' if path is None else path.read_text(encoding='ascii').strip()
    except (OSError, ValueError):
        return None
    return found if len(found) == 64 else None


def _write(path: Path | None, found: str) -> None:
    try:
        if path is not None:
            write_atomically(path, found.encode())
    except OSError:
        return


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
