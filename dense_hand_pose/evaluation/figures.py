# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Matplotlib figures without a display; matplotlib is imported on first use."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def new_figure(path: Path, size_in: tuple[float, float]) -> Iterator[Any]:
    """Give the axes of a new figure and write it to a PNG file at the end."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({'axes.grid': True, 'grid.alpha': 0.3}):
        figure = Figure(figsize=size_in, layout='constrained')  # Agg: no display, no pyplot
        yield figure.add_subplot()
        figure.savefig(path, dpi=110, format='png')


@contextmanager
def new_page(path: Path, size_in: tuple[float, float], rows: int, columns: int) -> Iterator[Any]:
    """Give the axes (rows, columns) of a new page of plots and write it to a PNG file."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({'axes.grid': True, 'grid.alpha': 0.3}):
        figure = Figure(figsize=size_in, layout='constrained')
        yield figure.subplots(rows, columns, squeeze=False)
        figure.savefig(path, dpi=110, format='png')
