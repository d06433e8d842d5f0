# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The steps about runtimes: every one in every precision, compared with float32 PyTorch and timed.

Times are those of network and decoding alone, and of a frame from end to end.
"""

from collections.abc import Callable
from dataclasses import dataclass
import functools
import time

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import Backend, BackendError, Model, Wanted
from dense_hand_pose.runtimes.host import GPU_PRECISIONS
from dense_hand_pose.runtimes.precision import joints_of, load_probe, TOLERANCE_MM
from dense_hand_pose.runtimes.registry import call, RuntimeEntry, RUNTIMES
from dense_hand_pose.runtimes.torch_cpu import reference_joints
import numpy as np

from .plan import Check, engine_hooks, hooks_of, Row, StepFindings

BATCHES = (1, 4)
_WARM_UP = 3
_QUICK_FRAMES, _FRAMES = 4, 60


@dataclass(frozen=True)
class Named:
    """A runtime in a precision; ``make`` raises BackendError where it cannot run here."""

    backend: str
    precision: str
    make: Callable[[], Backend]


def named_runtimes(check: Check, model: Model) -> list[Named]:
    """Return all that the registry has; one that cannot be asked has precision '-'."""
    found: list[Named] = []
    for entry in RUNTIMES:
        found += _tensorrt(check, model) if entry.name == 'tensorrt' else _of(entry, check, model)
    return found


def _of(entry: RuntimeEntry, check: Check, model: Model) -> list[Named]:
    if entry.device == 'cuda' and check.dry:
        return [Named(entry.name, 'float32', lambda: _static_on_cpu(model))]
    try:
        offer = call(entry.offer, Wanted(model=model))
    except (BackendError, ImportError, RuntimeError) as error:
        return [Named(entry.name, '-', _refusing(str(error)))]
    return [
        Named(entry.name, precision, functools.partial(offer.make, precision))
        for precision in offer.precisions
    ]


def _tensorrt(check: Check, model: Model) -> list[Named]:
    """Return the engines that lie in the cache; nothing is built here."""
    missing = hooks_of(check).why_no_tensorrt()
    if missing is not None:
        return [Named('tensorrt', '-', _refusing(missing))]

    def cached(precision: str) -> Backend:
        from dense_hand_pose.runtimes.tensorrt.backend import cached_engines

        backend, _ = cached_engines(model, (precision,), engine_hooks(check))
        if backend is None:
            raise BackendError('no engine in the cache; the step "TensorRT engine" builds it')
        return backend

    return [
        Named('tensorrt', precision, functools.partial(cached, precision))
        for precision in GPU_PRECISIONS
    ]


def _static_on_cpu(model: Model) -> Backend:
    from dense_hand_pose.runtimes.cuda import CudaBackend

    return CudaBackend(model.network(), 'float32', device='cpu')


def _refusing(reason: str) -> Callable[[], Backend]:
    def refuse() -> Backend:
        raise BackendError(reason)

    return refuse


def compare(check: Check, findings: StepFindings) -> None:
    """Compare the joints of the 200 crops; a row for each, or the reason why there is none."""
    model = Model(find_weights(check.model))
    reference_m = reference_joints(model)
    findings.figures['crops'] = len(reference_m)
    findings.figures['accepted, mm on average'] = TOLERANCE_MM
    for named in named_runtimes(check, model):
        findings.rows.append(_agreement_of(named, reference_m))


def _agreement_of(named: Named, reference_m: np.ndarray) -> Row:
    row: Row = {'backend': named.backend, 'precision': named.precision}
    try:
        joints_m = joints_of(named.make())
    except (BackendError, ImportError, RuntimeError) as error:
        return {**row, 'why not': ' '.join(str(error).split())[:200]}
    misses_mm = 1000.0 * np.linalg.norm(joints_m - reference_m, axis=-1)
    return {
        **row,
        'mean mm': round(float(misses_mm.mean()), 4),
        '99th percentile mm': round(float(np.percentile(misses_mm, 99.0)), 3),
        'largest mm': round(float(misses_mm.max()), 2),
        'accepted': bool(misses_mm.mean() <= TOLERANCE_MM),
    }


def network(check: Check, findings: StepFindings) -> None:
    """Time one crop and four on every runtime, copies to and from the device included."""
    model = Model(find_weights(check.model))
    named = named_runtimes(check, model)
    seconds = 0.05 if check.quick else 0.6 * check.limit_s / (len(BATCHES) * len(named))
    for one in named:
        findings.rows.append(_times_of(one, seconds))


def _times_of(named: Named, seconds: float) -> Row:
    row: Row = {'backend': named.backend, 'precision': named.precision}
    try:
        backend = named.make()
        for batch in BATCHES:
            times_ms = _times_ms(functools.partial(_look, backend, batch), seconds)
            row[f'{batch} crops: median ms'] = round(float(np.median(times_ms)), 3)
            row[f'{batch} crops: 99th percentile ms'] = round(
                float(np.percentile(times_ms, 99)), 3
            )
    except (BackendError, ImportError, RuntimeError) as error:
        row['why not'] = ' '.join(str(error).split())[:200]
    return row


def _look(backend: Backend, batch: int) -> None:
    crops, centers_m, sizes_m = (array[:batch] for array in load_probe())
    backend.run(crops, centers_m, sizes_m, DecodingConfig())


def _times_ms(function: Callable[[], None], seconds: float) -> list[float]:
    for _ in range(_WARM_UP):
        function()
    times: list[float] = []
    end_s = time.perf_counter() + seconds
    while not times or time.perf_counter() < end_s:
        begin_s = time.perf_counter()
        function()
        times.append(1000.0 * (time.perf_counter() - begin_s))
    return times


def end_to_end(check: Check, findings: StepFindings) -> None:
    """Run the benchmark with few frames: one hand that is followed, and one that is searched."""
    from dense_hand_pose.benchmark.run import Options, run_benchmark

    frames = _QUICK_FRAMES if check.quick else _FRAMES
    options = Options(model=check.model, frames=frames, quick=True)
    done = run_benchmark(options, lambda text: print(text, flush=True))
    findings.figures['frames'] = frames
    findings.figures['not available'] = '; '.join(
        f'{name}: {why}' for name, why in done.facts['not_available'].items()
    )
    findings.rows += [
        {
            'backend': row.backend,
            'precision': row.precision,
            'stage': row.stage,
            'p50 ms': round(row.p50_ms, 3),
            'p99 ms': round(row.p99_ms, 3),
        }
        for row in done.rows
        if row.stage in ('end_to_end', 'search')
    ]
