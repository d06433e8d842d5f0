# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Which precision a backend may compute in: the fastest whose joints are those of float32.

The joints of 200 fixed synthetic crops (data/probe_crops.npz) are compared with float32 PyTorch of
the same weights; more than half a millimetre on average is refused. That takes seconds, so the
result is remembered for the weights, the runtime and the processor. The crops are rendered once
(tools/make_probe_crops.py) and shipped: no renderer is needed, and they stay when it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import functools
import hashlib
import json
import logging
from pathlib import Path
from typing import NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND
from dense_hand_pose.camera.letterbox import CHANNELS, HEIGHT_PX, WIDTH_PX
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.config import GRAPH_VERSION
from dense_hand_pose.network.weight_file import write_atomically
import numpy as np
import numpy.typing as npt

from .base import Array, Backend, BackendError, Runtime, Wanted
from .cache import cache_folder

TOLERANCE_MM = 0.5
PROBE_FILE = Path(__file__).resolve().parent / 'data' / 'probe_crops.npz'
_CHUNK = 20
_LEVELS = 254
"""Depth lies in steps of 1.2 mm; the byte above the last step is background."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Offer:
    """
    What a runtime can load here: precisions, fastest first, 'float32' last, and how.

    ``reference`` returns the joints (200, J, 3) of float32 PyTorch; ``where`` names runtime and
    processor.
    """

    precisions: Sequence[str]
    make: Callable[[str], Backend]
    reference: Callable[[], Array]
    where: str


def choose_precision(wanted: Wanted, offer: Offer) -> Backend:
    """
    Return the backend in the first precision that agrees with float32, which needs no proof.

    Raises BackendError when a precision that was asked for is not offered.
    """
    offered = list(offer.precisions)
    if wanted.precision != 'auto':
        if wanted.precision not in offered:
            raise BackendError(
                f'precision {wanted.precision} does not run here: {", ".join(offered)} do'
            )
        offered = [wanted.precision, 'float32']
    for precision in offered:
        backend = offer.make(precision)
        if precision == 'float32':
            return backend
        mean_error_mm = _remembered(
            (wanted.model.sha256, str(GRAPH_VERSION), precision, offer.where),
            functools.partial(_measured_mm, backend, offer.reference),
        )
        if mean_error_mm <= TOLERANCE_MM:
            return backend
        _LOG.warning(
            'backend %s: %s misses the joints of float32 by %.2f mm on average, more than '
            '%.1f mm; the next precision is tried',
            backend.name, precision, mean_error_mm, TOLERANCE_MM,
        )  # fmt: skip
    raise BackendError(f'no precision of {", ".join(offered)} agrees with float32')


def _measured_mm(backend: Backend, reference: Callable[[], Array]) -> float:
    """Return the disagreement of a backend with the joints that reference() computes."""
    return disagreement_mm(backend, reference())


def disagreement_mm(backend: Backend, reference_m: Array) -> float:
    """Return the mean distance of a backend's joints from the reference (200, J, 3)."""
    errors_m = np.linalg.norm(joints_of(backend) - reference_m, axis=-1)
    return float(errors_m.mean() * 1000.0) if np.isfinite(errors_m).all() else float('inf')


def joints_of(backend: Backend) -> Array:
    """Return the joints (200, J, 3) that a backend finds in the probe's crops, in metres."""
    probe = load_probe()
    parts = []
    for begin in range(0, len(probe.crops), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        inputs = (probe.crops[part], probe.centers_m[part], probe.sizes_m[part])
        parts.append(backend.run(*inputs, DecodingConfig()).joints_m)
    return np.concatenate(parts)


class Probe(NamedTuple):
    """Crops (N, 128, 128) as a network reads them, centres (N, 3) and edges (N,) of the cubes."""

    crops: npt.NDArray[np.float32]
    centers_m: npt.NDArray[np.float32]
    sizes_m: npt.NDArray[np.float32]


@functools.cache
def load_probe() -> Probe:
    """Read the probe; FileNotFoundError means a broken installation."""
    with np.load(PROBE_FILE, allow_pickle=False) as file:
        return Probe(unpack(file['crops']), file['centers_m'], file['sizes_m'])


def pack(crops: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Round normalised depth in [-1, 1] (any shape) to a byte each."""
    steps = np.minimum(np.rint((crops + 1.0) / 2.0 * _LEVELS), _LEVELS)
    return np.where(crops >= BACKGROUND, _LEVELS + 1, steps).astype(np.uint8)


def unpack(packed: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """Return the normalised depth of packed crops."""
    depth = packed.astype(np.float32) * np.float32(2.0 / _LEVELS) - np.float32(1.0)
    return np.where(packed > _LEVELS, np.float32(BACKGROUND), depth)


def _remembered(key: tuple[str, ...], measure: Callable[[], float]) -> float:
    """Return what was measured for the key before, or measure and remember it."""
    folder = cache_folder('precision')
    if folder is None:
        return measure()
    path = folder / f'{hashlib.sha256(json.dumps(key).encode()).hexdigest()}.json'
    mean_error_mm = _read(path)
    if mean_error_mm is None:
        mean_error_mm = measure()
        _write(path, key, mean_error_mm)
    return mean_error_mm


def _read(path: Path) -> float | None:
    """Return a remembered error; None for a file that is missing or damaged."""
    try:
        value = float(json.loads(path.read_text())['mean_mm'])
    except Exception:  # damaged in any way: it is measured again
        return None
    # Infinity is what a precision that gives no numbers is remembered by.
    return value if value >= 0.0 else None


def _write(path: Path, key: tuple[str, ...], mean_error_mm: float) -> None:
    try:
        write_atomically(path, json.dumps({'key': key, 'mean_mm': mean_error_mm}).encode())
    except OSError as error:
        _LOG.debug('%s: not written (%s)', path, error)


DETECTOR_INPUT, DETECTOR_OUTPUT = 'frame', 'maps'
"""A letterbox (1, 3, HEIGHT_PX, WIDTH_PX); maps (1, 5, MAP_HEIGHT, MAP_WIDTH)."""
_LETTERBOXES = 8


def probe_letterboxes() -> Array:
    """Return inputs (8, 3, HEIGHT_PX, WIDTH_PX) of blobs before slopes, with holes."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    out = np.zeros((_LETTERBOXES, CHANNELS, HEIGHT_PX, WIDTH_PX), np.float32)
    for frame in out:
        slope = rng.uniform(-0.005, 0.005, 2)
        depth = 0.8 + slope[0] * x + slope[1] * y
        for _ in range(6):
            u, v, radius = rng.uniform(0, WIDTH_PX), rng.uniform(0, HEIGHT_PX), rng.uniform(4, 20)
            depth[(x - u) ** 2 + (y - v) ** 2 < radius**2] = rng.uniform(-1.0, 0.5)
        frame[2] = rng.random((HEIGHT_PX, WIDTH_PX)) < 0.9
        frame[0], frame[1] = depth * frame[2], (depth + rng.uniform(-0.3, 0.3)) * frame[2]
    return out


def detector_disagreement(runtime: Runtime, reference: Array) -> tuple[float, float]:
    """
    Return how far a runtime is from the maps (8, 5, ...) of float32 PyTorch on the probe.

    The largest difference of a score, and that of a depth in millimetres.
    """
    maps = [
        runtime.run({DETECTOR_INPUT: frame[None]})[DETECTOR_OUTPUT][0]
        for frame in probe_letterboxes()
    ]
    off = np.abs(np.stack(maps) - reference)
    return float(off[:, 0].max()), float(off[:, 3].max()) * 1000.0
