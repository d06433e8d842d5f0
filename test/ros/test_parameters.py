# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The parameter table against the YAML file and the estimator's configuration."""

from dataclasses import fields
import math
from pathlib import Path
import re

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.estimator import EstimatorConfig
from dense_hand_pose.ros.parameter_docs import markdown_text, yaml_text
from dense_hand_pose.ros.parameter_table import (
    defaults,
    estimator_config,
    PARAMETERS,
    problem,
    smoothing_config,
)
from dense_hand_pose.ros.parameters import descriptor, unknown_names
from dense_hand_pose.runtimes.registry import BACKENDS
from dense_hand_pose.tracking.smoothing import SmoothingConfig
import pytest
import yaml

CONFIG = Path(__file__).parents[2] / 'config' / 'hand_pose.yaml'


def flatten(tree: dict, prefix: str = '') -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f'{prefix}{key}.'))
        else:
            flat[prefix + key] = value
    return flat


def test_the_yaml_file_is_made_from_the_table() -> None:
    assert CONFIG.read_text() == yaml_text(), 'python -m dense_hand_pose.ros.parameter_docs'


def test_the_yaml_file_holds_exactly_the_defaults() -> None:
    (node,) = yaml.safe_load(CONFIG.read_text()).values()
    given = flatten(node['ros__parameters'])
    assert given == defaults()
    assert {k: type(v) for k, v in given.items()} == {k: type(v) for k, v in defaults().items()}


def test_defaults_are_valid_and_those_of_the_estimator() -> None:
    assert problem(defaults()) == ''
    assert estimator_config(defaults()) == EstimatorConfig()


def test_smoothing_is_off_unless_wanted() -> None:
    assert smoothing_config(defaults()) is None
    wanted = {**defaults(), 'smoothing.enabled': True}
    assert smoothing_config(wanted) == SmoothingConfig()


def test_the_backends_are_those_that_there_are() -> None:
    (backend,) = (p for p in PARAMETERS if p.name == 'model.backend')
    assert set(backend.choices) == set(BACKENDS)


def test_every_setting_of_the_estimator_is_a_parameter() -> None:
    names = {name.split('.')[-1] for name in defaults()} | {'roi_mode'}
    settings = {field.name for field in fields(EstimatorConfig)} - {'decoding', 'fit'}
    settings |= {field.name for field in fields(DecodingConfig)} - {'score'}
    assert settings <= names


@pytest.mark.parametrize(
    ('name', 'value', 'reason'),
    [
        ('model.backend', 'abacus', 'auto, '),
        ('model.precision', 'int3', 'auto, float32'),
        ('roi.mode', 'psychic', 'tracked, detector, nearest, topic'),
        ('camera.image_kind', 'cooked', 'auto, rectified, raw'),
        ('sync.mode', '', 'exact, latest_info'),
        ('sync.max_age_s', math.nan, 'finite'),
        ('hand.depth_max_m', 0.1, 'must be less than'),
    ],
)
def test_problems_are_named_with_what_is_valid(name: str, value: object, reason: str) -> None:
    wrong = problem({**defaults(), name: value})
    assert name in wrong
    assert reason in wrong


def test_ranges_reach_the_descriptors() -> None:
    for parameter in PARAMETERS:
        message = descriptor(parameter)
        ranges = [*message.integer_range, *message.floating_point_range]
        limits = [(r.from_value, r.to_value) for r in ranges]
        expected = [] if parameter.minimum is None else [(parameter.minimum, parameter.maximum)]
        assert limits == expected
        if parameter.minimum is not None:
            assert parameter.minimum <= parameter.default <= parameter.maximum


def test_the_page_of_parameters_is_generated_from_the_table() -> None:
    text = (Path(__file__).parents[2] / 'docs' / 'parameters.md').read_text()
    assert text == markdown_text(), 'python -m dense_hand_pose.ros.parameter_docs'
    rows = re.findall(r'^\| `(\S+)` .*$', text, re.M)
    assert rows == [parameter.name for parameter in PARAMETERS]
    assert all(row.count('|') == 7 for row in text.splitlines() if row.startswith('|'))


def test_unknown_names_are_listed_with_the_likely_ones() -> None:
    given = ['hand.depth_max', 'hand.depth_max_m', 'use_sim_time', 'zzz\x1b[2J',
             'qos_overrides./image_rect.subscription.depth']  # fmt: skip
    assert unknown_names(PARAMETERS, given) == (
        "'hand.depth_max' (did you mean hand.depth_max_m?), 'zzz\\x1b[2J'"
    )
    assert unknown_names(PARAMETERS, [parameter.name for parameter in PARAMETERS]) == ''
