# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing that others wrote reaches a terminal as a command, as two lines or as megabytes."""

import unicodedata

from dense_hand_pose.quoting import LONGEST, printable, quoted
from hypothesis import given
from hypothesis import strategies as st
import pytest


@pytest.mark.parametrize(
    ('text', 'shown'),
    [
        ('/camera/depth/image_rect_raw', '/camera/depth/image_rect_raw'),
        ('/a\x1b[31mred', r'/a\x1b[31mred'),
        ('two\nlines\r', r'two\nlines\r'),
        ('abc\u202egnp.exe', r'abc\u202egnp.exe'),
        ('\udc80', r'\udc80'),
        ('\x9b2J', r'\x9b2J'),
        ('Übung 手', 'Übung 手'),
        (b'\xff', r"b'\xff'"),
    ],
)
def test_control_characters_are_shown_not_obeyed(text: object, shown: str) -> None:
    assert printable(text) == shown
    assert quoted(text) == f"'{shown}'"


@given(st.text(st.characters(), max_size=300), st.integers(2, 200))
def test_the_result_is_one_short_encodable_line(text: str, longest: int) -> None:
    shown = printable(text, longest)
    assert len(shown) <= longest
    shown.encode('utf-8')
    assert not any(unicodedata.category(c) in ('Cc', 'Cf', 'Cs', 'Zl', 'Zp') for c in shown)
    if text.isprintable() and len(text) <= longest:
        assert shown == text
    assert shown.endswith('…') or len(text) <= longest


def test_a_text_of_megabytes_is_cut() -> None:
    assert printable('x' * 2_000_000) == 'x' * (LONGEST - 1) + '…'
