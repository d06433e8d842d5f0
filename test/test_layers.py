# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Lower layers never import higher ones, and the package itself loads nothing heavy."""

import ast
from pathlib import Path
import subprocess
import sys

import pytest

PACKAGE = Path(__file__).parents[1] / 'dense_hand_pose'
MODULES = sorted(PACKAGE.rglob('*.py'))

# Each part of the package may import those of a smaller number, and itself.
LAYERS = {
    'skeleton': 0,
    'config_fields': 0,
    'safe_output': 0,
    'camera': 1,
    'kinematics': 1,
    'visualization': 2,
    'tracking': 2,
    'codec': 2,
    'datasets': 2,
    'synthesis': 2,
    'bags': 3,
    'network': 3,
    'runtimes': 4,
    'detection': 5,
    'estimation': 6,
    'estimator': 7,
    'evaluation': 8,
    'ros': 8,
    'live': 8,
    'demo': 9,
    'training': 9,
    'benchmark': 10,
    'gpu_check': 11,
    'study': 10,
    'cli': 12,
}

ENTRIES = {'__init__', '__main__'}
"""The package's own files: its public names, and `python -m`, which starts cli."""


def layer_of(module: str) -> str:
    """Return the first part of a module's name below the package."""
    return module.split('.')[1] if '.' in module else '__init__'


def module_name(path: Path) -> str:
    """Return the dotted name of a file of the package."""
    parts = path.relative_to(PACKAGE.parent).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def imports_of(path: Path) -> set[str]:
    """Return the absolute names of all modules that a file imports, at any depth."""
    name = module_name(path)
    package = name if path.name == '__init__.py' else name.rpartition('.')[0]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split('.')[: len(package.split('.')) - node.level + 1]
            prefix = '.'.join(base) if node.level else ''
            source = '.'.join(part for part in (prefix, node.module) if part)
            found.add(source)
            found.update(f'{source}.{alias.name}' for alias in node.names)
    return found


@pytest.mark.parametrize('path', MODULES, ids=module_name)
def test_a_layer_imports_only_lower_ones(path: Path) -> None:
    own = layer_of(module_name(path))
    if own in ENTRIES:
        return
    assert own in LAYERS, f'give {own} a place in LAYERS'
    for name in imports_of(path):
        target = layer_of(name) if name.startswith('dense_hand_pose.') else None
        if target in LAYERS and target != own:
            assert LAYERS[target] < LAYERS[own], f'{module_name(path)} imports {name}'


@pytest.mark.parametrize('path', MODULES, ids=module_name)
def test_only_ros_imports_ros(path: Path) -> None:
    ros = {'rclpy', 'message_filters', 'cv_bridge', 'sensor_msgs_py', 'launch', 'launch_ros'}
    used = {name.partition('.')[0] for name in imports_of(path)}
    messages = {name for name in used if name.endswith('_msgs')}
    if layer_of(module_name(path)) != 'ros':
        assert not (used & ros | messages)


@pytest.mark.parametrize('module', ['dense_hand_pose', 'dense_hand_pose.cli'])
def test_importing_loads_nothing_heavy(module: str) -> None:
    code = f'import sys, {module}; print(*sys.modules)'
    result = subprocess.run(
        [sys.executable, '-c', code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
    )
    loaded = {name.partition('.')[0] for name in result.stdout.split()}
    assert not loaded & {'torch', 'numba', 'cv2', 'rclpy', 'matplotlib'}
