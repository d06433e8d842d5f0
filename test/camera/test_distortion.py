# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The lens models against OpenCV's own projection and undistortion."""

from functools import cache
import math
from typing import Any

import cv2
from dense_hand_pose.camera.crop import crop_depth, CROP_SIZE_PX, CropWindow, normalise_depth
from dense_hand_pose.camera.distortion import (
    between_nodes,
    COUNTS,
    Distortion,
    nodes,
    TOLERANCE_PX,
)
from dense_hand_pose.camera.intrinsics import Intrinsics, project, unproject
from dense_hand_pose.detection.nearest_surface import propose_centers
from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

K = np.array([[470.0, 0.0, 318.0], [0.0, 465.0, 243.0], [0.0, 0.0, 1.0]])
LENSES = {
    'plumb_bob': Distortion('plumb_bob', (-0.28, 0.09, 0.0011, -0.0017, -0.015)),
    # The factory calibration of an Azure Kinect's depth camera has coefficients of this size.
    'rational_polynomial': Distortion(
        'rational_polynomial', (5.3, 3.6, -1.2e-4, 3.1e-5, 0.19, 5.6, 5.4, 0.97)
    ),
    'equidistant': Distortion('equidistant', (-0.02, 0.006, -0.004, 0.0007)),
}
CRITERIA = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 60, 1e-13)


def camera(lens: Distortion | None) -> Intrinsics:
    return Intrinsics(K[0, 0], K[1, 1], K[0, 2], K[1, 2], lens)


def cv2_project(points: np.ndarray, lens: Distortion) -> np.ndarray:
    zero, d = np.zeros(3), np.array(lens.coefficients)
    if lens.model == 'equidistant':
        pixels, _ = cv2.fisheye.projectPoints(points.reshape(-1, 1, 3), zero, zero, K, d)
    else:
        pixels, _ = cv2.projectPoints(points.reshape(-1, 1, 3), zero, zero, K, d)
    return np.asarray(pixels).reshape(-1, 2)


def cv2_rays(pixels: np.ndarray, lens: Distortion) -> np.ndarray:
    points, d = pixels.reshape(-1, 1, 2).astype(np.float64), np.array(lens.coefficients)
    if lens.model == 'equidistant':
        rays = cv2.fisheye.undistortPoints(points, K, d, criteria=CRITERIA)
        return np.asarray(rays).reshape(-1, 2)
    # OpenCV 4 has the criteria in a function of its own.
    undistort: Any = getattr(cv2, 'undistortPointsIter', cv2.undistortPoints)
    rays = undistort(points, K, d, R=np.eye(3), P=np.eye(3), criteria=CRITERIA)
    return np.asarray(rays).reshape(-1, 2)


