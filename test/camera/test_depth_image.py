# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Units and validity of depth against one pixel at a time in Python."""

import math
from typing import Any

from dense_hand_pose.camera.depth_image import check_depth, is_valid, to_metres
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest

DTYPES = ['<u2', '>u2', '<i2', '>i2', 'u1', '<u4', '>i4', '<i8', '<u8', '<f2', '>f4', '<f4', '<f8',
          '>f8']  # fmt: skip
METRES = st.one_of(st.floats(width=32), st.floats(0.0, 5.0, width=32))


def one_pixel(value: Any, unit_m: float) -> float:
    """Return the depth of a pixel by its definition."""
    metres = float(value) * unit_m
    if not math.isfinite(metres) or metres <= 0.0 or metres > float(np.finfo(np.float32).max):
        return 0.0
    return metres


@given(st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(d, (3, 4))), st.sampled_from(
    [0.001, 0.0001, 1.0, 0.00025]))  # fmt: skip
def test_every_number_type_and_byte_order(raw: np.ndarray, unit_m: float) -> None:
    metres = to_metres(raw, unit_m)
    assert metres.dtype == np.dtype('=f4')
    expected = np.array([[one_pixel(value, unit_m) for value in row] for row in raw])
    np.testing.assert_allclose(metres, expected, rtol=3e-7, atol=1e-38)
    assert not np.signbit(metres).any()


def test_the_unit_of_millimetres() -> None:
    raw = np.array([[0, 1, 500, 65535]], np.uint16)
    np.testing.assert_allclose(to_metres(raw, 0.001), [[0.0, 0.001, 0.5, 65.535]], rtol=1e-6)


def test_conversion_leaves_its_input_alone() -> None:
    raw = np.array([[math.nan, -1.0, 0.5]], np.float32)
    before = raw.copy()
    assert to_metres(raw, 1.0).tolist() == [[0.0, 0.0, 0.5]]
    np.testing.assert_array_equal(raw, before)


@given(METRES, st.floats(0.0, 2.0, width=32), st.floats(2.0, 4.0, width=32))
def test_validity(value: float, near_m: float, far_m: float) -> None:
    valid = is_valid(np.float32(value), near_m, far_m)
    assert bool(valid) == (math.isfinite(value) and value > 0.0 and near_m <= value <= far_m)


@pytest.mark.parametrize(
    'depth',
    [np.zeros((0, 4), np.float32), np.zeros((4, 0), np.uint16), np.zeros(4), np.zeros((1, 2, 3)),
     [[1.0]], None, 'depth'],
)  # fmt: skip
def test_wrong_shapes_are_refused(depth: Any) -> None:
    with pytest.raises(ValueError, match=r'depth image of shape .*expected a non-empty \(H, W\)'):
        check_depth(depth, 1.0)


@pytest.mark.parametrize('dtype', [bool, complex, object, 'U3', 'datetime64[s]'])
def test_wrong_types_are_refused(dtype: Any) -> None:
    with pytest.raises(ValueError, match='depth image of dtype'):
        check_depth(np.zeros((2, 2)).astype(dtype), 1.0)


@pytest.mark.parametrize('unit_m', [0.0, -0.001, math.nan, math.inf])
def test_impossible_units_are_refused(unit_m: float) -> None:
    with pytest.raises(ValueError, match='unit_m = '):
        check_depth(np.ones((2, 2), np.float32), unit_m)
