# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The table of parameters as config/hand_pose.yaml and as docs/parameters.md.

`python -m dense_hand_pose.ros.parameter_docs`, run in the repository, writes both files.
"""

from __future__ import annotations

import json
from pathlib import Path
import re
import textwrap

from .parameter_table import PARAMETERS
from .parameters import Parameter, Value

_ROOT = Path(__file__).resolve().parents[2]
_HEADER = """\
# Every parameter of the node hand_pose with its default. * may change while the node runs.
# QoS: qos_overrides.<full topic name>.{subscription,publisher}.{reliability,history,depth}.
# Made from the table in dense_hand_pose/ros/parameter_table.py.
/**/hand_pose:
  ros__parameters:
"""
_TITLE = """\
# Parameters of the node `hand_pose`

Every parameter with its default, as `config/hand_pose.yaml` has them. *Live* parameters may change
while the node runs (`ros2 param set`); an invalid value is refused with the reason. The others are
read at the start. The ten that users change most are in the [README](../README.md#parameters).

This page is generated from the table in `dense_hand_pose/ros/parameter_table.py`:
`python -m dense_hand_pose.ros.parameter_docs`.
"""
_HEAD = '| parameter | type | default | valid | live | meaning |\n|---|---|---|---|---|---|'


def yaml_text() -> str:
    """Return config/hand_pose.yaml."""
    lines, group = [], ''
    for parameter in PARAMETERS:
        before, _, name = parameter.name.rpartition('.')
        if before and before != group:
            lines.append(f'    {before}:')
        group = before
        indent = ' ' * (6 if before else 4)
        lines += textwrap.wrap(
            _comment(parameter), 99, initial_indent=f'{indent}# ', subsequent_indent=f'{indent}# '
        )
        lines.append(f'{indent}{name}: {_literal(parameter.default)}')
    return _HEADER + '\n'.join(lines) + '\n'


def _comment(parameter: Parameter) -> str:
    """Return the comment of a parameter in the YAML file."""
    valid = f' Valid: {parameter.limits}.' if parameter.limits else ''
    return parameter.description + valid + (' *' if parameter.live else '')


def _literal(value: Value) -> str:
    """Return a value as YAML."""
    if isinstance(value, str):
        return value if re.fullmatch(r'[A-Za-z_][\w.]*', value) else json.dumps(value)
    return json.dumps(value)


def markdown_row(parameter: Parameter) -> str:
    """Return the row of a parameter in docs/parameters.md."""
    p = parameter
    default = str(p.default).lower() if isinstance(p.default, bool) else p.default
    live = 'yes' if p.live else ''
    return f'| `{p.name}` | {p.type_name} | {default} | {p.limits} | {live} | {p.description} |'


def markdown_text() -> str:
    """Return docs/parameters.md: a table for each group of parameters."""
    groups: dict[str, list[str]] = {}
    for parameter in PARAMETERS:
        group = parameter.name.rpartition('.')[0] or 'node'
        groups.setdefault(group, []).append(markdown_row(parameter))
    tables = ['\n'.join((f'## {group}', '', _HEAD, *rows, '')) for group, rows in groups.items()]
    return '\n'.join((_TITLE, *tables))


def main() -> None:
    """Write config/hand_pose.yaml and docs/parameters.md."""
    (_ROOT / 'config' / 'hand_pose.yaml').write_text(yaml_text())
    (_ROOT / 'docs' / 'parameters.md').write_text(markdown_text())


if __name__ == '__main__':
    main()
