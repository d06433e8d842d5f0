# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What README, docs and CONTRIBUTING name and show is there, and as they say."""

import ast
from functools import cache
from importlib import import_module
from pathlib import Path
import re
from typing import Any

from dense_hand_pose.synthesis.frames import render_frame
import pytest
from support.document_words import (
    anchors,
    blocks,
    command_lines,
    CURRENT,
    DOCUMENTS,
    links,
    ROOT,
    spans,
)
import yaml

CODE = ('.ci', 'dense_hand_pose', 'launch', 'requirements', 'ros_standins', 'test', 'tools')
FOLDERS = {*CODE, 'config', 'docker', 'docs', 'examples', 'resource'}
PARTS = {path.name for path in (ROOT / 'dense_hand_pose').iterdir() if path.is_dir()}
OF_OTHERS = {'PERF_COUNT', 'RMW_IMPLEMENTATION', 'SHARDS', '_ARRAY_API'}
"""Names of OpenVINO, ROS 2 and NumPy, and a placeholder."""
WRITTEN = ('--out', '--report', '--json', '--rerun')  # what follows is made by the command
by_document = pytest.mark.parametrize('document', DOCUMENTS, ids=lambda path: path.name)
of_today = pytest.mark.parametrize('document', CURRENT, ids=lambda path: path.name)


def named_paths(document: Path) -> set[str]:
    """Return the paths below the repository that a document names outside of links."""
    words = [
        word
        for line in command_lines(document)
        for before, word in zip(('', *line.words), line.words, strict=False)
        if before not in WRITTEN
    ]
    share = re.findall(r'--share dense_hand_pose\)/([\w./-]+)', document.read_text())
    plain = {word for word in words if re.fullmatch(r'[\w.-]+/[\w./-]+', word)}
    ours = {word for word in plain if word.partition('/')[0] in FOLDERS | PARTS}
    of_data_sets = {word for word in ours if word.endswith('.mat')}  # in a test/ of their own
    return (ours - of_data_sets) | set(share)


@of_today
def test_paths_exist(document: Path) -> None:
    for name in named_paths(document):
        assert any((base / name).exists() for base in (ROOT, ROOT / 'dense_hand_pose')), name


@cache
def words_of_code() -> frozenset[str]:
    """Return all words of the repository's code and settings."""
    suffixes = ('.py', '.sh', '.yaml', '.xml', '.txt')
    folders = (*CODE, 'config')
    files = [path for folder in folders for path in (ROOT / folder).rglob('*')]
    found: set[str] = set()
    for path in [ROOT / 'Makefile', *files]:
        if path.suffix in suffixes or path.name == 'Makefile':
            found |= set(re.findall(r'\w+', path.read_text()))
    return frozenset(found)


@of_today
def test_classes_and_constants_exist(document: Path) -> None:
    pattern = r'(?<![\w/-])(_?[A-Z][A-Z_]{5,}|[A-Z][a-z]+(?:[A-Z]\w+)+(?:\.\w+)?)(?![\w/])'
    names = {name for span in spans(document) for name in re.findall(pattern, span)}
    for name in names - OF_OTHERS:
        assert set(name.split('.')) <= words_of_code(), name


@by_document
def test_links_lead_somewhere(document: Path) -> None:
    for target in links(document):
        name, _, anchor = target.partition('#')
        path = (document.parent / name).resolve() if name else document
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


@by_document
def test_yaml_of_the_documents_parses(document: Path) -> None:
    for block in blocks(document, 'yaml', 'yml'):
        assert isinstance(yaml.safe_load(block), dict), block


@by_document
def test_python_of_the_documents_finds_what_it_imports(document: Path) -> None:
    for block in blocks(document, 'python'):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom):
                module = import_module(str(node.module))
                assert all(hasattr(module, alias.name) for alias in node.names), node.module


@pytest.mark.slow
def test_python_of_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = blocks(ROOT / 'README.md', 'python')
    for seed in range(2**41, 2**41 + 5):  # held-out frames; some hands are hardly to be seen
        frame = render_frame(seed)
        camera = frame.intrinsics
        names: dict[str, Any] = {'depth_m': frame.depth_m, 'fx': camera.fx, 'fy': camera.fy}
        exec(block, names | {'cx': camera.cx, 'cy': camera.cy})  # noqa: S102 (our own document)
    assert 'thumb_tip' in capsys.readouterr().out


def test_every_document_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / 'README.md']
    while waiting:
        document = waiting.pop()
        if document in reached or document.suffix != '.md':
            continue
        reached.add(document)
        waiting += [
            (document.parent / target.partition('#')[0]).resolve()
            for target in links(document)
            if target.partition('#')[0]
        ]
    assert set(DOCUMENTS) <= reached


def test_the_layers_are_told_in_their_order() -> None:
    source = (ROOT / 'test' / 'test_layers.py').read_text()
    (found,) = re.findall(r'^LAYERS = (\{.*?^\})', source, re.M | re.S)
    layers = {name: place for name, place in ast.literal_eval(found).items() if name != '__main__'}
    text = (ROOT / 'docs' / 'architecture.md').read_text().partition('## Layers')[2]
    rows = [
        re.findall(r'`(\w+)`', row.split('|')[2]) for row in text.splitlines() if row[:2] == '| '
    ]
    told = [row for row in rows if set(row) & set(layers)]
    names = [name for row in told for name in row]
    assert sorted(set(names)) == sorted(layers), 'give each part a row in docs/architecture.md'
    for i, below in enumerate(told[1:]):
        above = told[i]
        assert max(layers[name] for name in above) <= min(layers[name] for name in below), below


def test_every_file_of_code_has_its_copyright() -> None:
    suffixes = ('.py', '.sh', '.c', '.js')
    files = [
        path
        for folder in CODE
        for path in (ROOT / folder).rglob('*')
        if path.suffix in suffixes or path == ROOT / '.ci' / 'run'
    ]
    assert len(files) > 100
    for path in files:
        assert 'Copyright 2026 The dense_hand_pose authors' in path.read_text()[:400], path
