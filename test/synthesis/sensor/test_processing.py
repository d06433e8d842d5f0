# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The processing on board of cameras against brute force in NumPy and SciPy."""

from dense_hand_pose.synthesis.objects.shapes import plane
from dense_hand_pose.synthesis.scenes.full_scene import (
    render_full_frame,
    sample_full_scene,
    upside_down,
)
from dense_hand_pose.synthesis.sensor import processing_kernels as kernels
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS, DepthCamera
from dense_hand_pose.synthesis.sensor.noise import add_noise, NoiseLevel
from dense_hand_pose.synthesis.sensor.processing import after_noise, before_noise, Processing
from dense_hand_pose.synthesis.sensor.raster import DepthBuffer
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

Depth = npt.NDArray[np.float32]


def depths(seed: int, shape: tuple[int, int] = (13, 17), missing: float = 0.2) -> Depth:
    """Return surfaces at two distances with a millimetre of noise and holes."""
    rng = np.random.default_rng(seed)
    z = np.where(rng.random(shape) < 0.5, 0.5, 0.56) + 0.001 * rng.standard_normal(shape)
    return np.where(rng.random(shape) < missing, 0.0, z).astype(np.float32)


@given(st.integers(1, 9), st.integers(1, 9), st.floats(0.0, 0.03), st.booleans(), st.booleans())
def test_a_gap_is_bridged_where_it_is_narrow_and_its_sides_are_level(
    gap: int, longest: int, step_m: float, seen_through: bool, down: bool
) -> None:
    z = np.full((3, 30), 0.5, np.float32)
    end = 10 + gap
    z[:, 10:end] = 0.7 if seen_through else 0.0
    z[:, end:] = 0.5 + step_m
    closed = kernels.close_gaps(z.T.copy() if down else z, longest, 0.015)
    closed = closed.T if down else closed
    bridged = gap <= longest and np.float32(0.5 + step_m) - np.float32(0.5) < 0.015
    expected = z.copy()
    if bridged:
        ends = np.linspace(0.5, 0.5 + step_m, gap + 2)
        expected[:, np.arange(9, end + 1)] = ends
    np.testing.assert_allclose(closed, expected, atol=1e-6)


