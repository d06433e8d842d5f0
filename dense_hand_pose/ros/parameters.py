# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The node's parameters as one table.

Descriptors, range checks, config/hand_pose.yaml (a test compares it) and the README's rows all
come from PARAMETERS. What a row's `live` says may change while the node runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import math
from typing import Any, TYPE_CHECKING

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.node import Node

if TYPE_CHECKING:
    from dense_hand_pose.estimator import EstimatorConfig

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


PARAMETERS: tuple[Parameter, ...] = (
    Parameter('autostart', True, 'Configure and activate without a lifecycle manager.'),
    Parameter(
        'model.name_or_path', 'default', 'Name of a built-in model or path of a .safetensors file.'
    ),
    Parameter(
        'model.backend', 'auto', 'What runs the network.', choices=('auto', 'cpu', 'cuda')
    ),
    Parameter(
        'model.threads',
        0,
        'CPU threads of the network; 0: one core less than there are, for camera and middleware.',
        0,
        256,
    ),
    Parameter(
        'hand.cube_size_m',
        0.30,
        'Edge of the cube around the hand centre that the network sees, metres.',
        0.1,
        1.0,
        live=True,
    ),
    Parameter(
        'hand.depth_min_m', 0.15, 'Nearest depth of a hand, metres.', 0.01, 10.0, live=True
    ),
    Parameter(
        'hand.depth_max_m', 1.2, 'Farthest depth of a hand, metres.', 0.01, 10.0, live=True
    ),
    Parameter(
        'roi.mode',
        'tracked',
        'Where the hand is looked for: around the last pose (nearest surface when lost), or at '
        'the nearest surface in every frame.',
        choices=('tracked', 'nearest'),
    ),
    Parameter(
        'decode.candidates', 5, 'Votes a joint, the K of the method.', 1, 64, live=True
    ),
    Parameter(
        'decode.bandwidth_m', 0.04, 'Bandwidth of the mean shift, metres.', 0.001, 0.5, live=True
    ),
    Parameter('decode.iterations', 10, 'Iterations of the mean shift.', 0, 100, live=True),
    Parameter('decode.weighted', True, 'Weigh votes by their heat map value.', live=True),
    Parameter(
        'decode.min_confidence',
        0.35,
        'A hand whose joints have less than this mean confidence is not reported.',
        0.0,
        1.0,
        live=True,
    ),
    Parameter(
        'sync.mode',
        'exact',
        'exact: image and camera_info with equal stamps; latest_info: the newest camera_info.',
        choices=('exact', 'latest_info'),
    ),
    Parameter('sync.queue_size', 10, 'Images that may wait for their camera_info.', 1, 1000),
    Parameter(
        'sync.max_age_s',
        1.0,
        'Older images are dropped, seconds between stamp and now; 0 accepts any age.',
        0.0,
        3600.0,
        live=True,
    ),
    Parameter('publish.cloud', True, 'Publish ~/joints_cloud (only while somebody listens).'),
    Parameter('publish.markers', True, 'Publish ~/markers (only while somebody listens).'),
    Parameter(
        'publish.joint_diameter_m', 0.012, 'Diameter of joint markers, metres.', 0.0005, 0.1,
        live=True,
    ),
    Parameter(
        'publish.bone_width_m', 0.006, 'Width of bone markers, metres.', 0.0005, 0.1, live=True
    ),
    Parameter(
        'publish.marker_lifetime_s',
        1.0,
        'Markers vanish when no result came for this long, seconds; 0 keeps them.',
        0.0,
        3600.0,
        live=True,
    ),
    Parameter('diagnostics.period_s', 1.0, 'Period of /diagnostics, seconds.', 0.1, 60.0),
    Parameter(
        'diagnostics.no_data_s',
        5.0,
        'Warn when no image arrived for this long, seconds.',
        0.5,
        3600.0,
        live=True,
    ),
)  # fmt: skip


def defaults() -> dict[str, Value]:
    """Return every parameter's default by name."""
    return {parameter.name: parameter.default for parameter in PARAMETERS}


def descriptor(parameter: Parameter) -> ParameterDescriptor:
    """Return the ROS descriptor: description, range, read-only."""
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


def wrong_choice(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> str:
    """Return which value descriptors cannot refuse but should be, '' when none."""
    for parameter in parameters:
        value = values[parameter.name]
        if isinstance(value, float) and not math.isfinite(value):
            return f'{parameter.name} = {value}: must be finite'
        if parameter.choices and value not in parameter.choices:
            return f'{parameter.name} = {value!r}: must be one of {parameter.limits}'
    return ''


def problem(values: Mapping[str, Any]) -> str:
    """Return what is wrong with a complete set of the node's values, '' when nothing is."""
    wrong = wrong_choice(PARAMETERS, values)
    if not wrong:
        try:
            estimator_config(values)
        except ValueError as error:
            wrong = str(error)
    return wrong


def estimator_config(values: Mapping[str, Any]) -> EstimatorConfig:
    """Return the estimator's configuration; ValueError where values do not go together."""
    if values['hand.depth_min_m'] >= values['hand.depth_max_m']:
        raise ValueError(
            f'hand.depth_min_m = {values["hand.depth_min_m"]} must be less than '
            f'hand.depth_max_m = {values["hand.depth_max_m"]}'
        )
    from dense_hand_pose.estimator import EstimatorConfig  # brings torch: not before it is due

    names = {name.split('.')[1]: name for name in values if name.startswith(('hand.', 'decode.'))}
    chosen = {field: values[name] for field, name in names.items()}
    return EstimatorConfig(roi_mode=values['roi.mode'], **chosen)


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
