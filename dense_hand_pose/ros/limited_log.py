# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A log that limits what others can make the node write: one line a kind and minute, cut."""

from collections.abc import Callable
import threading
import time

from dense_hand_pose.quoting import printable

LOG_PERIOD_S = 60.0
"""A kind of message is logged when it first occurs, then at most this often, with a count."""

MAX_CHARACTERS = 500
"""A message quotes encodings, coefficients and names of others; its rest is cut."""


class LimitedLog:
    """Log each kind of message once in a period, from any thread."""

    def __init__(self, log: Callable[[str, str], None]) -> None:
        """Take `log(severity, line)`; severities are 'error', 'warn' and 'info'."""
        self._log = log
        self._lock = threading.Lock()
        self._logged_at: dict[str, float] = {}
        self._suppressed: dict[str, int] = {}

    def once(self, severity: str, kind: str, message: str, remedy: str = '') -> None:
        """Log a message, cut, and its remedy, unless its kind was ever logged."""
        with self._lock:
            if kind in self._logged_at:
                return
        self(severity, kind, message, remedy)

    def __call__(self, severity: str, kind: str, message: str, remedy: str = '') -> None:
        """Log a message, cut, and its remedy, unless its kind was logged within the period."""
        now = time.monotonic()
        with self._lock:
            logged_at = self._logged_at.get(kind)
            if logged_at is not None and now - logged_at < LOG_PERIOD_S:
                self._suppressed[kind] = self._suppressed.get(kind, 0) + 1
                return
            self._logged_at[kind] = now
            count = self._suppressed.pop(kind, 0) + 1
        again = f' ({count} times since the last such message)' if logged_at is not None else ''
        tail = f' {remedy}' if remedy else ''
        self._log(severity, f'{printable(message, MAX_CHARACTERS)}{again}{tail}')
