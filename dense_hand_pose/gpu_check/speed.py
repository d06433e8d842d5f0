# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The steps that time runtimes: network and decoding alone, and a frame from end to end."""

from collections.abc import Callable
import functools
import time

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import Backend, BackendError, Model
from dense_hand_pose.runtimes.precision import load_probe
import numpy as np

from .plan import Check, Row, StepFindings
from .runtimes import Named, named_runtimes

BATCHES = (1, 4)
_WARM_UP = 3
_QUICK_FRAMES, _FRAMES = 4, 60


def network(check: Check, findings: StepFindings) -> None:
    """Time one crop and four on every runtime, copies to and from the device included."""
    model = Model(find_weights(check.model))
    named = named_runtimes(check, model)
    seconds = 0.05 if check.quick else 0.6 * check.limit_s / (len(BATCHES) * len(named))
    for one in named:
        findings.rows.append(_row(one, seconds))


def _row(named: Named, seconds: float) -> Row:
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
