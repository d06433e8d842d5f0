# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Mined crops that stay in their files, which all processes of a machine share in memory."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.torch import load_file
import torch
from torch import Tensor


class StoredCrops:
    """
    The column ``crops`` uint8 (N, S, S) of safetensors files, one after the other.

    The files are mapped: a page is read when a crop of it is asked for, and lies in memory once
    for all processes. A copy in another process maps them again. Raises what load_file raises.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = tuple(paths)
        self._parts = [load_file(path)['crops'] for path in paths]
        self._ends = np.cumsum([len(part) for part in self._parts])

    def __len__(self) -> int:
        """Return N."""
        return int(self._ends[-1]) if self._parts else 0

    def __getitem__(self, chosen: npt.ArrayLike) -> Tensor:
        """Return the crops (K, S, S) with these numbers (K,), in their order; IndexError."""
        numbers = np.asarray(chosen, np.int64)
        if numbers.size and not (numbers.min() >= 0 and numbers.max() < len(self)):
            raise IndexError(f'crops {numbers.min()} to {numbers.max()} of {len(self)}')
        part = np.searchsorted(self._ends, numbers, side='right')
        row = numbers - np.concatenate([[0], self._ends])[part]
        found = torch.empty((len(numbers), *self._parts[0].shape[1:]), dtype=torch.uint8)
        for one in np.unique(part):
            here = part == one
            found[torch.from_numpy(here)] = self._parts[one][torch.from_numpy(row[here])]
        return found

    def __reduce__(self) -> tuple[type['StoredCrops'], tuple[tuple[Path, ...]]]:
        """Have another process map the files, instead of sending what they hold."""
        return StoredCrops, (self._paths,)
