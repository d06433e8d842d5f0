# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Matplotlib figures without a display; matplotlib is imported on first use."""

from collections.abc import Iterator
from contextlib import contextmanager
import io
from pathlib import Path
from typing import Any

from dense_hand_pose.output_files import write_file


@contextmanager
def new_figure(path: Path, size_in: tuple[float, float]) -> Iterator[Any]:
    """Give the axes of a new figure and write it to a PNG file at the end."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({'axes.grid': True, 'grid.alpha': 0.3}):
        figure = Figure(figsize=size_in, layout='constrained')  # Agg: no display, no pyplot
        yield figure.add_subplot()
        picture = io.BytesIO()
        figure.savefig(picture, dpi=110, format='png')
        write_file(path, picture.getvalue())


@contextmanager
def new_page(path: Path, size_in: tuple[float, float], rows: int, columns: int) -> Iterator[Any]:
    """Give the axes (rows, columns) of a new page of plots and write it to a PNG file."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({'axes.grid': True, 'grid.alpha': 0.3}):
        figure = Figure(figsize=size_in, layout='constrained')
        yield figure.subplots(rows, columns, squeeze=False)
        picture = io.BytesIO()
        figure.savefig(picture, dpi=110, format='png')
        write_file(path, picture.getvalue())