def scattered_points(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.uniform(0.2, 1.5, 400)
    rays = rng.uniform((-0.62, -0.47), (0.62, 0.47), (400, 2))
    return np.column_stack([rays * z[:, None], z])


@pytest.mark.parametrize('name', LENSES)
def test_projection_is_that_of_opencv(name: str) -> None:
    lens, points = LENSES[name], scattered_points()
    expected = cv2_project(points, lens)
    np.testing.assert_allclose(project(points, camera(lens)), expected, rtol=0.0, atol=1e-9)
    bent = np.abs(expected - project(points, camera(None))).max()
    assert bent > 10.0, 'the lens of this test bends too little to tell'


@pytest.mark.parametrize('name', LENSES)
def test_undistortion_is_that_of_opencv(name: str) -> None:
    lens = LENSES[name]
    v, u = np.mgrid[0:480:16, 0:640:16]
    pixels = np.stack([u, v], axis=-1).reshape(-1, 2)
    rays = unproject(pixels, np.ones(len(pixels)), camera(lens))[:, :2]
    np.testing.assert_allclose(rays, cv2_rays(pixels, lens), rtol=0.0, atol=1e-7)


@pytest.mark.parametrize('name', LENSES)
def test_there_and_back(name: str) -> None:
    points = scattered_points(1)
    k = camera(LENSES[name])
    back = unproject(project(points, k), points[:, 2], k)
    np.testing.assert_allclose(back, points, rtol=0.0, atol=1e-9)


K1 = st.floats(-0.4, 0.4)
SMALL = st.floats(-0.003, 0.003)


@given(st.builds(lambda *d: Distortion('plumb_bob', d), K1, st.floats(-0.1, 0.1), SMALL, SMALL))
def test_any_lens_gives_finite_numbers_and_inverts_where_it_can(lens: Distortion) -> None:
    rays = np.random.default_rng(3).uniform(-3.0, 3.0, (200, 2))
    assert np.isfinite(lens.distort(rays)).all()
    assert np.isfinite(lens.undistort(rays)).all()
    radius = np.hypot(rays[:, 0], rays[:, 1])
    well_inside = rays[radius < 0.8 * min(lens.limit, 1.0)]
    back = lens.undistort(lens.distort(well_inside))
    np.testing.assert_allclose(back, well_inside, rtol=0.0, atol=1e-6)


def test_the_limit_is_where_the_polynomial_turns_back() -> None:
    # d/dr (r - 0.3 r^3) = 0 at r = 1 / sqrt(0.9)
    lens = Distortion('plumb_bob', (-0.3,))
    assert lens.limit == pytest.approx(1.0 / math.sqrt(0.9), abs=0.005)
    assert Distortion('plumb_bob', (0.1,)).limit > 5.0


@pytest.mark.parametrize(
    ('model', 'coefficients', 'words'),
    [
        ('inverse_brown', (0.1,), "'inverse_brown': expected one of plumb_bob"),
        ('plumb_bob', (0.1, math.nan), 'finite'),
        ('plumb_bob', (0.1, 0, 0, 0, 0, 0.2, 0, 0), 'plumb_bob has 5'),
        ('equidistant', (0.1, 0.1, 0.1, 0.1, 0.1), 'equidistant has 4'),
    ],
)
def test_what_is_no_lens_is_refused(
    model: str, coefficients: tuple[float, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Distortion(model, coefficients)


def test_missing_coefficients_are_zero() -> None:
    assert Distortion('plumb_bob', ()).coefficients == (0.0,) * 5
    assert Distortion('rational_polynomial', (0.0,) * 14).coefficients == (0.0,) * 8


@cache
def bent_depth(lens: Distortion) -> np.ndarray:
    """Return a wavy wall (480, 640) in metres: each pixel's depth by OpenCV's ray."""
    v, u = np.mgrid[0:480, 0:640]
    rays = cv2_rays(np.stack([u, v], axis=-1).reshape(-1, 2), lens)
    z = 0.5 + 0.05 * np.sin(9.0 * rays[:, 0]) * np.cos(7.0 * rays[:, 1])
    return np.asarray(z.reshape(480, 640), np.float32)


@pytest.mark.parametrize('name', LENSES)
@pytest.mark.parametrize('center', [(0.0, 0.0, 0.5), (0.22, -0.14, 0.5), (-0.3, 0.2, 0.5)])
def test_a_crop_shows_what_a_pinhole_camera_would(
    name: str, center: tuple[float, float, float]
) -> None:
    lens = LENSES[name]
    window = CropWindow(center, 0.3, camera(lens))
    crop = crop_depth(bent_depth(lens), window)
    steps = np.arange(CROP_SIZE_PX)
    i, j = np.meshgrid(steps, steps)
    ray = unproject(np.stack([i, j], axis=-1), 1.0, window.crop_intrinsics)
    z = 0.5 + 0.05 * np.sin(9.0 * ray[..., 0]) * np.cos(7.0 * ray[..., 1])
    expected = normalise_depth(z.astype(np.float32), window)
    seen = cv2_project(np.dstack([ray[..., :2], np.ones_like(z)]).reshape(-1, 3), lens)
    inside = ((seen > 1.0) & (seen < (638.0, 478.0))).all(axis=1).reshape(z.shape)
    assert inside.mean() > 0.3
    # Half a pixel beside the ray the wall is at most 0.45 / 465 m deeper: 0.0065 of half a cube.
    np.testing.assert_allclose(crop[inside], expected[inside], rtol=0.0, atol=0.0066)
    straight = crop_depth(bent_depth(lens), CropWindow(center, 0.3, camera(None)))
    if center[0] != 0.0:
        assert np.abs(straight[inside] - expected[inside]).mean() > 0.01


@pytest.mark.parametrize('name', LENSES)
@pytest.mark.parametrize('center', [(0.0, 0.0, 0.2), (0.22, -0.14, 0.5), (-0.1, 0.1, 0.3)])
def test_each_pixel_of_a_crop_is_read_where_opencv_shows_its_ray(
    name: str, center: tuple[float, float, float]
) -> None:
    lens = LENSES[name]
    window = CropWindow(center, 0.3, camera(lens))
    i, j = np.meshgrid(np.arange(CROP_SIZE_PX), np.arange(CROP_SIZE_PX))
    rays = unproject(np.stack([i, j], axis=-1), 1.0, window.crop_intrinsics)
    shown = cv2_project(rays.reshape(-1, 3), lens).reshape(CROP_SIZE_PX, CROP_SIZE_PX, 2)
    read = np.stack(window.read_bent_indices(), axis=-1)
    within = (np.hypot(rays[..., 0], rays[..., 1]) < lens.limit) & (shown > 0.0).all(axis=-1)
    assert within.mean() > 0.4
    assert np.abs(read - shown)[within].max() <= 0.5 + 2 * TOLERANCE_PX


def test_nothing_is_read_beyond_the_limit_of_the_lens() -> None:
    lens = Distortion('plumb_bob', (-0.3,))
    depth = np.full((480, 640), 2.0, np.float32)
    # Rays of 1.5 to 1.9 fold back to 0.49 .. -0.16, into the image.
    window = CropWindow((3.4, 0.0, 2.0), 0.8, camera(lens))
    assert (crop_depth(depth, window) == 1.0).all()


def test_the_search_knows_where_the_lens_shows_a_hand() -> None:
    lens, center = LENSES['plumb_bob'], np.array([0.24, -0.15, 0.5])
    depth = np.zeros((480, 640), np.float32)
    v, u = np.mgrid[0:480, 0:640]
    rays = cv2_rays(np.stack([u, v], axis=-1).reshape(-1, 2), lens)
    on_ball = np.hypot(*(rays * 0.5 - center[:2]).T) < 0.05
    depth.reshape(-1)[on_ball] = 0.5
    found = propose_centers(depth, 1.0, camera(lens), 0.15, 1.2)
    assert min(np.linalg.norm((c - center)[:2]) for c in found) < 0.004
    naive = propose_centers(depth, 1.0, camera(None), 0.15, 1.2)
    assert min(np.linalg.norm((c - center)[:2]) for c in naive) > 0.008


ANY_LENS = st.one_of(
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


@given(ANY_LENS, CENTERS)
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
