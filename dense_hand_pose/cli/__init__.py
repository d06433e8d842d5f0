# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The command line: ``python -m dense_hand_pose <command>``.

Each command is one module here with ``add_arguments(parser)`` and ``run(args) -> int``; only the
chosen one is imported. A module may have ``current_words(words)``, which replaces options of a
former version. Exit status: 0 done, 1 could not be done, 2 wrong arguments.
"""

import argparse
from collections.abc import Mapping, Sequence
from importlib import import_module
import os
from pathlib import Path
import sys

from dense_hand_pose import __version__
from dense_hand_pose.safe_output import quoted

from .common import CommandError, OneLineParser

PROGRAM = 'python -m dense_hand_pose'
COMPLETION = '--print-completion'
SHELLS = ('bash', 'zsh', 'tcsh')
EXTRAS = {
    'depthai': 'oak',
    'matplotlib': 'train',
    'numba': 'synthesis',
    'pyrealsense2': 'realsense',
    'rerun': 'rerun',
    'scipy': 'train',
    'torch': 'train',
}
"""What a light install lacks, and the extra of setup.py that brings it."""
COMMANDS = {
    'benchmark': 'time backends and stages side by side, or the node over ROS 2',
    'build-engine': 'build the TensorRT engine of a model for this GPU',
    'dataset': 'check the files of NYU, ICVL or MSRA',
    'demo': 'run camera, node and recorder over ROS 2 with synthetic hands, and measure',
    'estimate': 'estimate hands in depth files (PNG, NPY): overlays and JSON',
    'evaluate': 'measure a model on a bag or synthetic frames, or prediction files',
    'export': 'export a model for OpenVINO, so that a CPU needs no PyTorch',
    'gpu-check': "try everything on this machine's GPU, and write a report",
    'hand-urdf': 'write a hand with measured bone lengths as a URDF',
    'live': 'follow hands from a depth camera or bag to the screen, without ROS',
    'predict': 'run a trained network over the test frames of NYU, ICVL or MSRA',
    'record-sample': 'make a small bag of a synthetic hand with ground truth',
    'render': 'render synthetic hands to a contact sheet',
    'render-shards': 'render the crops of a training into files, on any machines',
    'study': "train the paper's systems alike on synthetic hands, and compare them",
    'train': 'train a network on synthetic hands',
}
"""Command name to its one line of help; the module of the same name (- is _) holds it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status; SystemExit(2) for wrong arguments."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        status = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever read the output has seen enough, as `head` does
        # Python flushes once more at its end: what is left goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


def _run(words: list[str]) -> int:
    """Run what the words ask for and return the exit status."""
    name = words[0] if words else ''
    if name in ('-h', '--help'):
        print(_overview())
        return 0
    if name == '--version':
        print(f'dense_hand_pose {__version__}')
        return 0
    if name == COMPLETION:
        return _print_completion(words[1:])
    if name not in COMMANDS:
        said = f'unknown command {quoted(name)}' if words else 'no command given'
        print(f'{program()}: {said}; expected one of: {", ".join(COMMANDS)}', file=sys.stderr)
        return 2
    command = import_module(f'{__name__}.{name.replace("-", "_")}')
    parser = OneLineParser(prog=f'{program()} {name}', description=command.__doc__)
    command.add_arguments(parser)
    current_words = getattr(command, 'current_words', list)
    args = parser.parse_args(current_words(words[1:]))
    try:
        return int(command.run(args))
    except CommandError as error:
        print(f'{parser.prog}: {error}', file=sys.stderr)
        return error.status
    except ImportError as error:
        extra = EXTRAS.get(error.name or '')
        if extra is None:
            raise
        print(f'{parser.prog}: {_how_to_install(str(error.name), extra)}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f'{parser.prog}: interrupted', file=sys.stderr)
        return 130


def program() -> str:
    """Return the program as the user called it: the installed command or the module."""
    called = Path(sys.argv[0]).name if sys.argv else ''
    return 'dense_hand_pose' if called == 'dense_hand_pose' else PROGRAM


def _print_completion(words: list[str]) -> int:
    """Print the completion of a shell."""
    if len(words) != 1 or words[0] not in SHELLS:
        print(f'{program()}: {COMPLETION} expects one of {", ".join(SHELLS)}', file=sys.stderr)
        return 2
    print(completion(words[0], 'dense_hand_pose', COMMANDS))
    return 0


def completion(shell: str, program: str, commands: Mapping[str, str]) -> str:
    """Return the script that a shell reads, with the options and files of each command."""
    import shtab

    parser = OneLineParser(prog=program, description=None)
    parser.add_argument('--version', action='store_true', help='print the version')
    parser.add_argument('--print-completion', choices=SHELLS, help='print the completion')
    parts = parser.add_subparsers()
    for name, text in commands.items():
        command = import_module(f'{__name__}.{name.replace("-", "_")}')
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


def _how_to_install(package: str, extra: str) -> str:
    """Return what lacks a package, as the source tree or an installed package has it."""
    source = Path(__file__).parents[2]
    in_source = (source / 'setup.py').is_file()
    name = '.' if in_source else 'dense_hand_pose'
    where = f' in {source}' if in_source else ''
    return f"this needs {package}, which is not installed: pip install '{name}[{extra}]'{where}"


def _overview() -> str:
    """Return the help text that lists the commands."""
    called = program()
    width = max(map(len, COMMANDS))
    lines = [f'usage: {called} <command> [options]', '', 'commands:']
    lines += [f'  {name:<{width}}  {text}' for name, text in COMMANDS.items()]
    lines += [
        '',
        f'`{called} <command> --help` lists the options of a command,',
        f'`{called} --version` prints the version,',
        f'`{called} {COMPLETION} bash` (zsh, tcsh) the completion of a shell.',
    ]
    return '\n'.join(lines)
