# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that the package imports is declared, in package.xml or in requirements/."""

import ast
from functools import cache
from pathlib import Path
import re
import sys
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob('dense_hand_pose/**/*.py'), *ROOT.glob('launch/*.py')])

# import name -> (rosdep key in package.xml or None, name in requirements/*.txt)
PIP_PACKAGES = {
    'PIL': ('python3-pil', 'pillow'),
    'backports': (None, 'backports.zstd'),
    'lz4': (None, 'lz4'),
    'matplotlib': (None, 'matplotlib'),
    'numba': (None, 'numba'),
    'numpy': ('python3-numpy', 'numpy'),
    'openvino': (None, 'openvino'),
    'rosbags': (None, 'rosbags'),
    'safetensors': (None, 'safetensors'),
    'shtab': (None, 'shtab'),
    'scipy': ('python3-scipy', 'scipy'),
    'torch': (None, 'torch'),
    'tqdm': ('python3-tqdm', 'tqdm'),
    'yaml': ('python3-yaml', 'PyYAML'),
}

# import name -> (distribution, the document that says which version fits which machine)
OPTIONAL_PACKAGES = {'torch_tensorrt': ('torch-tensorrt', 'docs/performance.md')}


@cache
def imported_packages() -> dict[str, Path]:
    """Return the top-level packages imported from outside, each with a file that does so."""
    found: dict[str, Path] = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or '']
            for name in names:
                found.setdefault(name.partition('.')[0], path)
    # compression.zstd is in Python from 3.14 on, before that in backports.
    own = {'dense_hand_pose', '__future__', 'compression'} | sys.stdlib_module_names
    return {name: path for name, path in found.items() if name not in own}


def manifest_dependencies() -> set[str]:
    """Return the names that package.xml declares as run-time dependencies."""
    tree = ElementTree.parse(ROOT / 'package.xml')  # noqa: S314 (our own file)
    return {str(node.text) for tag in ('depend', 'exec_depend') for node in tree.iter(tag)}


def required_distributions() -> set[str]:
    """Return the names that requirements/runtime.txt and train.txt list."""
    lines = [
        line
        for name in ('runtime.txt', 'train.txt')
        for line in (ROOT / 'requirements' / name).read_text().splitlines()
    ]
    return {match[0] for line in lines if (match := re.match(r'[A-Za-z][\w.-]*', line))}


@pytest.mark.parametrize('name', sorted(imported_packages()))
def test_an_import_is_declared(name: str) -> None:
    where = imported_packages()[name].relative_to(ROOT)
    if name in PIP_PACKAGES:
        rosdep_key, distribution = PIP_PACKAGES[name]
        assert distribution in required_distributions(), f'{where} imports {name}'
        assert rosdep_key is None or rosdep_key in manifest_dependencies()
    elif name in OPTIONAL_PACKAGES:
        distribution, document = OPTIONAL_PACKAGES[name]
        assert distribution in (ROOT / document).read_text(), f'{where} imports {name}'
    else:
        assert name in manifest_dependencies(), f'{where} imports {name}: add it to package.xml'


def test_versions_agree() -> None:
    tree = ElementTree.parse(ROOT / 'package.xml')  # noqa: S314 (our own file)
    version = tree.findtext('version')
    assert f"version='{version}'" in (ROOT / 'setup.py').read_text()
    assert f"__version__ = '{version}'" in (ROOT / 'dense_hand_pose/__init__.py').read_text()


def test_manifest_is_format_3_under_apache() -> None:
    tree = ElementTree.parse(ROOT / 'package.xml').getroot()  # noqa: S314 (our own file)
    assert tree.get('format') == '3'
    assert tree.findtext('license') == 'Apache-2.0'
    assert tree.findtext('export/build_type') == 'ament_python'


def test_the_light_install_has_what_runs_without_pytorch() -> None:
    requirements = (ROOT / 'requirements' / 'runtime.txt').read_text()
    assert not re.search('^torch', requirements, re.MULTILINE)
    models = sorted((ROOT / 'dense_hand_pose' / 'models').glob('*.safetensors'))
    assert models
    for model in models:
        assert model.with_suffix('.openvino.zip').is_file(), f'export {model.stem}'


def test_every_requirement_is_bounded() -> None:
    for path in (ROOT / 'requirements').glob('*.txt'):
        for line in path.read_text().splitlines():
            if re.match(r'[A-Za-z]', line):
                assert '==' in line or ('>=' in line and '<' in line), f'{path.name}: {line}'
