# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The training log: one CSV line for every report, continued when a training is resumed."""

import csv
from pathlib import Path


class CsvLog:
    """
    Append rows of named numbers to a CSV file; the header is written once.

    ValueError for a file that is there with other columns: its rows would no longer be under them.
    """

    def __init__(self, path: Path, columns: tuple[str, ...]) -> None:
        self._path = path
        self._columns = columns
        if not path.exists():
            self._append(columns)
            return
        with path.open(encoding='utf-8', newline='') as file:
            found = tuple(next(csv.reader(file), ()))
        if found != columns:
            raise ValueError(
                f'{path}: columns {", ".join(found)}, expected {", ".join(columns)}; '
                'give the file another name and resume'
            )

    def write(self, values: dict[str, float]) -> None:
        """Append one row: six digits, whole numbers whole; a column without a value is empty."""
        self._append(tuple(_word(values[c]) if c in values else '' for c in self._columns))

    def _append(self, row: tuple[str, ...]) -> None:
        with self._path.open('a', encoding='utf-8', newline='') as file:
            csv.writer(file).writerow(row)


def _word(value: float) -> str:
    return str(value) if isinstance(value, int) else f'{value:.6g}'
