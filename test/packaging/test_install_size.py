# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What `make demo` installs stays small: counted from what this environment has of it."""

from importlib.metadata import Distribution, distribution, PackageNotFoundError
from pathlib import Path
import re

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
import pytest

REQUIREMENTS = Path(__file__).parents[2] / 'requirements'
LIMIT_MB = 500.0
FOLDERS_MB = 10.0
"""Folders and the scripts of the environment itself, which belong to no distribution."""
HEAVY = {'torch', 'numba', 'llvmlite', 'scipy', 'matplotlib', 'opencv-python-headless'}


def listed(name: str) -> list[Requirement]:
    """Return the requirements of a file and of those that it includes."""
    found = []
    for line in (REQUIREMENTS / name).read_text().splitlines():
        if line.startswith('-r '):
            found += listed(line[3:].strip())
        elif re.match(r'[A-Za-z]', line):
            found.append(Requirement(line))
    return found


def closure(requirements: list[Requirement]) -> dict[str, Distribution]:
    """Return what the requirements bring, by canonical name, with the dependencies of each."""
    found: dict[str, Distribution] = {}
    waiting = list(requirements)
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or (wanted.marker and not wanted.marker.evaluate({'extra': ''})):
            continue
        found[name] = distribution(wanted.name)
        waiting += [Requirement(text) for text in found[name].requires or ()]
    return found


def disk_mb(installed: Distribution) -> float:
    """Return what the files of a distribution take on the disk, as du counts them."""
    paths = {Path(str(file.locate())).resolve() for file in installed.files or ()}
    kept = [path.stat() for path in paths if path.is_file()]
    # Byte code that pip compiled is listed; what is compiled later is about as large.
    return sum(max(stat.st_blocks * 512, stat.st_size) for stat in kept) / 2**20


@pytest.fixture(scope='module')
def installed() -> dict[str, Distribution]:
    """Return what `make demo` installs where no ROS distribution is sourced."""
    try:
        distribution('ros-jazzy-rclpy')
    except PackageNotFoundError:
        pytest.skip('a sourced ROS distribution takes the place of the ROS wheels')
    base = [Requirement(name) for name in ('pip', 'setuptools')]
    return closure(base + listed('runtime.txt') + listed('ros-jazzy-wheels.txt'))


def test_the_demo_installs_less_than_its_limit(installed: dict[str, Distribution]) -> None:
    sizes_mb = {name: disk_mb(found) for name, found in installed.items()}
    largest = sorted(sizes_mb.items(), key=lambda item: -item[1])[:8]
    total_mb = sum(sizes_mb.values()) + FOLDERS_MB
    assert sizes_mb['openvino'] > 100.0, 'the sizes are read from the files'
    assert total_mb < LIMIT_MB, f'{total_mb:.0f} MB: {largest}'


def test_nothing_heavy_comes_along(installed: dict[str, Distribution]) -> None:
    assert not HEAVY & set(installed)
    assert {'openvino', 'pillow', 'ros-jazzy-rclpy'} <= set(installed)
