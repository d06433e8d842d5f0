# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Ranges and choices of the fields of dataclasses, kept in the fields' metadata.

A range is written once, where the field is: check_fields() holds values to it, and tables of
parameters and documents read it by bounds_of() and choices_of().
"""

from dataclasses import field, fields
from typing import Any, NamedTuple, TypeVar

T = TypeVar('T', int, float)
C = TypeVar('C', int, str)

_BOUNDS, _CHOICES = 'bounds', 'choices'


class Bounds(NamedTuple):
    """The least and the largest value of a number, and its unit, '' for none."""

    least: float
    most: float
    unit: str = ''

    def __str__(self) -> str:
        """Return the range as errors name it."""
        return f'{self.least} to {self.most} {self.unit}'.rstrip()


def bounded(default: T, least: T, most: T, unit: str = '') -> T:
    """Return a dataclass field with a default between two bounds, both included."""
    made: T = field(default=default, metadata={_BOUNDS: Bounds(least, most, unit)})
    return made


def one_of(default: C, choices: tuple[C, ...]) -> C:
    """Return a dataclass field whose value is one of some choices."""
    made: C = field(default=default, metadata={_CHOICES: choices})
    return made


def bounds_of(config: Any, name: str) -> Bounds | None:
    """Return the bounds of a field of a dataclass, None for a field without."""
    bounds: Bounds | None = _metadata(config, name).get(_BOUNDS)
    return bounds


def choices_of(config: Any, name: str) -> tuple[Any, ...]:
    """Return the choices of a field of a dataclass, () for a field without."""
    choices: tuple[Any, ...] = _metadata(config, name).get(_CHOICES, ())
    return choices


def check_fields(config: Any) -> None:
    """Raise ValueError with name, value and range for the first field out of its range."""
    for one in fields(config):
        value, metadata = getattr(config, one.name), one.metadata
        bounds = metadata.get(_BOUNDS)
        if bounds is not None and not bounds.least <= value <= bounds.most:
            raise ValueError(f'{one.name} = {value}: expected {bounds}')
        if _CHOICES in metadata and value not in metadata[_CHOICES]:
            known = ', '.join(str(choice) for choice in metadata[_CHOICES])
            raise ValueError(f'{one.name} = {value!r}: expected one of {known}')


def _metadata(config: Any, name: str) -> Any:
    return {one.name: one.metadata for one in fields(config)}[name]
