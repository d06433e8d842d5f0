# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Ranges in the metadata of fields: what check_fields() takes is what the metadata say."""

from dataclasses import dataclass, replace
import math
from typing import Any

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.config_fields import bounded, bounds_of, check_fields, choices_of, one_of
from dense_hand_pose.estimation.config import EstimatorConfig
from hypothesis import given
from hypothesis import strategies as st
import pytest


@dataclass(frozen=True, kw_only=True)
class Example:
    """One field of each kind."""

    length_m: float = bounded(0.5, 0.0, 2.0, 'm')
    count: int = bounded(3, 1, 5)
    kind: str = one_of('a', ('a', 'b'))
    free: float = -1.0

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@given(st.one_of(st.floats(), st.floats(-0.5, 2.5)))
def test_a_number_is_taken_exactly_within_its_bounds(length_m: float) -> None:
    if 0.0 <= length_m <= 2.0:
        assert Example(length_m=length_m).length_m == length_m
    else:
        with pytest.raises(ValueError, match=r'length_m = .*: expected 0.0 to 2.0 m$'):
            Example(length_m=length_m)


@pytest.mark.parametrize(
    ('wrong', 'words'),
    [
        ({'count': 0}, 'count = 0: expected 1 to 5$'),
        ({'count': 6}, 'count = 6: expected 1 to 5$'),
        ({'length_m': math.nan}, 'length_m = nan: expected 0.0 to 2.0 m$'),
        ({'kind': 'c'}, "kind = 'c': expected one of a, b$"),
    ],
)
def test_errors_name_field_value_and_range(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Example(**wrong)


def test_metadata_are_read_from_class_and_instance() -> None:
    for config in (Example, Example()):
        assert bounds_of(config, 'length_m') == (0.0, 2.0, 'm')
        assert choices_of(config, 'kind') == ('a', 'b')
        assert bounds_of(config, 'free') is None
        assert choices_of(config, 'free') == ()


@pytest.mark.parametrize('config', [EstimatorConfig(), DecodingConfig()])
def test_every_bound_of_the_estimator_is_itself_valid_and_beyond_it_nothing(config: Any) -> None:
    names = [name for name in config.__dataclass_fields__ if bounds_of(config, name)]
    assert len(names) >= 3
    for name in names:
        bounds = bounds_of(config, name)
        assert bounds is not None
        for value, beyond in ((bounds.least, bounds.least - 1), (bounds.most, bounds.most + 1)):
            if name not in ('depth_min_m', 'depth_max_m'):
                assert getattr(replace(config, **{name: value}), name) == value
            with pytest.raises(ValueError, match=f'{name} = '):
                replace(config, **{name: beyond})
