# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""No room for a report or a bag: one line that says so, status 1, and old files stay whole."""

import os
from pathlib import Path
import subprocess
import sys

import pytest

# The kernel refuses every byte beyond the limit; SIGXFSZ, which would end the process, is ignored.
# Without the detector the small network believes in hands, so that there is something to write.
LIMITED = """
import resource, signal, sys
from dense_hand_pose.cli import main
from dense_hand_pose.detection import factory
factory.detector_is_installed = lambda: False
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(main(sys.argv[2:]))
"""


def limited(folder: Path, limit_bytes: int, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a command that cannot write files of more bytes."""
    environment = {**os.environ, 'PYTHONPATH': str(Path(__file__).parents[2])}
    environment.pop('COVERAGE_PROCESS_CONFIG', None)  # its file would not fit either
    return subprocess.run(
        [sys.executable, '-c', LIMITED, str(limit_bytes), *map(str, words)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def check_said(done: subprocess.CompletedProcess[str], words: str = 'File too large') -> None:
    assert done.returncode > 0, done.stderr
    assert 'Traceback' not in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize('limit_bytes', [0, 4_000, 40_000])
def test_results_without_room_are_said(
    sample: Path, always_hand_weights: str, tmp_path: Path, limit_bytes: int
) -> None:
    model = ('--model', always_hand_weights, '--backend', 'cpu', '--precision', 'float32')
    done = limited(tmp_path, limit_bytes, 'evaluate', 'bag', sample, '--out', 'out', *model)
    check_said(done)


def test_a_synthetic_bag_without_room_is_said(tmp_path: Path) -> None:
    words = ('--out', 'sample', '--seconds', 0.5)
    check_said(limited(tmp_path, 3_000, 'record-sample', *words))


def test_weights_without_room_leave_the_old_ones(always_hand_weights: str, tmp_path: Path) -> None:
    path = tmp_path / 'model.safetensors'
    path.write_bytes(Path(always_hand_weights).read_bytes())
    old = path.with_name('model.openvino.zip')
    old.write_bytes(b'old')
    check_said(limited(tmp_path, 3_000, 'export', path), 'the graph cannot be written to')
    assert old.read_bytes() == b'old'
    assert sorted(p.name for p in tmp_path.iterdir()) == [old.name, path.name]
