# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What `pip install` brings: a command, types for a user's mypy, metadata and bounds."""

from importlib.metadata import PathDistribution
import os
from pathlib import Path
import re
import shutil
import subprocess
import sys
import zipfile

from packaging.requirements import Requirement
import pytest

ROOT = Path(__file__).parents[2]
NAME = 'dense_hand_pose'
PARTS = (NAME, 'config', 'launch', 'requirements', 'resource')
FILES = ('setup.py', 'setup.cfg', 'pyproject.toml', 'MANIFEST.in', 'README.md', 'package.xml',
         'CHANGELOG.rst', 'LICENSE')  # fmt: skip
WEIGHTS = ('*.safetensors', '*.openvino.zip', '__pycache__')


def run(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program from a folder; a failure shows what it said."""
    # colcon's PYTHONPATH has the package, too: pip would find it installed already.
    env = {name: value for name, value in os.environ.items() if name != 'PYTHONPATH'}
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope='module')
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the site folder of an environment with the package (without weights), no other."""
    folder = tmp_path_factory.mktemp('user')
    source = folder / 'source'
    source.mkdir()
    for part in PARTS:
        shutil.copytree(ROOT / part, source / part, ignore=shutil.ignore_patterns(*WEIGHTS))
    for name in FILES:
        shutil.copy(ROOT / name, source)
    options = ['--no-deps', '--no-build-isolation', '--no-index', '--quiet']
    run([sys.executable, '-m', 'pip', 'wheel', *options, '--wheel-dir', str(folder), '.'], source)
    (wheel,) = folder.glob('*.whl')
    run([sys.executable, '-m', 'venv', '--without-pip', 'venv'], folder)
    (site,) = folder.glob('venv/lib/python*/site-packages')
    target = ['--python', str(folder / 'venv' / 'bin' / 'python')]
    run(
        [sys.executable, '-m', 'pip', *target, 'install', '--no-deps', '--no-index', '--quiet',
         str(wheel)],
        folder,
    )  # fmt: skip
    return site


@pytest.mark.slow
def test_the_command_is_on_the_path(installed: Path) -> None:
    command = installed.parents[2] / 'bin' / NAME
    assert 'usage: ' in run([str(command), '--help'], installed.parents[3]).stdout


@pytest.mark.slow
def test_a_users_mypy_sees_the_types(installed: Path, tmp_path: Path) -> None:
    (tmp_path / 'user.py').write_text(
        'from dense_hand_pose import HandPoseEstimator, Intrinsics\n'
        'reveal_type(HandPoseEstimator.load().estimate)\n'
        'reveal_type(Intrinsics(500.0, 500.0, 319.5, 239.5).fx)\n'
        "Intrinsics('five', 500.0, 319.5, 239.5)\n"
    )
    python = installed.parents[2] / 'bin' / 'python'
    words = [sys.executable, '-m', 'mypy', '--python-executable', str(python), 'user.py']
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert 'py.typed marker' not in done.stdout
    assert 'HandPose | None' in done.stdout.replace('dense_hand_pose.estimation.hand_pose.', '')
    assert re.search(r'user.py:3: note: Revealed type is "(builtins\.)?float"', done.stdout)
    assert (
        'user.py:4: error: Argument 1 to "Intrinsics" has incompatible type "str"' in done.stdout
    )


@pytest.mark.slow
def test_the_metadata_are_complete(installed: Path) -> None:
    (folder,) = installed.glob('*.dist-info')
    found = PathDistribution(folder).metadata
    assert found['Description-Content-Type'] == 'text/markdown'
    assert 'depth' in found.get_payload()
    assert {'Source', 'Issues'} <= {u.partition(',')[0] for u in found.get_all('Project-URL')}
    assert 'Typing :: Typed' in found.get_all('Classifier')
    needed = {Requirement(text).name for text in found.get_all('Requires-Dist')}
    assert {'numpy', 'openvino', 'rosbags', 'torch'} <= needed
    assert 'setuptools' not in needed


def test_the_pin_of_torch_lies_in_the_range_of_setup() -> None:
    train = (ROOT / 'requirements' / 'train.txt').read_text()
    (pin,) = re.findall('^torch==(.*)$', train, re.MULTILINE)
    (allowed,) = re.findall(r"'(torch>=[^']*)'", (ROOT / 'setup.py').read_text())
    assert Requirement(allowed).specifier.contains(pin)


def test_no_inner_names_of_rosbags_are_used() -> None:
    public = {'rosbags.interfaces', 'rosbags.rosbag1', 'rosbags.rosbag2', 'rosbags.typesys',
              'rosbags.highlevel'}  # fmt: skip
    for path in (ROOT / NAME).rglob('*.py'):
        for name in re.findall(r'^\s*(?:from|import) (rosbags[\w.]*)', path.read_text(), re.M):
            assert name in public, f'{path} imports {name}'


@pytest.mark.slow
def test_the_wheel_lists_the_marker_of_types(installed: Path) -> None:
    (wheel,) = installed.parents[3].glob('*.whl')
    assert f'{NAME}/py.typed' in zipfile.ZipFile(wheel).namelist()
