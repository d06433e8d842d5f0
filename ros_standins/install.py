# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Install the stand-ins that this Python needs, and no other.

Run with the interpreter of the target environment: ``python ros_standins/install.py``. A package
that can be imported (from a sourced ROS distribution, or installed before) is left alone.
"""

import importlib.machinery
import importlib.metadata
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile

PACKAGES = ('message_filters', 'cv_bridge', 'sensor_msgs_py')
FOLDER = Path(__file__).resolve().parent


def missing_packages() -> list[str]:
    """Return the names of PACKAGES that this Python cannot find."""
    # sys.path[0] is this folder, whose sub-folders would look like namespace packages.
    search_path = [entry for entry in sys.path if Path(entry or '.').resolve() != FOLDER]
    find = importlib.machinery.PathFinder.find_spec
    found = {name: find(name, search_path) for name in PACKAGES}
    return [name for name, spec in found.items() if spec is None or spec.origin is None]


def pip_command(folders: list[str]) -> list[str]:
    """Return the pip call that installs the distributions in `folders`."""
    command = [sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check']
    command += ['--no-deps']
    if _builds_wheels():
        # The build tools are here already: no download, so this also works without a network.
        command += ['--no-build-isolation']
    return command + folders


def _builds_wheels() -> bool:
    """Return whether this environment's setuptools can build wheels by itself (70.1 on)."""
    try:
        version = importlib.metadata.version('setuptools')
    except importlib.metadata.PackageNotFoundError:
        return False
    return tuple(int(part) for part in version.split('.')[:2]) >= (70, 1)


def install(names: list[str]) -> int:
    """Install the stand-ins called `names`; return pip's exit status."""
    with tempfile.TemporaryDirectory() as scratch:
        # setuptools leaves build/ and *.egg-info beside what it builds: not in the checkout.
        copies = [str(shutil.copytree(FOLDER / name, Path(scratch) / name)) for name in names]
        return subprocess.call(pip_command(copies))  # noqa: S603 (no shell, our own words)


def main() -> int:
    """Install what is missing; return pip's exit status, 0 when nothing was missing."""
    missing = missing_packages()
    if missing:
        names = ', '.join(missing)
        print(f'Adding stand-ins for ROS packages that PyPI lacks: {names}.', flush=True)
    return install(missing) if missing else 0


if __name__ == '__main__':
    sys.exit(main())
