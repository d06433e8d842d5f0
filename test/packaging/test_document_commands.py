# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What README, docs and CONTRIBUTING tell a reader to type is accepted; some of it is run."""

import argparse
import ast
from importlib import import_module
import os
from pathlib import Path
import re
import subprocess
import sys

from dense_hand_pose.cli import COMMANDS, main
from dense_hand_pose.cli.common import OneLineParser
from dense_hand_pose.synthesis.frames import render_frame
import numpy as np
import pytest
from support.document_words import blocks, command_lines, CURRENT, DOCUMENTS, ROOT, spans, Words

ALL = [words for document in CURRENT for words in command_lines(document)]
OWN = [words for words in ALL if words.after('-m', 'dense_hand_pose')]
SHORT = [words for words in ALL if not words.whole and words.words[0] in COMMANDS]
LAUNCHES = [words for words in ALL if words.after('ros2', 'launch', 'dense_hand_pose')]
MAKES = [words for words in ALL if words.words[0] == 'make' and len(words.words) > 1]
PLACEHOLDERS = dict.fromkeys(('FX', 'FY', 'CX', 'CY', 'U', 'X', 'Y', 'Z', 'N', 'S', 'HZ'), '1')
by_document = pytest.mark.parametrize('document', DOCUMENTS, ids=lambda path: path.name)
of_today = pytest.mark.parametrize('document', CURRENT, ids=lambda path: path.name)


def parser_of(name: str) -> argparse.ArgumentParser:
    """Return the parser of a command, as the command line makes it."""
    parser = OneLineParser(prog=name, description=None)
    import_module(f'dense_hand_pose.cli.{name.replace("-", "_")}').add_arguments(parser)
    return parser


def options_in(words: tuple[str, ...]) -> set[str]:
    """Return the long options among words."""
    return {word.partition('=')[0] for word in words if re.match(r'--[a-z]', word)}


def known_options(parser: argparse.ArgumentParser) -> set[str]:
    """Return the options of a parser and of its sub-commands."""
    found = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for choice in action.choices.values():
                found |= known_options(choice)
    return found


def test_there_is_something_to_check() -> None:
    assert len(OWN) >= 20
    assert len(SHORT) >= 8
    assert len(LAUNCHES) >= 8
    assert {words.words[1] for words in MAKES} >= {'demo', 'test', 'venv'}


@pytest.mark.parametrize('words', OWN, ids=str)
def test_commands_exist_with_their_options(words: Words) -> None:
    rest = words.after('-m', 'dense_hand_pose')
    assert rest is not None
    name, *arguments = rest
    if name == '<command>':
        return
    assert name in COMMANDS
    parser = parser_of(name)
    assert options_in(tuple(arguments)) <= known_options(parser)
    if words.whole:  # SystemExit, with the reason on stderr, for what is refused
        parser.parse_args([PLACEHOLDERS.get(argument, argument) for argument in arguments])


@pytest.mark.parametrize('words', SHORT, ids=str)
def test_commands_in_short_have_their_options(words: Words) -> None:
    assert options_in(words.words) <= known_options(parser_of(words.words[0]))


