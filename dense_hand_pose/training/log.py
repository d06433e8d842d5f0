# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The training log: one CSV line for every report, continued when a training is resumed."""

import csv
from pathlib import Path


class CsvLog:
    """Append rows of named numbers to a CSV file; the header is written once."""

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns
        if not path.exists():
            self._append(columns)

    def write(self, values: dict[str, float]) -> None:
        """Append one row; a column without a value stays empty."""
        self._append(tuple(f'{values[c]:.6g}' if c in values else '' for c in self._columns))

    def _append(self, row: tuple[str, ...]) -> None:
        with self._path.open('a', encoding='utf-8', newline='') as file:
            csv.writer(file).writerow(row)
