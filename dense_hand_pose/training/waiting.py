# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""How long the device of a training waits for its next batch."""

from collections.abc import Callable, Iterator
import time
from typing import Any, Protocol, TypeVar

import torch

_Batch = TypeVar('_Batch')


class Waiting(Protocol):
    """Measures the gaps between the steps of a training."""

    def next_of(self, batches: Iterator[_Batch]) -> _Batch:
        """Return the next batch; the step that follows ends the gap."""

    def step_ended(self) -> None:
        """Note that a step was given to the device, which begins a gap."""

    def taken_s(self) -> float:
        """Return the seconds of all gaps since the last call."""


class HostWaiting:
    """The gaps of a CPU: as long as it takes until the next batch is there."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._spent_s = 0.0

    def next_of(self, batches: Iterator[_Batch]) -> _Batch:
        """Return the next batch."""
        begin_s = self._clock()
        batch = next(batches)
        self._spent_s += self._clock() - begin_s
        return batch

    def step_ended(self) -> None:
        """Do nothing: a CPU has done the step by now."""

    def taken_s(self) -> float:
        """Return the seconds of all gaps since the last call."""
        spent_s, self._spent_s = self._spent_s, 0.0
        return spent_s


class DeviceWaiting:
    """
    The gaps of a GPU, by its own clock: from the end of a step to the begin of the next one.

    The host gives steps to the GPU ahead of time, so that a wait of the host need not be one of
    the GPU. ``event`` makes what is recorded in the GPU's queue.
    """

    def __init__(self, event: Callable[[], Any] | None = None) -> None:
        self._event = event or _timed_event
        self._ended: Any = None
        self._gaps: list[tuple[Any, Any]] = []

    def next_of(self, batches: Iterator[_Batch]) -> _Batch:
        """Return the next batch, and record that the GPU gets to it."""
        batch = next(batches)
        if self._ended is not None:
            begun = self._event()
            begun.record()
            self._gaps.append((self._ended, begun))
            self._ended = None
        return batch

    def step_ended(self) -> None:
        """Record the end of a step."""
        self._ended = self._event()
        self._ended.record()

    def taken_s(self) -> float:
        """Return the seconds of all gaps since the last call; this waits for the GPU."""
        if not self._gaps:
            return 0.0
        self._gaps[-1][1].synchronize()
        spent_ms = sum(ended.elapsed_time(begun) for ended, begun in self._gaps)
        self._gaps = []
        return float(spent_ms) / 1000.0


def _timed_event() -> Any:
    return torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]


def waiting_of(device: torch.device) -> Waiting:
    """Return what measures the gaps of a device."""
    return DeviceWaiting() if device.type == 'cuda' else HostWaiting()
