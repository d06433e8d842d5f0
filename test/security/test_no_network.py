# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""No command that a user runs opens a socket of the internet; only ROS has a network."""

from pathlib import Path
import signal
import subprocess
import sys

from dense_hand_pose.bags.sample import SampleOptions, write_sample
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


def confined(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    script = Path(__file__).with_name('confined.py')
    return subprocess.run(
        [sys.executable, str(script), *map(str, words)],
        cwd=folder, env=None, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


@pytest.fixture(scope='module', autouse=True)
def _package_is_found() -> None:
    """Have the children find this package, from whatever folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('PYTHONPATH', str(ROOT))
        yield


@pytest.fixture(scope='module', autouse=True)
def _filter_works(_package_is_found: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Show that the kernel ends whoever opens such a socket; skip where it has no such filter."""
    done = confined(tmp_path_factory.mktemp('probe'), 'probe')
    if done.returncode == 77:
        pytest.skip(done.stderr)
    assert done.returncode == -signal.SIGSYS


def test_an_estimate_opens_no_socket(tmp_path: Path) -> None:
    depth = np.full((240, 320), 1500, np.uint16)
    depth[90:150, 130:180] = 500
    np.save(tmp_path / 'depth.npy', depth)
    intrinsics = (240, 240, 159.5, 119.5)
    words = ('estimate', 'depth.npy', '--intrinsics', *intrinsics, '--depth-unit-mm', 1)
    done = confined(tmp_path, *words, '--out', 'out')
    assert done.returncode in (0, 1), done.stderr  # 1: it sees no hand in a board
    assert 'Traceback' not in done.stderr
    assert (tmp_path / 'out' / 'estimates.json').is_file()


def test_evaluation_and_report_open_no_socket(tmp_path: Path) -> None:
    options = SampleOptions(seconds=0.2, rate_hz=20.0, width=160, height=120)
    write_sample(tmp_path / 'sample', options)
    done = confined(tmp_path, 'evaluate', '--bag', 'sample', '--out', 'out')
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'out' / 'report.html').stat().st_size > 10_000


def test_a_synthetic_bag_is_made_without_a_socket(tmp_path: Path) -> None:
    done = confined(tmp_path, 'record-sample', '--out', 'sample', '--seconds', 0.2)
    assert done.returncode == 0, done.stderr