@given(st.integers(0, 1000), st.integers(1, 4))
def test_the_mean_is_over_the_pixels_of_one_surface(seed: int, radius: int) -> None:
    z = depths(seed).astype(np.float64)

    def rows(image: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        out = np.zeros_like(image)
        for (j, i), here in np.ndenumerate(image):
            if here > 0:
                first, last = max(i - radius, 0), i + radius + 1
                near = image[j, first:last]
                out[j, i] = near[np.abs(near - here) < 0.01].mean()
        return out

    expected = rows(rows(z).T).T
    np.testing.assert_allclose(kernels.mean(depths(seed), radius, 0.01), expected, atol=1e-6)


@given(st.integers(0, 1000))
def test_the_median_counts_nothing_as_farthest(seed: int) -> None:
    z = depths(seed, missing=0.4)
    far = np.where(z > 0, z, 9.0)
    expected = ndimage.median_filter(far, size=3)[1:-1, 1:-1]
    got = kernels.median(z)[1:-1, 1:-1]
    np.testing.assert_array_equal(got, np.where(expected < 9.0, expected, 0.0))


@given(st.integers(0, 1000), st.floats(0.2, 1.0))
def test_the_recursive_filter_keeps_edges(seed: int, alpha: float) -> None:
    z = depths(seed)
    out = kernels.recursive(z, alpha, 0.01)
    assert np.array_equal(out > 0, z > 0)
    surface = np.abs(z - 0.5) < 0.03
    assert np.abs(out[surface & (z > 0)] - 0.5).max(initial=0.0) < 0.006
    if alpha == 1.0:
        np.testing.assert_array_equal(out, z)


def test_the_recursive_filter_along_one_row() -> None:
    z = np.array([[0.5, 0.502, 0.501, 0.6, 0.0, 0.5]], np.float32)
    last, forward = 0.0, []
    for here in z[0].tolist():
        same = here > 0 and last > 0 and abs(here - last) < 0.01
        forward.append(0.4 * here + 0.6 * last if same else here)
        last = forward[-1]
    last, expected = 0.0, []
    for here in forward[::-1]:
        same = here > 0 and last > 0 and abs(here - last) < 0.01
        expected.append(0.4 * here + 0.6 * last if same else here)
        last = expected[-1]
    np.testing.assert_allclose(kernels.recursive(z, 0.4, 0.01)[0], expected[::-1], atol=1e-6)


@given(st.integers(0, 1000), st.integers(-3, 3), st.integers(-3, 3), st.booleans())
def test_a_trail_shows_the_frame_before(seed: int, v: int, u: int, persist: bool) -> None:
    z = depths(seed)
    before = ndimage.shift(z, (-v, -u), order=0, cval=0.0)
    alike = (z > 0) & (before > 0) & (np.abs(z - before) < 0.01)
    expected = np.where(alike, 0.7 * z + 0.3 * before, z)
    if persist:
        expected = np.where((z == 0) & (before > 0), before, expected)
    got = kernels.trail(z, (v, u), 0.7, 0.01, persist)
    np.testing.assert_allclose(got, expected, atol=1e-6)


@pytest.mark.parametrize(('mode', 'value'), [(1, 0.5), (2, 0.8), (3, 0.5)])
def test_holes_are_filled_between_measurements(mode: int, value: float) -> None:
    z = np.array([[0.0, 0.5, 0.0, 0.0, 0.8, 0.0, 0.0, 0.0, 0.7, 0.0]], np.float32)
    filled = kernels.fill_holes(z, mode, 2)
    expected = z.copy()
    expected[0, 2:4] = value
    np.testing.assert_allclose(filled, expected)


def test_steps_tear_as_wide_and_as_often_as_asked() -> None:
    z = np.full((400, 60), 0.9, np.float32)
    z[:, 30:] = 0.5
    torn = kernels.tear(z, 2, 1.0, np.random.default_rng(1))
    assert np.all(torn[:, 28:32] == 0)
    np.testing.assert_array_equal(torn[:, :28], z[:, :28])
    np.testing.assert_array_equal(torn[:, 33:], z[:, 33:])
    some = kernels.tear(z, 1, 0.3, np.random.default_rng(1))  # a step tears two rows
    assert np.mean(some[:, 29] == 0) == pytest.approx(1.0 - 0.7**2, abs=0.08)


@pytest.mark.parametrize('factor', [2, 3, 4])
def test_an_enlarged_image_has_the_resolution_of_its_measurements(factor: int) -> None:
    v, u = np.mgrid[:24, :36]
    slope = (0.5 + 0.0005 * u + 0.0003 * v).astype(np.float32)
    repeated = kernels.enlarge(slope, factor, False, 0.02)
    blocks = repeated.reshape(24 // factor, factor, 36 // factor, factor)
    assert np.all(blocks == blocks[:, :1, :, :1])
    smooth = kernels.enlarge(slope, factor, True, 0.02)
    inner = slice(factor, -factor)
    np.testing.assert_allclose(smooth[inner, inner], slope[inner, inner], atol=1e-6)


def test_waves_are_bilinear_and_grow_with_distance() -> None:
    rng = np.random.default_rng(2)
    waves = 0.002 * rng.standard_normal((6, 7))
    for z_m in (0.4, 0.8):
        z = np.full((20, 24), z_m, np.float32)
        kernels.add_waves(z, waves, 4.5)
        at = np.mgrid[:20, :24] / 4.5
        expected = z_m + z_m**2 * ndimage.map_coordinates(waves, at, order=1)
        np.testing.assert_allclose(z, expected, atol=1e-6)


def test_a_device_that_smooths_has_rougher_depth_over_longer_distances() -> None:
    z = np.full((200, 200), 0.6, np.float32)
    rng = np.random.default_rng(3)
    z += 0.001 * rng.standard_normal(z.shape).astype(np.float32)
    out = after_noise(z, Processing(mean_px=3.0), 1.0, rng)

    def roughness(k: int) -> float:
        before, after = out[:, slice(None, -2 * k)], out[:, slice(2 * k, None)]
        return float(np.std(before - 2 * out[:, k:-k] + after))

    assert roughness(1) < 0.8 * roughness(2) < 0.8 * 0.8 * roughness(4)
    assert np.std(out) < 0.25 * np.std(z)


def test_no_processing_changes_nothing() -> None:
    z = depths(5)
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(before_noise(z, Processing(), 1.0), z)
    np.testing.assert_array_equal(after_noise(z, Processing(), 1.0, rng), z)


@pytest.mark.parametrize('camera', CAMERAS, ids=lambda camera: camera.name)
@pytest.mark.parametrize('step', [1, 3])
def test_every_device_delivers_finite_depth_in_its_units(camera: DepthCamera, step: int) -> None:
    k = camera.sample_intrinsics(np.random.default_rng(0))
    lattice = np.arange(0, 240, step)
    for seed in range(25):
        rng = np.random.default_rng([seed, 1])
        buffer = DepthBuffer(k, lattice, lattice)
        buffer.draw(*plane(np.array([0.0, 0.0, 0.8]), np.array([0.0, 0.6, 0.8]), 3.0))
        buffer.draw(*plane(np.array([-0.1, -0.1, 0.5]), np.array([0.0, 0.0, 1.0]), 0.08))
        level = NoiseLevel.sample(rng, camera)
        depth = add_noise(buffer, camera, level, rng).astype(np.float64)
        assert np.isfinite(depth).all()
        assert level.unit_m in camera.units_m
        whole = depth / level.unit_m
        assert np.abs(whole - np.rint(whole)).max() < 1e-2
        surface = depth[depth > 0]
        assert surface.size > 0.3 * depth.size
        assert 0.3 < surface.min() <= surface.max() < 6.0


def test_dark_things_hide_what_is_behind_and_have_no_depth() -> None:
    camera = CAMERAS[0]
    k = camera.sample_intrinsics(np.random.default_rng(0))
    lattice = np.arange(100, 300)
    ahead = np.array([0.0, 0.0, 1.0])
    wall = plane(np.array([0.0, 0.0, 0.9]), ahead, 2.0)
    thing = plane(np.array([0.0, 0.0, 0.6]), ahead, 0.03)
    images = []
    for order in ((wall, thing._replace(dark=True)), (thing._replace(dark=True), wall)):
        buffer = DepthBuffer(k, lattice, lattice)
        for mesh in order:
            buffer.draw(*mesh)
        images.append(buffer.depth_m())
    alone = DepthBuffer(k, lattice, lattice)
    alone.draw(*thing)
    np.testing.assert_array_equal(images[0], images[1])
    np.testing.assert_array_equal(images[0] == 0, alone.depth_m() > 0)


def test_a_camera_mounted_upside_down_sees_the_scene_turned() -> None:
    scene = sample_full_scene(np.random.default_rng(4), 1)
    turned = upside_down(scene)
    image = render_full_frame(scene)[::-1, ::-1]
    differs = np.abs(render_full_frame(turned) - image) > 1e-3
    assert np.mean(differs) < 1e-3
    np.testing.assert_allclose(turned.hands[0].joints_m[:, :2], -scene.hands[0].joints_m[:, :2])