def declared(path: Path) -> set[str]:
    """Return the arguments that a launch file declares."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {
        str(ast.literal_eval(call.args[0]))
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id == 'DeclareLaunchArgument'
    }


ARGUMENTS = {path.name: declared(path) for path in (ROOT / 'launch').glob('*.py')}
# The other launch files include this one and pass its arguments on.
SHARED = ARGUMENTS['hand_pose.launch.py']


@pytest.mark.parametrize('words', LAUNCHES, ids=str)
def test_launch_files_exist_with_their_arguments(words: Words) -> None:
    rest = words.after('ros2', 'launch', 'dense_hand_pose')
    assert rest is not None
    assert rest[0] in ARGUMENTS
    for word in rest[1:]:
        name, given, _ = word.partition(':=')
        assert given or word == '-s', word
        assert not given or name in ARGUMENTS[rest[0]] | SHARED, name


@by_document
def test_launch_arguments_in_the_prose_exist(document: Path) -> None:
    known = set().union(*ARGUMENTS.values())
    for span in spans(document):
        if not span.startswith('ros2'):
            assert set(re.findall(r'(\w+):=', span)) <= known, span


@pytest.mark.parametrize('words', MAKES, ids=str)
def test_make_targets_exist(words: Words) -> None:
    targets = [
        word
        for before, word in zip(words.words, words.words[1:], strict=False)
        if '=' not in word and word[0] != '-' and before != '-C'
    ]
    assert targets
    command = ['make', '--dry-run', '--always-make', *targets]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@by_document
def test_executables_of_the_package_exist(document: Path) -> None:
    entry_points = (ROOT / 'setup.py').read_text()
    for words in command_lines(document):
        rest = words.after('ros2', 'run', 'dense_hand_pose')
        assert not rest or f"'{rest[0]} = " in entry_points, rest


@of_today
def test_parameters_exist(document: Path) -> None:
    pytest.importorskip('rclpy')
    from dense_hand_pose.ros.parameter_table import defaults

    known = set(defaults())
    groups = {name.partition('.')[0] for name in known if '.' in name}
    text = '\n'.join([*spans(document), *blocks(document, '', 'yaml')])
    for name in re.findall(r'(?<![\w./-])([a-z]+\.[a-z_]+)(?![\w./(])', text):
        group, _, rest = name.partition('.')
        assert group not in groups or rest in ('py', 'md') or name in known, name


@by_document
def test_marks_of_pytest_exist(document: Path) -> None:
    marks = re.findall(r"'(\w+): ", (ROOT / 'pyproject.toml').read_text())
    for words in command_lines(document):
        rest = words.after('pytest', '-m') or words.after('-m', 'pytest', '-m') or ('gpu',)
        assert rest[0].removeprefix('not ') in marks


RUN = {
    'render': 'render --out FILE',
    'dataset': 'dataset check nyu ROOT',
    'estimate': 'estimate FILES --intrinsics FX FY CX CY --depth-unit-mm U --out DIR',
}
"""Commands of the documents that take seconds; `dataset` finds an empty folder."""


@pytest.mark.slow
@pytest.mark.parametrize('name', RUN)
def test_cheap_commands_of_the_documents_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = [
        ' '.join(words.after('-m', 'dense_hand_pose') or words.words) for words in [*OWN, *SHORT]
    ]
    assert RUN[name] in named
    camera = (frame := render_frame(2**41)).intrinsics
    np.save(tmp_path / 'depth.npy', np.round(frame.depth_m * 1000).astype(np.uint16))
    values = {'FILE': 'sheet.png', 'ROOT': '.', 'FILES': 'depth.npy', 'DIR': 'out', 'U': '1'}
    values |= {'FX': str(camera.fx), 'FY': str(camera.fy)}
    values |= {'CX': str(camera.cx), 'CY': str(camera.cy)}
    monkeypatch.chdir(tmp_path)
    status = main([values.get(word, word) for word in RUN[name].split()])
    if name == 'render':
        assert status == 0
        assert (tmp_path / 'sheet.png').stat().st_size > 10_000
    elif name == 'dataset':
        assert status == 1
    else:
        assert status in (0, 1)  # 1: no hand found
        assert (tmp_path / 'out' / 'estimates.json').exists()


@pytest.mark.slow
def test_a_bag_is_made_and_measured_as_the_documents_say(tmp_path: Path) -> None:
    """Run the block of docs/evaluation.md that begins with record-sample, as it stands."""
    (block,) = (
        text
        for text in blocks(ROOT / 'docs' / 'evaluation.md', '')
        if text.startswith('python -m dense_hand_pose record-sample')
    )
    script = block.replace('python ', f'{sys.executable} ')
    command = ['bash', '-euo', 'pipefail', '-c', script]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=_env())
    assert result.returncode == 0, result.stderr
    assert (tmp_path / 'results' / 'report.html').stat().st_size > 10_000


def _env() -> dict[str, str]:
    """Return an environment in which the package is found from any folder."""
    return {**os.environ, 'PYTHONPATH': f'{ROOT}:{os.environ.get("PYTHONPATH", "")}'}
