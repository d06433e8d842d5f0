# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The pinhole camera against its formula in exact fractions."""

from fractions import Fraction
import math

from dense_hand_pose.camera.intrinsics import Intrinsics, project, unproject
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

FOCAL = st.floats(10.0, 5000.0)
PRINCIPAL = st.floats(-500.0, 3000.0)
INTRINSICS = st.builds(Intrinsics, FOCAL, FOCAL, PRINCIPAL, PRINCIPAL)
POINT = st.tuples(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0), st.floats(0.05, 10.0))


@given(INTRINSICS, POINT)
def test_projection_is_the_formula(k: Intrinsics, point: tuple[float, float, float]) -> None:
    x, y, z = map(Fraction, point)
    u = float(Fraction(k.fx) * x / z + Fraction(k.cx))
    v = float(Fraction(k.fy) * y / z + Fraction(k.cy))
    size = 1.0 + abs(u) + abs(v) + abs(k.cx) + abs(k.cy)
    np.testing.assert_allclose(project(point, k), [u, v], rtol=0.0, atol=1e-14 * size)


@given(INTRINSICS, st.lists(POINT, min_size=1, max_size=5))
def test_unproject_undoes_project(k: Intrinsics, points: list[tuple[float, ...]]) -> None:
    array = np.array(points).reshape(1, -1, 3)
    pixels = project(array, k)
    assert pixels.shape == (1, len(points), 2)
    np.testing.assert_allclose(unproject(pixels, array[..., 2], k), array, rtol=0.0, atol=1e-9)


def test_pixel_centres_lie_at_integers() -> None:
    np.testing.assert_array_equal(unproject([7, 9], 2.0, Intrinsics(1, 1, 7, 9)), [0, 0, 2])


def test_one_depth_for_many_pixels() -> None:
    assert unproject(np.zeros((4, 5, 2)), 0.5, Intrinsics(1, 1, 0, 0)).shape == (4, 5, 3)


@pytest.mark.parametrize('z', [0.0, -1.0, math.nan])
def test_points_behind_the_camera_are_refused(z: float) -> None:
    with pytest.raises(ValueError, match='z > 0'):
        project([[0.0, 0.0, 1.0], [0.0, 0.0, z]], Intrinsics(1, 1, 0, 0))


def test_no_points_project_to_no_pixels() -> None:
    assert project(np.zeros((0, 3)), Intrinsics(1, 1, 0, 0)).shape == (0, 2)


@pytest.mark.parametrize(
    'values',
    [(0, 0, 0, 0), (-1, 1, 0, 0), (1, -1, 0, 0), (math.nan, 1, 0, 0), (1, math.inf, 0, 0),
     (1, 1, math.nan, 0), (1, 1, 0, -math.inf)],
)  # fmt: skip
def test_impossible_intrinsics_are_refused(values: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match=r'intrinsics fx=.* finite .* positive'):
        Intrinsics(*values)


@pytest.mark.parametrize(
    'values',
    [
        (1e-30, 240.0, 160.0, 120.0),
        (240.0, 5e-324, 160.0, 120.0),
        (3.1, 240.0, 160.0, 120.0),
        (240.0, 32_001.0, 160.0, 120.0),
        (240.0, 240.0, 1e9, 120.0),
        (240.0, 240.0, 160.0, -1e300),
    ],
)
def test_a_camera_that_cannot_be_is_named(values: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match='320 x 240 pixels: focal lengths must lie'):
        Intrinsics(*values).check_image(320, 240)


@pytest.mark.parametrize('values', [(3.3, 3.3, 0.0, 0.0), (31_000.0, 240.0, -500.0, 800.0)])
def test_unusual_cameras_are_accepted(values: tuple[float, float, float, float]) -> None:
    camera = Intrinsics(*values)
    camera.check_image(320, 240)
    assert camera.as_array().tolist() == pytest.approx(values)
