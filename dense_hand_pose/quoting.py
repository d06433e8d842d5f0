# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Text of others (topics, encodings, file names) made fit for a log line, a table or a page."""

from typing import Final

LONGEST: Final = 120
"""Characters that a quoted text keeps; a name of ROS has at most 255."""


def printable(text: object, longest: int = LONGEST) -> str:
    r"""
    Return ``str(text)`` on one line, without control characters, cut to ``longest`` characters.

    What a terminal would obey (escape sequences, line ends, marks of writing direction) and what
    cannot be encoded stand as \x1b, \n, \u202e, \udc80. A cut text ends in an ellipsis.
    """
    # Not the whole text: an encoding of 2 MB is a message, too.
    begin = str(text)[: longest + 1]
    shown = ''.join(c if c.isprintable() else _escaped(c) for c in begin)
    return shown if len(shown) <= longest else shown[: longest - 1] + '…'


def quoted(text: object, longest: int = LONGEST) -> str:
    """Return `printable` text between single quotes."""
    return f"'{printable(text, longest)}'"


def _escaped(character: str) -> str:
    """Return a character as Python writes it in a string."""
    return character.encode('unicode_escape').decode('ascii')
