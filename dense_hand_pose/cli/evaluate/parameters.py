# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The node's parameters on the command line: from its YAML file, and swept over values."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import product
from pathlib import Path
from typing import Any, Final, TYPE_CHECKING

from dense_hand_pose.safe_output import printable, reason_of

from ..common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.ros.parameters import Parameter

Values = dict[str, Any]

_NODE: Final = 'hand_pose'
_WILDCARDS: Final = ('**', '*')
_OF_ROS: Final = ('qos_overrides.', 'use_sim_time', 'start_type_description_service')
_MOST_BYTES: Final = 1 << 20
_DEEPEST: Final = 20
_MOST_RUNS: Final = 1000


def read_parameters(path: Path) -> Values:
    """
    Return what a parameter file of ROS sets for the node hand_pose, by full name.

    Raises CommandError for a file that cannot be read, and for unknown names, other types and
    values out of range, as the node would.
    """
    import yaml

    try:
        with path.open(encoding='utf-8') as file:
            text = file.read(_MOST_BYTES + 1)
        if len(text) > _MOST_BYTES:
            raise CommandError(f'{printable(path)} is longer than {_MOST_BYTES} characters', 2)
        document = yaml.safe_load(text)
    except CommandError:
        raise
    except OSError as error:
        raise CommandError(f'{printable(path)}: {error.strerror}', 2) from error
    except Exception as error:  # YAML's errors, and the depth of recursion
        raise CommandError(f'{printable(path)} is no YAML: {reason_of(error)}', 2) from error
    sections = list(_sections(document, ()))
    ours = [values for name, values in sections if name in (_NODE, *_WILDCARDS)]
    if not ours:
        others = ', '.join(printable(name) for name, _ in sections) or 'no node'
        raise CommandError(
            f'{printable(path)} has no parameters of {_NODE} (it has those of {others}): '
            f'expected {_NODE}: ros__parameters: ...',
            2,
        )
    found: Values = {}
    for values in ours:
        found.update(_flat(values, ''))
    return {name: checked(name, value, str(path)) for name, value in found.items()}


def checked(name: str, value: Any, where: str) -> Any:
    """Return the value of a parameter; CommandError for what the node would refuse."""
    from dense_hand_pose.ros.parameter_table import PARAMETERS

    row = next((parameter for parameter in PARAMETERS if parameter.name == name), None)
    said = f'{printable(where)}: {printable(name)}'
    if row is None:
        likely = get_close_matches(name, [parameter.name for parameter in PARAMETERS], 1, 0.5)
        hint = f'; did you mean {likely[0]}?' if likely else '; see docs/parameters.md'
        raise CommandError(f'{said} is no parameter of {_NODE}{hint}', 2)
    if type(value) is not type(row.default):
        raise CommandError(f'{said} = {printable(value)}: expected {_expected(row)}', 2)
    low, high = row.minimum, row.maximum
    number = float(value) if isinstance(value, int | float) else 0.0
    out_of_range = low is not None and high is not None and not low <= number <= high
    if out_of_range or (row.choices and value not in row.choices):
        raise CommandError(f'{said} = {printable(value)}: expected {_expected(row)}', 2)
    return value


def _expected(row: 'Parameter') -> str:
    """Return what a parameter takes."""
    return f'{row.type_name}, {row.limits}' if row.limits else row.type_name


def complete(given: Mapping[str, Any]) -> Values:
    """Return all values of the node, those that are not given as their defaults."""
    from dense_hand_pose.ros.parameter_table import defaults

    return {**defaults(), **given}


def sweep(text: str) -> tuple[str, list[Any]]:
    """Return name and values of NAME=VALUE,VALUE,..., for argparse."""
    from dense_hand_pose.ros.parameter_table import defaults

    name, separator, listed = text.partition('=')
    if not separator or not listed:
        raise argparse.ArgumentTypeError(f'{printable(text)} is not NAME=VALUE,VALUE,...')
    default = defaults().get(name)
    try:
        values = [checked(name, _of_type(word, default), '--sweep') for word in listed.split(',')]
    except CommandError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return name, values


def combinations(sweeps: Sequence[tuple[str, list[Any]]]) -> list[Values]:
    """Return each combination of the values of all sweeps; CommandError for too many."""
    names = [name for name, _ in sweeps]
    count = 1
    for _, values in sweeps:
        count *= len(values)
    if count > _MOST_RUNS:
        raise CommandError(f'--sweep asks for {count} runs: expected at most {_MOST_RUNS}', 2)
    return [dict(zip(names, row, strict=True)) for row in product(*(v for _, v in sweeps))]


def _of_type(word: str, default: Any) -> Any:
    """Return a word as a value of a parameter's type; the word where it is none."""
    if isinstance(default, bool):
        return {'true': True, 'false': False}.get(word.lower(), word)
    try:
        return word if default is None else type(default)(word)
    except ValueError:
        return word


def _sections(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the last name and the parameters of each node in a file."""
    if not isinstance(tree, dict) or len(path) > _DEEPEST:
        return
    for key, value in tree.items():
        if key == 'ros__parameters':
            yield path[-1] if path else _WILDCARDS[0], value
        else:
            names = [name for name in str(key).split('/') if name]
            yield from _sections(value, (*path, *names))


def _flat(tree: Any, prefix: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield full names and values of nested parameters, without those of ROS itself."""
    if depth > _DEEPEST:
        raise CommandError('the parameter file is nested too deeply', 2)
    if not isinstance(tree, dict):
        yield prefix, tree
        return
    for key, value in tree.items():
        name = f'{prefix}.{key}' if prefix else str(key)
        if not name.startswith(_OF_ROS):
            yield from _flat(value, name, depth + 1)
