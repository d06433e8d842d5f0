# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The metric cube against the contract's formula, one crop pixel at a time."""

import math

from dense_hand_pose.camera.crop import (
    crop_depth,
    CROP_SIZE_PX,
    CropWindow,
    denormalise_depth,
    normalise_depth,
)  # fmt: skip
from dense_hand_pose.camera.intrinsics import Intrinsics, project, unproject
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

K = Intrinsics(615.0, 610.0, 319.5, 241.0)
WINDOWS = st.builds(
    CropWindow,
    st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5), st.floats(0.15, 1.5)),
    st.floats(0.1, 0.6),
    st.builds(Intrinsics, st.floats(80.0, 1500.0), st.floats(80.0, 1500.0),
              st.floats(0.0, 640.0), st.floats(0.0, 480.0)),
)  # fmt: skip
FACE = 1e-4  # both faces lie nearer by that, so that no step of depth lies on one
INSIDE_PX = st.floats(-0.5, CROP_SIZE_PX - 0.5)


def to_crop(window: CropWindow, pixels_px: np.ndarray) -> np.ndarray:
    """Map image coordinates (..., 2) to crop coordinates: the inverse of crop_to_image()."""
    shifted: np.ndarray = np.asarray(pixels_px) - window.origin_px
    return shifted / window.scale_px


def brute_force_crop(depth_m: np.ndarray, window: CropWindow) -> np.ndarray:
    """Cut a crop by the formula of the contract, in float64 and Python loops."""
    k, (x, y, z), size = window.intrinsics, window.center_m, window.cube_size_m
    crop = np.ones((128, 128))
    for j in range(128):
        v = round(k.fy * y / z + k.cy + ((j + 0.5) / 128 - 0.5) * k.fy * size / z)
        for i in range(128):
            u = round(k.fx * x / z + k.cx + ((i + 0.5) / 128 - 0.5) * k.fx * size / z)
            if not (0 <= u < depth_m.shape[1] and 0 <= v < depth_m.shape[0]):
                continue
            value = float(depth_m[v, u])
            near = (value - z) / (size / 2)
            if math.isfinite(value) and value > 0.0 and abs(near + FACE) <= 1.0:
                crop[j, i] = max(near, -1.0)
    return crop


def steep_depth(shape: tuple[int, int], seed: int) -> np.ndarray:
    """Return noise around 0.5 m, so that a pixel read beside the right one shows."""
    depth = np.random.default_rng(seed).uniform(0.3, 0.7, shape).astype(np.float32)
    depth[::7] = 0.0
    depth[:, ::11] = math.nan
    return depth


@pytest.mark.parametrize(
    ('center', 'size', 'shape'),
    [((0.013, -0.021, 0.5), 0.3, (480, 640)), ((0.3, 0.25, 0.41), 0.3, (480, 640)),
     ((-0.4, -0.3, 0.55), 0.45, (480, 640)), ((0.0, 0.0, 0.45), 0.2, (48, 64)),
     ((0.0, 0.0, 0.5), 0.3, (1, 1)), ((3.0, 0.0, 0.5), 0.3, (480, 640))],
)  # fmt: skip
def test_crop_is_the_formula(
    center: tuple[float, float, float], size: float, shape: tuple[int, int]
) -> None:
    k = Intrinsics(K.fx, K.fy, shape[1] / 2 - 0.43, shape[0] / 2 - 0.61)
    window, depth = CropWindow(center, size, k), steep_depth(shape, 3)
    crop = crop_depth(depth, window)
    assert crop.shape == (128, 128)
    assert crop.dtype == np.float32
    np.testing.assert_allclose(crop, brute_force_crop(depth, window), rtol=0.0, atol=2e-6)


@pytest.mark.parametrize('dtype', ['<u2', '>u2', '<i2', '<u4', '<i8', '<f8', '>f4'])
def test_every_number_type_crops_alike(dtype: str) -> None:
    raw = np.random.default_rng(5).integers(300, 700, (120, 160))
    window = CropWindow((0.0, 0.0, 0.5), 0.3, Intrinsics(150, 150, 80, 60))
    expected = crop_depth((raw * np.float32(0.001)).astype(np.float32), window)
    np.testing.assert_array_equal(crop_depth(raw.astype(dtype), window, 0.001), expected)


