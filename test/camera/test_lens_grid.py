# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The crop through a lens, interpolated between nodes, against the lens at every pixel."""

from dense_hand_pose.camera.crop import CROP_SIZE_PX, CropWindow
from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.camera.lens_grid import between_nodes, COUNTS, nodes, TOLERANCE_PX
from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

LENSES = st.one_of(
    st.builds(
        Distortion,
        st.just('plumb_bob'),
        st.tuples(*[st.floats(-0.4, 0.4)] * 2, *[st.floats(-0.01, 0.01)] * 2),
    ),
    st.builds(Distortion, st.just('equidistant'), st.tuples(*[st.floats(-0.1, 0.1)] * 4)),
    st.just(Distortion('rational_polynomial', (0.5, -2.6, 6e-4, -2e-4, 1.5, 0.38, -2.4, 1.4))),
)
CENTERS = st.tuples(st.floats(-0.4, 0.4), st.floats(-0.3, 0.3), st.floats(0.15, 1.2))


def window(lens: Distortion, center: tuple[float, float, float]) -> CropWindow:
    return CropWindow(center, 0.3, Intrinsics(475.0, 470.0, 319.5, 241.0, lens))


@given(LENSES, CENTERS)
@example(Distortion('plumb_bob', (-0.3, 0.1)), (0.0, 0.0, 0.5))
@example(Distortion('plumb_bob', (-0.3,)), (0.4, 0.3, 0.4))
@settings(max_examples=60, deadline=None)
def test_pixels_are_those_of_the_lens(lens: Distortion, center: tuple[float, ...]) -> None:
    place = window(lens, center)
    exact = place.bent_pixels()
    columns, rows = place.read_bent_indices()
    assert columns.shape == rows.shape == (CROP_SIZE_PX, CROP_SIZE_PX)
    expected = np.rint(exact).clip(-1, 2**31)
    other = np.abs(np.stack([columns, rows]) - expected)
    assert other.max() <= 1.0
    # A neighbour is read only where the ray falls so near to the border between the two.
    from_border = np.abs(exact - np.floor(exact) - 0.5)
    assert from_border[other > 0.0].max(initial=0.0) <= 2 * TOLERANCE_PX


@pytest.mark.parametrize('z', [0.3, 0.5, 1.0])
def test_a_usual_lens_is_interpolated_from_the_fewest_nodes(z: float) -> None:
    place = window(Distortion('plumb_bob', (-0.3, 0.1, 1e-3, -1e-3)), (0.1, 0.0, z))
    steps = nodes(CROP_SIZE_PX, COUNTS[0])
    at_nodes = place.crop_to_sensor(np.stack(np.meshgrid(steps, steps), axis=-1))
    between = between_nodes(np.moveaxis(at_nodes, -1, 0), CROP_SIZE_PX)
    assert between is not None
    assert np.abs(between - place.bent_pixels()).max() <= TOLERANCE_PX


def test_a_cubic_is_met_everywhere() -> None:
    def surface(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.stack([1e-4 * x**3 - 0.02 * x * y**2, 0.3 * y**3 / 128 + x])

    for count in COUNTS:
        steps = nodes(CROP_SIZE_PX, count)
        between = between_nodes(surface(*np.meshgrid(steps, steps)), CROP_SIZE_PX)
        whole = np.arange(CROP_SIZE_PX, dtype=np.float64)
        np.testing.assert_allclose(between, surface(*np.meshgrid(whole, whole)), atol=1e-8)


@pytest.mark.parametrize('spoil', [1.0, np.nan, np.inf])
def test_what_is_not_smooth_is_refused(spoil: float) -> None:
    steps = nodes(CROP_SIZE_PX, COUNTS[0])
    values = np.stack(np.meshgrid(steps, steps))
    assert between_nodes(values, CROP_SIZE_PX) is not None
    values[1, 3, 3] += spoil
    assert between_nodes(values, CROP_SIZE_PX) is None
