# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of what backends prepare: private, or not used."""

from pathlib import Path

from dense_hand_pose.runtimes.cache import cache_folder
import pytest


@pytest.fixture(autouse=True)
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    return tmp_path


def test_it_is_private(base: Path) -> None:
    folder = cache_folder('engines')
    assert folder == base / 'dense_hand_pose/engines'
    for path in (folder, folder.parent):
        assert path.stat().st_mode & 0o777 == 0o700
    assert cache_folder('engines') == folder


@pytest.mark.parametrize('mode', [0o777, 0o770, 0o755])
def test_a_folder_that_others_reach_is_not_used(mode: int) -> None:
    folder = cache_folder('engines')
    assert folder is not None
    folder.chmod(mode)
    assert cache_folder('engines') is None


def test_a_link_or_a_file_in_its_place_is_not_used(base: Path) -> None:
    (base / 'elsewhere').mkdir(mode=0o700)
    (base / 'dense_hand_pose').mkdir(mode=0o700)
    (base / 'dense_hand_pose/link').symlink_to(base / 'elsewhere')
    (base / 'dense_hand_pose/file').write_text('')
    assert cache_folder('link') is None
    assert cache_folder('file') is None


def test_no_place_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', '/proc/nowhere')
    assert cache_folder('engines') is None
