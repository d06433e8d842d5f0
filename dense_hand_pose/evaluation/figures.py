# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What all evaluations share: figures, rounding for JSON, texts of tables, plots."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import io
import math
from pathlib import Path
from typing import Any, Final

from dense_hand_pose.safe_output import write_file
import numpy as np
import numpy.typing as npt

from .metrics.joint_errors import (
    mean_joint_error_m,
    median_joint_error_m,
    percentile_joint_error_m,
)

Floats = npt.NDArray[np.float64]
_MEASURES: Final = {
    'mean_joint_error_mm': mean_joint_error_m,
    'median_joint_error_mm': median_joint_error_m,
    'p95_joint_error_mm': percentile_joint_error_m,
}


@contextmanager
def new_figure(path: Path, size_in: tuple[float, float]) -> Iterator[Any]:
    """Give the axes of a new figure and write it to a PNG file at the end."""
    with new_page(path, size_in, 1, 1) as axes:
        yield axes[0, 0]


@contextmanager
def new_page(path: Path, size_in: tuple[float, float], rows: int, columns: int) -> Iterator[Any]:
    """Give the axes (rows, columns) of a new page of plots and write it to a PNG file."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({'axes.grid': True, 'grid.alpha': 0.3}):
        figure = Figure(figsize=size_in, layout='constrained')  # Agg: no display, no pyplot
        yield figure.subplots(rows, columns, squeeze=False)
        picture = io.BytesIO()
        figure.savefig(picture, dpi=110, format='png')
        write_file(path, picture.getvalue())


def error_figures(errors_m: Floats) -> dict[str, float]:
    """Return mean, median and 95th percentile of errors (N, J) in millimetres, NaN of nothing."""
    if not errors_m.size:
        return dict.fromkeys(_MEASURES, math.nan)
    return {name: 1000.0 * measure(errors_m) for name, measure in _MEASURES.items()}


def rounded(value: Any, digits: int = 4) -> Any:
    """Return a number, or all numbers of dicts and lists, as JSON has them: null for NaN."""
    if isinstance(value, dict):
        return {key: rounded(entry, digits) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(entry, digits) for entry in value]
    if isinstance(value, float | np.floating):
        return round(float(value), digits) if np.isfinite(value) else None
    return value


def mean(values: npt.ArrayLike) -> float:
    """Return the mean, NaN of nothing."""
    array = np.asarray(values)
    return float(array.mean()) if array.size else math.nan


def rate_hz(stamps_ns: Sequence[int]) -> float:
    """Return the mean rate of rising stamps, NaN for fewer than two."""
    if len(stamps_ns) < 2 or stamps_ns[-1] <= stamps_ns[0]:
        return math.nan
    return (len(stamps_ns) - 1) / ((stamps_ns[-1] - stamps_ns[0]) / 1e9)


def decimal(value: float | None, digits: int = 1) -> str:
    """Return a number for a table, a dash for None and NaN."""
    return '-' if value is None or math.isnan(value) else f'{value:.{digits}f}'


def percent(share: float | None) -> str:
    """Return a share from 0 to 1 in percent for a table, a dash for None and NaN."""
    return '-' if share is None or math.isnan(share) else f'{100.0 * share:.1f} %'
