# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How long the stages of recent frames took, as percentiles."""

from collections import deque
from collections.abc import Mapping
import threading

import numpy as np

WINDOW = 300
"""Frames that the percentiles cover: ten seconds at 30 Hz."""

PERCENTILES = (50, 95, 99)


class Timings:
    """Milliseconds by stage over the newest WINDOW frames, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, deque[float]] = {}

    def add(self, stages_ms: Mapping[str, float]) -> None:
        """Take the times of one frame."""
        with self._lock:
            for stage, milliseconds in stages_ms.items():
                window = self._windows.setdefault(stage, deque(maxlen=WINDOW))
                window.append(milliseconds)

    def percentiles(self) -> dict[str, tuple[float, ...]]:
        """Return the PERCENTILES of each stage."""
        with self._lock:
            copies = {stage: list(window) for stage, window in self._windows.items()}
        return {
            stage: tuple(np.percentile(values, PERCENTILES).tolist())
            for stage, values in copies.items()
        }
