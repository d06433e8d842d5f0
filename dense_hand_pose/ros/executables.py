# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Entry points of the executables: SIGINT and SIGTERM end them with status 0 at any moment.

Handlers are installed before rclpy and a runtime are imported, which takes seconds. The first
signal raises KeyboardInterrupt in the main thread; later ones must not interrupt the release of
what is held, nor the end of the interpreter, where Python would restore the deadly default.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
import os
import signal
import sys
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def hand_pose_node() -> int:
    """Run the node; the console script hand_pose_node."""
    return run(lambda: _main_of('node'))


def synthetic_camera() -> int:
    """Run the synthetic camera; the console script synthetic_camera."""
    return run(lambda: _main_of('synthetic_camera'))


def run(load: Callable[[], Callable[[], int]]) -> int:
    """Load a main function and return its status, 0 where a signal ended it."""
    _handle(_exit)  # nothing to release so far
    main = load()
    _handle(_interrupt)
    try:
        return main()
    except KeyboardInterrupt:
        return 0
    except SystemError as error:
        # Compiled code that a signal interrupts wraps the interrupt (numba, while it loads).
        if _was_interrupted(error):
            return 0
        raise
    finally:
        _handle(signal.SIG_IGN)


def _was_interrupted(error: BaseException | None) -> bool:
    """Return whether an interrupt is among the causes of an error."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def ignore_signals() -> None:
    """Let further signals pass: what is held is being released."""
    _handle(_pass)


def _main_of(module: str) -> Callable[[], int]:
    main: Callable[[], int] = import_module(f'dense_hand_pose.ros.{module}').main
    return main


def _handle(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in _SIGNALS:
        signal.signal(number, handler)


def _exit(*_: object) -> None:
    sys.stdout.flush()
    os._exit(0)


def _interrupt(*_: object) -> None:
    ignore_signals()
    raise KeyboardInterrupt


def _pass(*_: object) -> None:
    """Do nothing, unlike SIG_IGN, which rclpy would replace when it restores handlers."""
