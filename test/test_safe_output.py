# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Files of results replace what is there, whole, through no link; text of others is one line."""

import os
from pathlib import Path
import stat
import threading
import unicodedata

from dense_hand_pose.safe_output import LONGEST, printable, quoted, write_file
from hypothesis import given
from hypothesis import strategies as st
import pytest


@pytest.mark.parametrize('content', ['Übung\n', b'\0\xff'])
def test_a_file_is_written_whole_and_alone(content: str | bytes, tmp_path: Path) -> None:
    path = tmp_path / 'a.txt'
    path.write_text('before')
    write_file(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('umask', [0o022, 0o077, 0o002])
def test_permissions_are_those_of_any_new_file(umask: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_file(tmp_path / 'a', b'')
        (tmp_path / 'b').touch()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / 'a').stat().st_mode) == (tmp_path / 'b').stat().st_mode & 0o777


def test_a_link_is_replaced_and_its_target_stays(tmp_path: Path) -> None:
    target = tmp_path / 'precious'
    target.write_text('precious')
    for name, aim in (('a', target), ('b', tmp_path / 'nowhere')):
        (tmp_path / name).symlink_to(aim)
        write_file(tmp_path / name, 'result')
        assert not (tmp_path / name).is_symlink()
    assert target.read_text() == 'precious'
    assert not (tmp_path / 'nowhere').exists()


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / 'folder').mkdir()
    with pytest.raises(OSError):
        write_file(tmp_path / 'folder', 'x')
    with pytest.raises(FileNotFoundError):
        write_file(tmp_path / 'nowhere' / 'a', 'x')
    assert [path.name for path in tmp_path.iterdir()] == ['folder']


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    path = tmp_path / 'pipe'
    os.mkfifo(path)
    received: list[bytes] = []
    reader = threading.Thread(target=lambda: received.append(path.read_bytes()))
    reader.start()
    write_file(path, 'figures')
    reader.join(timeout=10.0)
    assert received == [b'figures']
    assert stat.S_ISFIFO(path.lstat().st_mode)


def test_a_full_device_is_an_error_and_stays_a_device() -> None:
    with pytest.raises(OSError, match='No space left'):
        write_file(Path('/dev/full'), 'figures')
    assert stat.S_ISCHR(Path('/dev/full').lstat().st_mode)


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
