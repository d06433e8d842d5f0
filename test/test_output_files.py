# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Results replace what is there: whole, with usual permissions, and links are not followed."""

import os
from pathlib import Path
import stat
import threading

from dense_hand_pose.output_files import write_file
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
