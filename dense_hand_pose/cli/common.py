# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the commands share: one-line errors and checked argument types."""

import argparse
from collections.abc import Callable
import math
from typing import NoReturn


class CommandError(Exception):
    """A command cannot go on: its one-line reason and remedy, and the exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


class OneLineParser(argparse.ArgumentParser):
    """An ArgumentParser whose errors are one line on stderr, with the remedy; exit status 2."""

    def __init__(self, *, prog: str, description: str | None) -> None:
        super().__init__(
            prog=prog,
            description=description,
            allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where the right arguments stand, in one line."""
        line = ' '.join(message.split())
        self.exit(2, f'{self.prog}: {line}; see `{self.prog} --help`\n')


def number(
    expected: str, *, low: float = -math.inf, high: float = math.inf, above: bool = False
) -> Callable[[str], float]:
    """
    Return an argparse type for a finite float in [low, high], or (low, high] with ``above``.

    ``expected`` says in words what is right, for the error message.
    """

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and low <= value <= high) or (above and value == low):
            raise argparse.ArgumentTypeError(f'{text!r} is not {expected}')
        return value

    return convert


def whole_number(expected: str, *, low: int, high: int | None = None) -> Callable[[str], int]:
    """Return an argparse type for an integer in [low, high]."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if value < low or (high is not None and value > high):
            raise argparse.ArgumentTypeError(f'{text!r} is not {expected}')
        return value

    return convert
