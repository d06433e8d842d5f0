# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From times to the figures that are printed and written."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Row:
    """The times of one stage of one backend in one precision, milliseconds."""

    backend: str
    precision: str
    stage: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @classmethod
    def of(cls, backend: str, precision: str, stage: str, times_ms: Sequence[float]) -> 'Row':
        """
        Return the row of some times; percentiles are interpolated linearly.

        >>> Row.of('cpu', 'float32', 'crop', [1.0, 2.0, 3.0]).p95_ms
        2.9

        Raises ValueError where there is no time.
        """
        if not len(times_ms):
            raise ValueError(f'{backend} {precision}: no time of stage {stage!r}')
        p50, p95, p99, most = np.percentile(np.asarray(times_ms, np.float64), (50, 95, 99, 100))
        rounded = (round(float(value), 4) for value in (p50, p95, p99, most))
        return cls(backend, precision, stage, *rounded)


@dataclass(frozen=True, kw_only=True)
class Summary:
    """
    What one contender needs, and what of the machine it uses; None where that is not known.

    gmac: multiplications of its network for one crop. peak_gmac_s: what a large matrix product
    reached in the same precision in the same run. frames_without_hand: cubes that were empty.
    """

    backend: str
    precision: str
    model: str
    frames: int
    frames_without_hand: int
    gmac: float
    network_gmac_s: float
    peak_gmac_s: float | None
    share_of_peak: float | None
    beside_network_share: float
    faster_than_eager: float | None
    network_faster_than_eager: float | None
    faster_than_paper: float | None
    peak_memory_mib: float | None
    peak_gpu_memory_mib: float | None


@dataclass(frozen=True, kw_only=True)
class RosRow:
    """The node at one rate of the camera: what came out, when, what was left out, what it took."""

    backend: str
    precision: str
    camera_hz: float
    seconds: float
    frames: int
    rate_hz: float
    latency_p50_ms: float
    latency_p95_ms: float
    latency_p99_ms: float
    latency_max_ms: float
    dropped: dict[str, int]
    lost: int
    cpu_cores: float


@dataclass(frozen=True, kw_only=True)
class StartRow:
    """
    Seconds from the start of the node until it is active, and milliseconds of the import.

    first_s: the start that filled the caches, where they were empty. The others: from caches.
    """

    backend: str
    starts: int
    first_s: float
    ready_p50_s: float
    ready_max_s: float
    import_p50_ms: float
    import_max_ms: float

    @classmethod
    def of(
        cls, backend: str, first_s: float, warm_s: Sequence[float], imports_s: Sequence[float]
    ) -> 'StartRow':
        """Return the row of some starts; ValueError where there is none."""
        if not len(warm_s) or not len(imports_s):
            raise ValueError(f'{backend}: no start was timed')
        return cls(
            backend=backend,
            starts=len(warm_s),
            first_s=round(first_s, 3),
            ready_p50_s=round(float(np.median(warm_s)), 3),
            ready_max_s=round(max(warm_s), 3),
            import_p50_ms=round(1000.0 * float(np.median(imports_s)), 1),
            import_max_ms=round(1000.0 * max(imports_s), 1),
        )


Rows = Sequence[Row] | Sequence[Summary] | Sequence[RosRow] | Sequence[StartRow]


def as_json(items: Rows) -> list[dict[str, Any]]:
    """Return rows as JSON has them: NaN is null."""
    return [
        {key: None if value != value else value for key, value in asdict(item).items()}
        for item in items
    ]
