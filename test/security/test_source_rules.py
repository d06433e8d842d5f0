# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing in the package unpickles, evaluates text, goes through a shell or fetches anything."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / 'dense_hand_pose'
SOURCES = [*sorted(PACKAGE.rglob('*.py')), *sorted((PACKAGE.parent / 'launch').glob('*.py'))]
MODULES = {
    'openvino',  # process.import_openvino does, without telemetry
    'pickle', 'cPickle', 'dill', 'joblib', 'marshal', 'shelve',
    'ftplib', 'http', 'huggingface_hub', 'httpx', 'requests', 'smtplib', 'urllib', 'wget',
}  # fmt: skip
CALLS = {
    'eval',
    'exec',
    'os.system',
    'os.popen',
    'yaml.load',
    'yaml.unsafe_load',
    'torch.hub.load',
}


def name_of(node: ast.expr) -> str:
    """Return the dotted name of an expression, '' for another."""
    if isinstance(node, ast.Attribute):
        return f'{name_of(node.value)}.{node.attr}'
    return node.id if isinstance(node, ast.Name) else ''


def broken_rules(source: str) -> list[str]:
    """Return what a source must not do, with the lines."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or '']
        found += [f'{node.lineno}: {n}' for n in names if n.partition('.')[0] in MODULES]
        if isinstance(node, ast.Call):
            options = {k.arg: k.value for k in node.keywords}
            called = name_of(node.func)
            if called in CALLS or (
                called == 'torch.load' and not is_(options, 'weights_only', True)
            ):
                found.append(f'{node.lineno}: {called}')
            for option in ('shell', 'allow_pickle'):
                if option in options and not is_(options, option, False):
                    found.append(f'{node.lineno}: {option}')
    return found


def is_(options: dict[str | None, ast.expr], name: str, value: bool) -> bool:
    """Return whether an option is given as a constant of this value."""
    given = options.get(name)
    return isinstance(given, ast.Constant) and given.value is value


@pytest.mark.parametrize('path', SOURCES, ids=lambda path: path.stem)
def test_the_rules_hold(path: Path) -> None:
    assert broken_rules(path.read_text()) == []


@pytest.mark.parametrize(
    'source',
    ['import pickle', 'import openvino as ov', 'from openvino import Core',
     'from urllib.request import urlopen', 'yaml.load(text)', 'eval("1")',
     'np.load(path, allow_pickle=True)', 'subprocess.run("ls", shell=True)', 'torch.load(path)'],
)  # fmt: skip
def test_a_broken_rule_is_seen(source: str) -> None:
    assert len(broken_rules(source)) == 1
