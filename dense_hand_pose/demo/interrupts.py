# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Ctrl-C and polite kills that are not lost.

A handler's KeyboardInterrupt vanishes where Python runs it inside a destructor or a callback of a
library. It is remembered here, and raised again at the next place that asks.
"""

import signal
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_seen: list[int] = []


def catch() -> None:
    """Make Ctrl-C, SIGTERM and SIGHUP end the demo, with all its children."""
    _seen.clear()
    for number in _SIGNALS:
        signal.signal(number, _interrupt)


def obey() -> None:
    """Raise KeyboardInterrupt if one of the signals has come."""
    if _seen:
        raise KeyboardInterrupt


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _seen.append(number)
    raise KeyboardInterrupt
