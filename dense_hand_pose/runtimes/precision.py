# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Which precision a backend may compute in: the fastest whose joints are those of float32.

The joints of 200 fixed synthetic crops are compared with float32 PyTorch of the same weights;
more than half a millimetre on average is refused. That takes seconds, so the answer is
remembered for the weights, the runtime and the processor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
import hashlib
import json
import logging
from pathlib import Path

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.config import GRAPH_VERSION
from dense_hand_pose.network.weight_file import write_atomically
import numpy as np

from .base import Array, Backend, BackendError, Wanted
from .cache import cache_folder
from .model import Model
from .probe_crops import load_probe

TOLERANCE_MM = 0.5
_CHUNK = 20

_LOG = logging.getLogger(__name__)


def choose_precision(
    wanted: Wanted,
    offered: Sequence[str],
    *,
    make: Callable[[str], Backend],
    reference: Callable[[], Array],
    where: str,
) -> Backend:
    """
    Return the backend in the first precision of ``offered`` that agrees with float32.

    ``offered``: fastest first, ending with 'float32', which needs no proof. ``reference`` gives
    the joints (200, 21, 3) of float32 PyTorch; ``where`` names runtime and processor. Raises
    BackendError when a precision that was asked for is not offered.
    """
    if wanted.precision != 'auto':
        if wanted.precision not in offered:
            raise BackendError(
                f'precision {wanted.precision} does not run here: {", ".join(offered)} do'
            )
        offered = [wanted.precision, 'float32']
    for precision in offered:
        backend = make(precision)
        if precision == 'float32':
            return backend
        miss_mm = _remembered(
            (wanted.model.sha256, str(GRAPH_VERSION), precision, where),
            lambda backend=backend: disagreement_mm(backend, reference()),  # type: ignore[misc]
        )
        if miss_mm <= TOLERANCE_MM:
            return backend
        _LOG.warning(
            'backend %s: %s misses the joints of float32 by %.2f mm on average, more than '
            '%.1f mm; the next precision is tried', backend.name, precision, miss_mm, TOLERANCE_MM,
        )  # fmt: skip
    raise BackendError(f'no precision of {", ".join(offered)} agrees with float32')


def disagreement_mm(backend: Backend, reference_m: Array) -> float:
    """Return the mean distance of a backend's joints from the reference (200, J, 3)."""
    misses = np.linalg.norm(joints_of(backend) - reference_m, axis=-1)
    return float(misses.mean() * 1000.0) if np.isfinite(misses).all() else float('inf')


def joints_of(backend: Backend) -> Array:
    """Return the joints (200, J, 3) that a backend finds in the probe's crops, in metres."""
    probe = load_probe()
    parts = []
    for begin in range(0, len(probe.crops), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        inputs = (probe.crops[part], probe.centers_m[part], probe.sizes_m[part])
        parts.append(backend.run(*inputs, DecodingConfig()).joints_m)
    return np.concatenate(parts)


def reference_joints(model: Model) -> Array:
    """Return the joints (200, J, 3) of float32 PyTorch, the measure of all precisions."""
    from .torch_cpu import TorchBackend

    return joints_of(TorchBackend(model.network(), 'cpu'))


def _remembered(key: tuple[str, ...], measure: Callable[[], float]) -> float:
    """Return what was measured for the key before, or measure and remember it."""
    folder = cache_folder('precision')
    if folder is None:
        return measure()
    path = folder / f'{hashlib.sha256(json.dumps(key).encode()).hexdigest()}.json'
    miss_mm = _read(path)
    if miss_mm is None:
        miss_mm = measure()
        _write(path, key, miss_mm)
    return miss_mm


def _read(path: Path) -> float | None:
    try:
        return float(json.loads(path.read_text())['mean_mm'])
    except (OSError, ValueError, KeyError, TypeError):  # not there, or nothing that we wrote
        return None


def _write(path: Path, key: tuple[str, ...], miss_mm: float) -> None:
    try:
        write_atomically(path, json.dumps({'key': key, 'mean_mm': miss_mm}).encode())
    except OSError as error:
        _LOG.debug('%s: not written (%s)', path, error)