@given(WINDOWS, INSIDE_PX, INSIDE_PX)
def test_pixels_go_to_the_image_and_back(window: CropWindow, i: float, j: float) -> None:
    there = window.crop_to_image([i, j])
    np.testing.assert_allclose(to_crop(window, there), [i, j], rtol=0.0, atol=1e-7)


@given(WINDOWS, st.integers(0, 127), st.integers(0, 127), st.floats(-1.0, 1.0))
@settings(max_examples=200)
def test_round_trip_stays_within_half_a_pixels_footprint(
    window: CropWindow, i: int, j: int, near: float
) -> None:
    columns, rows = window.read_indices()
    z = window.center_m[2] + near * window.cube_size_m / 2
    if z <= 0.02:
        return
    point = unproject([columns[i], rows[j]], z, window.intrinsics)
    back = to_crop(window, project(point, window.intrinsics))
    # The read pixel lies at most half an image pixel from where the crop's pixel points.
    half = 0.5 / np.array(window.scale_px) + 1e-6
    assert np.all(np.abs(back - [i, j]) <= half)
    by_crop = unproject([i, j], z, window.crop_intrinsics)
    footprint_m = 0.5 * z / np.array([window.intrinsics.fx, window.intrinsics.fy]) + 1e-9
    assert np.all(np.abs(by_crop - point)[:2] <= footprint_m)
    assert by_crop[2] == pytest.approx(point[2])


@given(WINDOWS)
def test_the_cube_fills_the_window(window: CropWindow) -> None:
    x, y, z = window.center_m
    half = window.cube_size_m / 2
    corners = project([[x - half, y - half, z], [x + half, y + half, z]], window.intrinsics)
    expected = [[-0.5, -0.5], [127.5, 127.5]]
    np.testing.assert_allclose(to_crop(window, corners), expected, rtol=0.0, atol=1e-6)


@given(WINDOWS, st.floats(-1.0, 1.0, exclude_min=True, exclude_max=True, width=32))
def test_depth_goes_to_the_cube_and_back(window: CropWindow, near: float) -> None:
    metres = denormalise_depth(np.array([near], np.float32), window)
    back = normalise_depth(metres, window)
    if metres[0] <= 0.0:
        assert back[0] == 1.0
    else:
        # A rounding of float32 may push the last value of the cube to the background.
        assert back[0] == pytest.approx(near, abs=3e-6) or (
            back[0] == 1.0 and abs(near) > 1 - 3e-6
        )


def test_depth_outside_the_cube_is_background() -> None:
    window = CropWindow((0.0, 0.0, 0.5), 0.3, K)
    depth = np.array([0.0, 0.34, 0.36, 0.5, 0.64, 0.66, 60.0], np.float32)
    near = normalise_depth(depth, window)
    np.testing.assert_allclose(near, [1, 1, -0.14 / 0.15, 0, 0.14 / 0.15, 1, 1], atol=1e-6)


@pytest.mark.parametrize('scale', [1e6, 1e30])
def test_a_centre_far_outside_the_image_sees_background(scale: float) -> None:
    for center in ((scale, 0.0, 0.5), (0.0, -scale, 0.5), (0.0, 0.0, scale)):
        crop = crop_depth(np.full((48, 64), 0.5, np.float32), CropWindow(center, 0.3, K))
        assert np.all(crop == 1.0)


@pytest.mark.parametrize(
    ('center', 'size', 'words'),
    [((0.0, 0.0, 0.0), 0.3, 'crop centre at z = 0.0'), ((0.0, 0.0, -1.0), 0.3, 'crop centre at z'),
     ((math.nan, 0.0, 1.0), 0.3, 'three finite'), ((0.0, math.inf, 1.0), 0.3, 'three finite'),
     ((0.0, 1.0), 0.3, 'three finite'), ((0.0, 0.0, 1.0), 0.0, 'cube_size_m = 0.0'),
     ((0.0, 0.0, 1.0), math.nan, 'cube_size_m = nan')],
)  # fmt: skip
def test_impossible_windows_are_refused(
    center: tuple[float, float, float], size: float, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        CropWindow(center, size, K)
