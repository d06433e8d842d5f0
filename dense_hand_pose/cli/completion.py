# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The completion of the command line for a shell: `--print-completion bash`, zsh or tcsh."""

import argparse
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from .common import OneLineParser

SHELLS = ('bash', 'zsh', 'tcsh')


def completion(shell: str, program: str, commands: Mapping[str, str]) -> str:
    """Return the script that a shell reads, with the options and files of each command."""
    import shtab

    parser = OneLineParser(prog=program, description=None)
    parser.add_argument('--version', action='store_true', help='print the version')
    parser.add_argument('--print-completion', choices=SHELLS, help='print the completion')
    parts = parser.add_subparsers()
    for name, text in commands.items():
        command = import_module(f'{__package__}.{name.replace("-", "_")}')
        part = parts.add_parser(name, prog=f'{program} {name}', description=text, help=text)
        command.add_arguments(part)
        _complete_files(part)
    script: str = shtab.complete(parser, shell)
    return script


def _complete_files(parser: argparse.ArgumentParser) -> None:
    """Have the options that take a path completed with file names."""
    import shtab

    for action in parser._actions:
        if action.type is Path:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif isinstance(action, argparse._SubParsersAction):
            for part in action.choices.values():
                _complete_files(part)
