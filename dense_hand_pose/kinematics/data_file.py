# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The constants of the kinematic hand: data/hand.npz, which tools/build_hand_prior.py writes."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

DATA_FILE = Path(__file__).parent / 'data' / 'hand.npz'


@lru_cache(maxsize=1)
def read_arrays() -> dict[str, npt.NDArray[np.float64]]:
    """Return all arrays of the file by name (cached)."""
    with np.load(DATA_FILE, allow_pickle=False) as data:
        return {name: data[name].astype(np.float64) for name in data}
