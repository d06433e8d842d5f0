# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and SIGTERM as wishes that a training grants between two steps."""

from collections.abc import Callable
import gc
import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopWish:
    """
    Hears SIGINT and SIGTERM while it is entered; ``heard`` says whether one came.

    An exception in the midst of a step would leave a network that is neither before nor after it.
    Outside of the main thread, where Python hears no signals, nothing is changed.
    """

    def __init__(self, then: Callable[[], None] | None = None) -> None:
        self.heard = False
        self._then = then
        self._before: dict[int, Any] = {}

    def __enter__(self) -> 'StopWish':
        """Begin to listen."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._hear) for number in _SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the signals back to whoever had them."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.heard = True
        if self._then is not None:
            self._then()


def leave_signals_to_the_trainer(_worker: int = 0) -> None:
    """
    Let a loader's worker survive the Ctrl-C that its terminal sends to all; for its start.

    What the trainer has left behind is not the worker's to clean up: an OpenVINO network in the
    garbage would wait for threads that did not come along, for ever.
    """
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
