# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The packages under contract: our stand-ins, what is installed, and upstream's checkout.

DENSE_HAND_POSE_UPSTREAM names a folder that holds upstream's Python packages (message_filters,
cv_bridge, sensor_msgs_py), for instance exported from their repositories by git archive.
"""

from collections.abc import Callable
import importlib
import importlib.util
import os
from pathlib import Path
import sys
from types import ModuleType

import pytest

STANDINS = Path(__file__).parents[2] / 'ros_standins'
NAMES = ('message_filters', 'cv_bridge', 'sensor_msgs_py')

Load = Callable[[str], ModuleType]


def import_from(folder: Path, name: str) -> ModuleType:
    """Import module `name` from `folder`, without a trace in this process's module table."""
    package = name.split('.')[0]

    def taken() -> dict[str, ModuleType]:
        found = [key for key in sys.modules if key == package or key.startswith(f'{package}.')]
        return {key: sys.modules.pop(key) for key in found}

    kept = taken()
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    finally:
        sys.path.remove(str(folder))
        taken()
        sys.modules.update(kept)


def load_upstream(name: str) -> ModuleType:
    """Return upstream's module."""
    return import_from(Path(os.environ['DENSE_HAND_POSE_UPSTREAM']), name)


def load_installed(name: str) -> ModuleType:
    """Return the real module of a ROS distribution, or skip."""
    package = name.split('.')[0]
    if not is_real(package):
        pytest.skip(f'the real {package} is not installed')
    return importlib.import_module(name)


def is_real(name: str) -> bool:
    """Return whether a package is installed that is no stand-in."""
    if importlib.util.find_spec(name) is None:
        return False
    return 'standin' not in getattr(importlib.import_module(name), '__version__', '')


def providers() -> list[str]:
    """Return whose packages this machine can test."""
    installed = ['installed'] if any(is_real(name) for name in NAMES) else []
    upstream = ['upstream'] if os.environ.get('DENSE_HAND_POSE_UPSTREAM') else []
    return ['stand-in', *installed, *upstream]


@pytest.fixture(params=providers())
def load(request: pytest.FixtureRequest) -> Load:
    """Return the function that imports a module from one provider."""
    if request.param == 'upstream':
        return load_upstream
    if request.param == 'installed':
        return load_installed
    return lambda name: import_from(STANDINS / name.split('.')[0], name)
