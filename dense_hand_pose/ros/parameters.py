# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
One parameter as one row of a table; from rows come descriptors, declarations and checks.

A parameter whose row is `live` may change while the node runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
import math
from typing import Any, TYPE_CHECKING

from dense_hand_pose.safe_output import quoted

if TYPE_CHECKING:  # the command line reads the table without ROS
    from rcl_interfaces.msg import ParameterDescriptor
    from rclpy.node import Node

_OF_RCLPY = ('qos_overrides.', 'use_sim_time', 'start_type_description_service')

Value = bool | int | float | str


@dataclass(frozen=True)
class Parameter:
    """One parameter: its type is that of `default`; limits are inclusive."""

    name: str
    default: Value
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    live: bool = False

    @property
    def type_name(self) -> str:
        """Return the ROS name of the type."""
        names = {bool: 'bool', int: 'integer', float: 'double', str: 'string'}
        return names[type(self.default)]

    @property
    def limits(self) -> str:
        """Return the valid values in words, '' where there is no limit."""
        if self.choices:
            return ', '.join(self.choices)
        return '' if self.minimum is None else f'{self.minimum} to {self.maximum}'


def descriptor(parameter: Parameter) -> ParameterDescriptor:
    """Return the ROS descriptor: description, range, read-only."""
    from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

    message = ParameterDescriptor(description=parameter.description, read_only=not parameter.live)
    if parameter.choices:
        message.additional_constraints = f'one of: {parameter.limits}'
    if parameter.minimum is None or parameter.maximum is None:
        return message
    if isinstance(parameter.default, int):
        low, high = int(parameter.minimum), int(parameter.maximum)
        message.integer_range = [IntegerRange(from_value=low, to_value=high, step=1)]
    else:
        low, high = float(parameter.minimum), float(parameter.maximum)
        message.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    return message


def declare(node: Node, parameters: Sequence[Parameter]) -> dict[str, Any]:
    """Declare the parameters; return their values, given or default."""
    for parameter in parameters:
        node.declare_parameter(parameter.name, parameter.default, descriptor(parameter))
    return {p.name: node.get_parameter(p.name).value for p in parameters}


def unknown_names(parameters: Sequence[Parameter], given: Iterable[str]) -> str:
    """Return which given names no parameter of the node has, each with the likely one."""
    known = [parameter.name for parameter in parameters]
    wrong = []
    for name in sorted(set(given) - set(known)):
        if name.startswith(_OF_RCLPY):
            continue
        likely = get_close_matches(name, known, 1, 0.5)
        wrong.append(quoted(name) + (f' (did you mean {likely[0]}?)' if likely else ''))
    return ', '.join(wrong)


def wrong_choice(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> str:
    """Return which value descriptors cannot refuse but should be, '' when none."""
    for parameter in parameters:
        value = values[parameter.name]
        if isinstance(value, float) and not math.isfinite(value):
            return f'{parameter.name} = {value}: must be finite'
        if parameter.choices and value not in parameter.choices:
            return f'{parameter.name} = {value!r}: must be one of {parameter.limits}'
    return ''
