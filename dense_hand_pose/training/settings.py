# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Settings as a dataclass holds them and as YAML gives them: types, and parts by name."""

from dataclasses import fields
import math
from typing import Any, TypeVar

_Part = TypeVar('_Part')

_IN_WORDS: dict[type, str] = {
    bool: 'true or false',
    int: 'a whole number',
    float: 'a finite number, such as 2.0e-3',
}


def check_types(config: Any, prefix: str = '') -> None:
    """Refuse numbers of another type than their setting's, as YAML reads 2e-3: a string."""
    for entry in fields(config):
        value, expected = getattr(config, entry.name), type(entry.default)
        if expected not in (bool, int, float):
            continue
        fits = type(value) is expected or (expected is float and type(value) is int)
        if not fits or (expected is float and not math.isfinite(value)):
            raise ValueError(f'{prefix}{entry.name} = {value!r}: expected {_IN_WORDS[expected]}')


def part_of(kind: type[_Part], name: str, value: Any) -> _Part:
    """Build a part of the settings from a mapping; ValueError names what it is called."""
    known = {entry.name for entry in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(value, dict) or set(value) - known:
        raise ValueError(f'{name} {value!r}: expected a mapping of {", ".join(sorted(known))}')
    return kind(**value)
