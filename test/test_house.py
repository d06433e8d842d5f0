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
MOST = {'modules': 300, 'modules of one folder': 20, 'modules at the root': 6, 'parts': 26}
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
