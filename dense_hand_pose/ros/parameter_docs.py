# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The table of parameters as config/hand_pose.yaml and as the rows of README.md.

`python -m dense_hand_pose.ros.parameter_docs`, run in the repository, writes both anew.
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
_TABLE = re.compile(r'^\| parameter \| type .*?\n(?!\|)', re.DOTALL | re.MULTILINE)


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
    """Return what the YAML file says of a parameter."""
    valid = f' Valid: {parameter.limits}.' if parameter.limits else ''
    return parameter.description + valid + (' *' if parameter.live else '')


def _literal(value: Value) -> str:
    """Return a value as YAML."""
    if isinstance(value, str):
        return value if re.fullmatch(r'[A-Za-z_][\w.]*', value) else json.dumps(value)
    return json.dumps(value)


def readme_rows() -> list[str]:
    """Return the rows of the README's table, Markdown."""
    rows = ['| parameter | type | default | valid | live | |', '|---|---|---|---|---|---|']
    for p in PARAMETERS:
        default = str(p.default).lower() if isinstance(p.default, bool) else p.default
        live = 'yes' if p.live else ''
        rows.append(
            f'| `{p.name}` | {p.type_name} | {default} | {p.limits} | {live} | {p.description} |'
        )
    return rows


def main() -> None:
    """Write config/hand_pose.yaml and the table of README.md."""
    (_ROOT / 'config' / 'hand_pose.yaml').write_text(yaml_text())
    readme = _ROOT / 'README.md'
    rows = '\n'.join(readme_rows()) + '\n'
    text, count = _TABLE.subn(lambda _: rows, readme.read_text())
    if count != 1:
        raise SystemExit(f'{readme}: {count} tables of parameters, expected one')
    readme.write_text(text)


if __name__ == '__main__':
    main()
