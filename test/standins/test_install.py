# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The installer of the stand-ins: only what is missing, and never over a real package."""

import os
from pathlib import Path
import subprocess
import sys

STANDINS = Path(__file__).parents[2] / 'ros_standins'
ASK = (
    'import sys; sys.path.insert(0, sys.argv[1]); import install; '
    'print(*install.missing_packages())'
)


def missing(python_path: Path) -> list[str]:
    """Return what the installer finds missing where only `python_path` can be searched."""
    result = subprocess.run(
        [sys.executable, '-S', '-c', ASK, str(STANDINS)],
        env={'PATH': os.environ['PATH'], 'PYTHONPATH': str(python_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return result.stdout.split()


def test_all_three_are_missing_on_a_bare_python(tmp_path: Path) -> None:
    assert missing(tmp_path) == ['message_filters', 'cv_bridge', 'sensor_msgs_py']


def test_a_real_package_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / 'cv_bridge').mkdir()
    (tmp_path / 'cv_bridge' / '__init__.py').write_text('')
    assert missing(tmp_path) == ['message_filters', 'sensor_msgs_py']


def test_colcon_passes_the_folder_by() -> None:
    assert (STANDINS / 'COLCON_IGNORE').is_file()
