# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""No process of a command opens an IP socket or writes outside its output and cache."""

from importlib.util import find_spec
import os
from pathlib import Path
import subprocess
import sys

from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.network.weights import save_weights
import numpy as np
import pytest
from support.confined import CALLED_OUT, NO_FILTER
from support.tiny import always_hand_network

ROOT = Path(__file__).parents[2]


def confined(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """Run a command with a home of its own; fail where it left a file there but in the cache."""
    home, temporary = folder / 'home', folder / 'temporary'
    home.mkdir(exist_ok=True)
    temporary.mkdir(exist_ok=True)
    environment = {**os.environ, 'PYTHONPATH': str(ROOT), 'HOME': str(home)}
    environment['TMPDIR'] = str(temporary)
    for name in ('XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'CI', 'TF_BUILD', 'JENKINS_URL'):
        environment.pop(name, None)  # the last three switch the telemetry of OpenVINO off
    script = Path(__file__).parents[1] / 'support' / 'confined.py'
    done = subprocess.run(
        [sys.executable, str(script), *map(str, words)],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode != CALLED_OUT, done.stderr
    left = [path for path in home.rglob('*') if path.is_file()]
    assert [path for path in left if home / '.cache' not in path.parents] == []
    # torch.export has its own cache there.
    left = [path for path in temporary.iterdir() if 'torchinductor' not in path.name]
    assert left == []
    return done


@pytest.fixture(scope='module', autouse=True)
def _calls_are_seen(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Show that a grandchild's socket is seen; skip where the kernel has no such filter."""
    with pytest.raises(AssertionError, match='called out: process'):
        done = confined(tmp_path_factory.mktemp('probe'), 'probe')
        if done.returncode == NO_FILTER:
            pytest.skip(done.stderr)


@pytest.mark.skipif(find_spec('openvino_telemetry') is None, reason='it is not installed')
def test_a_plain_import_of_openvino_is_seen(tmp_path: Path) -> None:
    """Show that the tests below would see what OpenVINO does where it is imported plainly."""
    # It calls out from some accounts only; its files it leaves in all.
    with pytest.raises(AssertionError, match=r'called out: process|vino_ga_cid|intel'):
        confined(tmp_path, 'import', 'openvino')
    assert (tmp_path / 'home' / 'intel').is_dir()


def test_our_import_of_openvino_does_nothing_else(tmp_path: Path) -> None:
    done = confined(tmp_path, 'import', 'dense_hand_pose.runtimes.openvino.export')
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_export_opens_no_socket(tmp_path: Path) -> None:
    save_weights(always_hand_network(), tmp_path / 'small.safetensors', {})
    done = confined(tmp_path, 'export', 'small.safetensors')
    assert done.returncode == 0, done.stderr


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
    done = confined(tmp_path, 'evaluate', 'bag', 'sample', '--out', 'out')
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'out' / 'report.html').stat().st_size > 10_000


def test_a_synthetic_bag_is_made_without_a_socket(tmp_path: Path) -> None:
    done = confined(tmp_path, 'record-sample', '--out', 'sample', '--seconds', 0.2)
    assert done.returncode == 0, done.stderr
