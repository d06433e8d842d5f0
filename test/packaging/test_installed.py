# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What `colcon build` installed, as `ros2 run` and `ros2 launch` look for it.

These tests run under `colcon test`, whose environment names the install folder.
"""

import os
from pathlib import Path
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = Path(__file__).parents[2]
NAME = 'dense_hand_pose'


def installed_prefix() -> Path | None:
    """Return the prefix in AMENT_PREFIX_PATH that holds the package, if there is one."""
    prefixes = [Path(p) for p in os.environ.get('AMENT_PREFIX_PATH', '').split(':') if p]
    index = Path('share/ament_index/resource_index/packages') / NAME
    return next((prefix for prefix in prefixes if (prefix / index).is_file()), None)


PREFIX = installed_prefix()
pytestmark = pytest.mark.skipif(PREFIX is None, reason='run by `make colcon` (colcon test)')


def files_below(folder: Path) -> set[Path]:
    """Return the files in a folder, at any depth, relative to it."""
    found = {path.relative_to(folder) for path in folder.rglob('*') if path.is_file()}
    return {path for path in found if path.suffix != '.pyc'}


def run_python(code: str, folder: Path) -> str:
    """Run code from a folder outside the source tree and return what it printed."""
    result = subprocess.run(
        [sys.executable, '-c', code], cwd=folder, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_package_loads_from_what_was_built(tmp_path: Path) -> None:
    found = Path(run_python(f'import {NAME}; print({NAME}.__file__)', tmp_path).strip())
    assert PREFIX is not None
    # With `colcon build --symlink-install` the package stays in the build folder.
    assert {PREFIX, ROOT / 'build' / NAME} & set(found.parents)


def test_the_share_folder_has_what_the_source_has() -> None:
    assert PREFIX is not None
    share = PREFIX / 'share' / NAME
    assert ElementTree.parse(share / 'package.xml').findtext('name') == NAME  # noqa: S314
    for folder in ('launch', 'config'):
        source = files_below(ROOT / folder)
        assert source
        assert files_below(share / folder) == source


def test_data_files_are_installed(tmp_path: Path) -> None:
    folder = Path(run_python(f'import {NAME}; print({NAME}.__file__)', tmp_path).strip()).parent
    for data in ('runtimes/data', 'evaluation/report_page/page', 'synthesis/data', 'models'):
        names = {
            p.name
            for p in (ROOT / NAME / data).iterdir()
            if p.suffix in {'.npz', '.md', '.safetensors', '.txt', '.zip', '.html', '.css', '.js'}
        }
        assert names
        assert names <= {p.name for p in (folder / data).iterdir()}


@pytest.mark.parametrize(
    ('executable', 'module'),
    [('hand_pose_node', 'ros.node'), ('synthetic_camera', 'ros.synthetic_camera')],
)
def test_ros2_run_finds_the_executable(executable: str, module: str, tmp_path: Path) -> None:
    assert PREFIX is not None
    path = PREFIX / 'lib' / NAME / executable
    assert os.access(path, os.X_OK)
    code = f'from {NAME}.{module} import main; print(callable(main))'
    assert run_python(code, tmp_path).strip() == 'True'


def test_the_command_line_works_from_the_install_folder(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, '-m', NAME, '--help'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert 'estimate' in result.stdout
