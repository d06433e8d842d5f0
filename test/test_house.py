# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The package stays easy to find one's way in: no circles, one meaning a name, small folders."""

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from test_layers import imports_of, LAYERS, module_name, MODULES

NAMES = {module_name(path) for path in MODULES}
FILES = [path for path in MODULES if path.name != '__init__.py']
MOST = {'modules': 272, 'modules of one folder': 20, 'modules at the root': 6, 'parts': 26}
"""Limits of the size, a little above today's: who reaches one makes room first."""


def imported_modules(path: Path) -> set[str]:
    """Return the modules of the package that a file imports; a submodule, not its package."""
    names = imports_of(path) & NAMES - {module_name(path)}
    return {name for name in names if not any(other.startswith(f'{name}.') for other in names)}


def circle_in(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of a circle, none where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_import_goes_round_in_a_circle() -> None:
    assert circle_in({module_name(path): imported_modules(path) for path in MODULES}) == []


def test_a_circle_would_be_found() -> None:
    assert set(circle_in({'a': {'b'}, 'b': {'c'}, 'c': {'a'}, 'd': {'a'}})) == {'a', 'b', 'c'}


def test_no_class_name_has_two_meanings() -> None:
    homes: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith('_'):
                homes.setdefault(node.name, []).append(module_name(path))
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


@pytest.mark.parametrize('what', MOST)
def test_the_package_does_not_outgrow_its_limits(what: str) -> None:
    folders = Counter(path.parent for path in FILES)
    root = MODULES[0].parent
    found = {
        'modules': len(FILES),
        'modules of one folder': max(folders.values()),
        'modules at the root': folders[root],
        'parts': len(LAYERS),
    }
    assert found[what] <= MOST[what]


def test_there_are_at_most_thirteen_layers() -> None:
    assert len(set(LAYERS.values())) <= 13


TESTS = [path for path in sorted(Path(__file__).parent.rglob('*.py')) if 'data' not in path.parts]
COMMANDS_OF_TESTS = {'measure_layouts.py'}
"""Programs that write a table of a document: neither tests nor helpers."""


def asserts(function: ast.FunctionDef, helpers: dict[str, ast.FunctionDef]) -> bool:
    """Return whether a test, or a function of its file that it calls, checks anything."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition('.')[2]
            if name.startswith(('assert', 'check', 'fail', 'raises', 'warns')):
                return True
            helper = helpers.get(name)
            if helper not in (None, function) and asserts(helper, {}):
                return True
    return False


@pytest.mark.parametrize('path', TESTS, ids=lambda path: path.stem)
def test_each_test_asserts_or_is_named_after_what_it_does_not_raise(path: Path) -> None:
    functions = {
        node.name: node
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    assert [
        name
        for name, function in functions.items()
        if name.startswith('test_')
        and 'does_not_raise' not in name
        and not asserts(function, functions)
    ] == []


def test_helpers_of_tests_are_in_support() -> None:
    others = {
        path.name
        for path in TESTS
        if path.parent.name != 'support' and not path.name.startswith(('test_', 'conftest'))
    }
    assert others == COMMANDS_OF_TESTS


def test_no_two_files_of_tests_have_one_name() -> None:
    # pytest imports a test by its bare name; `support` is a package.
    names = Counter(path.stem for path in TESTS if path.name.startswith('test_'))
    assert [name for name, count in names.items() if count > 1] == []
