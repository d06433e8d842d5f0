# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The locks hold what requirements/*.txt ask for, for every Python, each file with its hash."""

from functools import cache
from pathlib import Path
import re
from typing import NamedTuple

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
import pytest
from test_install_size import listed

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / 'requirements'
WHEELS = ('ros-jazzy-wheels.txt',)
FILES = {
    'runtime': ('runtime.txt', *WHEELS),
    'test': ('test.txt', *WHEELS, 'ros-jazzy-wheels-test.txt'),
    'torch': (),
}
PYTHONS = ('3.10', '3.11', '3.12', '3.13', '3.14')
_HASH = re.compile(r'--hash=sha256:[0-9a-f]{64}\b')


class Pin(NamedTuple):
    """A line of a lock: the pinned requirement and how many files it allows."""

    requirement: Requirement
    hashes: int


@cache
def pins(lock: str) -> tuple[Pin, ...]:
    """Return the pins of a lock."""
    text = (REQUIREMENTS / f'{lock}.lock').read_text().replace('\\\n', ' ')
    lines = [line for line in text.splitlines() if re.match('[a-z0-9]', line)]
    return tuple(
        Pin(Requirement(line.partition('--hash')[0]), len(_HASH.findall(line))) for line in lines
    )


def on(python: str) -> dict[str, str]:
    """Return the environment of a Python on Linux x86_64."""
    linux = {
        'sys_platform': 'linux', 'platform_system': 'Linux', 'platform_machine': 'x86_64',
        'os_name': 'posix', 'implementation_name': 'cpython', 'extra': '',
        'platform_python_implementation': 'CPython',
    }  # fmt: skip
    return {
        **default_environment(), **linux, 'python_version': python,
        'python_full_version': f'{python}.5',
    }  # fmt: skip


def versions(lock: str, python: str) -> dict[str, list[str]]:
    """Return what a lock pins for a Python, by canonical name."""
    found: dict[str, list[str]] = {}
    for pin, _ in pins(lock):
        if pin.marker is None or pin.marker.evaluate(on(python)):
            (one,) = pin.specifier
            assert one.operator == '=='
            found.setdefault(canonicalize_name(pin.name), []).append(one.version)
    return found


@pytest.mark.parametrize('lock', FILES)
def test_every_pin_has_the_hashes_of_its_files(lock: str) -> None:
    assert len(pins(lock)) > 20
    assert [str(pin.requirement) for pin in pins(lock) if not pin.hashes] == []


@pytest.mark.parametrize('python', PYTHONS)
@pytest.mark.parametrize('lock', ['runtime', 'test'])
def test_a_lock_fulfils_its_requirements(lock: str, python: str) -> None:
    found = versions(lock, python)
    wanted = [one for name in FILES[lock] for one in listed(name)]
    assert len(wanted) > 15
    for one in wanted:
        if one.name == 'torch' or (one.marker and not one.marker.evaluate(on(python))):
            continue
        pinned = found.get(canonicalize_name(one.name), [])
        assert len(pinned) == 1 and pinned[0] in one.specifier, (
            f'{one}: {lock}.lock has {pinned}: run requirements/lock.sh'
        )


@pytest.mark.parametrize('python', PYTHONS)
def test_the_locks_agree_with_one_another(python: str) -> None:
    test = versions('test', python)
    for lock in ('runtime', 'torch'):
        for name, pinned in versions(lock, python).items():
            assert test.get(name, pinned) == pinned, f'{name}: run requirements/lock.sh'
    assert versions('runtime', python).keys() <= test.keys()
    (torch,) = [one for one in listed('train.txt') if one.name == 'torch']
    assert versions('torch', python)['torch'][0] in torch.specifier
    assert 'torch' not in test and not any(name.startswith('nvidia-') for name in test)


def test_every_dependency_is_in_the_table_of_licences() -> None:
    table = (ROOT / 'docs' / 'dependencies.md').read_text()
    rows = {row.split('|')[1].strip() for row in table.splitlines() if row.startswith('| ')}
    for name in versions('test', '3.11'):
        shown = name in rows or any(name in row for row in rows)
        assert shown or name.startswith('ros-'), f'{name}: run tools/list_dependencies.py'
    assert 'UNKNOWN' not in table
