# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Sensor noise against the published formulas, on flat walls."""

from dataclasses import replace

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.synthesis.objects.shapes import plane
from dense_hand_pose.synthesis.sensor import noise_kernels as kernels
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS, DepthCamera
from dense_hand_pose.synthesis.sensor.edge_kernels import fatten, flying_pixels
from dense_hand_pose.synthesis.sensor.noise import add_noise, NoiseLevel
from dense_hand_pose.synthesis.sensor.raster import DepthBuffer
import numpy as np
import numpy.typing as npt
import pytest

CAMERA = {camera.name: camera for camera in CAMERAS}
QUIET = NoiseLevel(dropouts=(0.0, 0.0, 0.0), holes=0.0, bias_m=0.0, fattening_px=0.0)


def wall(camera: DepthCamera, z_m: float, level: NoiseLevel) -> npt.NDArray[np.float32]:
    """Return the central 200 x 200 pixels of a wall that fills the image."""
    k = Intrinsics(camera.fx_px, camera.fx_px, camera.width / 2, camera.height / 2)
    lattice = np.arange(20, 220)
    buffer = DepthBuffer(k, lattice, lattice)
    mesh = plane(np.array([0.0, 0.0, z_m]), np.array([0.0, 0.0, 1.0]), 3.0)
    buffer.draw(*mesh)
    return add_noise(buffer, camera, level, np.random.default_rng(5))


ANGLES_DEG, DISTANCES_M = (0.0, 30.0, 60.0), (0.35, 0.6, 0.9)


def slanted(
    camera: DepthCamera, z_m: float, angle_deg: float, level: NoiseLevel
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return noisy and true depth and incidence in radians of a slanted wall."""
    k = Intrinsics(camera.fx_px, camera.fx_px, camera.width / 2, camera.height / 2)
    half = min(100, int(0.2 * camera.fx_px))  # the wall fills 11 degrees to each side
    columns, rows = (
        np.arange(n // 2 - half, n // 2 + half) for n in (camera.width, camera.height)
    )
    buffer = DepthBuffer(k, columns, rows)
    angle = np.radians(angle_deg)
    normal = np.array([np.sin(angle), 0.0, np.cos(angle)])
    buffer.draw(*plane(np.array([0.0, 0.0, z_m]), normal, 1.0))
    noisy = add_noise(buffer, camera, level, np.random.default_rng(5)).astype(np.float64)
    u, v = np.meshgrid((columns - k.cx) / k.fx, (rows - k.cy) / k.fy)
    along = u * normal[0] + normal[2]
    true = z_m * normal[2] / along
    return noisy, true, np.arccos(along / np.sqrt(u * u + v * v + 1.0))


def assert_alike(
    noisy_m: npt.NDArray[np.float64],
    expected_m: npt.NDArray[np.float64],
    true_m: npt.NDArray[np.float64],
) -> None:
    """
    Check that errors spread as those of the formula, drawn in float64 with other random numbers.

    The sd of a sample's sd is 1 / sqrt(2 N), 0.35 % of 40,000 pixels; the matching windows of
    stereo leave fewer independent ones.
    """
    got, expected = noisy_m - true_m, expected_m - true_m
    # 10 micrometres: where noise is far below a millimetre, its rounding is a rare event.
    assert np.std(got) == pytest.approx(np.std(expected), rel=0.04, abs=1e-5)
    assert abs(np.mean(got) - np.mean(expected)) < max(0.08 * np.std(expected), 1e-5)


def in_millimetres(depth_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.rint(depth_m * 1000.0) / 1000.0


@pytest.mark.parametrize('name', ['kinect', 'sr300'])
@pytest.mark.parametrize('angle_deg', ANGLES_DEG)
@pytest.mark.parametrize('z_m', DISTANCES_M)
def test_structured_light_on_walls(name: str, angle_deg: float, z_m: float) -> None:
    noisy, true, t = slanted(CAMERA[name], z_m, angle_deg, QUIET)
    grazing = 1e-4 / np.sqrt(true) * t**2 / (np.pi / 2 - t) ** 2
    asked = 0.0012 + 0.0019 * (true - 0.4) ** 2 + np.where(t > np.pi / 3, grazing, 0.0)
    drawn = true + asked * np.random.default_rng(8).standard_normal(true.shape)
    if name == 'kinect':  # the SR300 has no such steps
        drawn = 351.3 / np.rint(351.3 / drawn)
    assert_alike(noisy, in_millimetres(drawn), true)


@pytest.mark.parametrize('name', ['d435', 'd435_wide', 'd415'])
@pytest.mark.parametrize('angle_deg', ANGLES_DEG)
@pytest.mark.parametrize('z_m', DISTANCES_M)
def test_stereo_on_walls(name: str, angle_deg: float, z_m: float) -> None:
    camera = CAMERA[name]
    for disparity_sd in (0.03, 0.12):
        level = replace(QUIET, disparity_sd_px=disparity_sd)
        noisy, true, _ = slanted(camera, z_m, angle_deg, level)
        disparity = camera.fx_px * camera.baseline_m / true
        disparity += disparity_sd * np.random.default_rng(8).standard_normal(true.shape)
        stepped = np.rint(disparity * 32.0) / 32.0
        expected = in_millimetres(camera.fx_px * camera.baseline_m / stepped)
        assert_alike(noisy, expected, true)


@pytest.mark.parametrize('name', ['creative', 'l515', 'azure_kinect', 'kinect_v2'])
@pytest.mark.parametrize('angle_deg', ANGLES_DEG)
@pytest.mark.parametrize('z_m', DISTANCES_M)
def test_time_of_flight_on_walls(name: str, angle_deg: float, z_m: float) -> None:
    level = replace(QUIET, tof_sd_m=0.0013, offset_m=0.003, flying=1.0)
    noisy, true, _ = slanted(CAMERA[name], z_m, angle_deg, level)
    # No depth edges: even with flying pixels at every edge none may fly.
    drawn = true + 0.003 + 0.0013 * np.random.default_rng(8).standard_normal(true.shape)
    assert_alike(noisy, in_millimetres(drawn), true)


def test_depth_comes_in_steps_of_disparity() -> None:
    for name, steps in (('kinect', 351.3), ('d435', 32.0 * 385.0 * 0.05)):
        noisy, _, _ = slanted(CAMERA[name], 0.9, 30.0, QUIET)
        number = np.rint(steps / noisy)
        # In millimetres: every depth is the rounding of a whole number of disparity steps.
        assert np.abs(steps / number - noisy).max() < 0.00052
        assert np.unique(noisy).size < 0.8 * (np.ptp(noisy) * 1000.0)


def test_bias_of_time_of_flight_is_smooth_and_as_large_as_asked() -> None:
    level = replace(QUIET, tof_sd_m=1e-6, bias_m=0.0015)
    noisy, true, _ = slanted(CAMERA['azure_kinect'], 0.6, 0.0, level)
    bias = noisy - true
    assert 0.0003 < np.std(bias) < 0.003
    assert np.abs(np.diff(bias, axis=0)).max() < 0.0015
    assert np.abs(np.diff(bias, axis=1)).max() < 0.0015


@pytest.mark.parametrize('z_m', [0.35, 0.5, 0.8])
def test_structured_light_sd(z_m: float) -> None:
    depth = wall(CAMERA['kinect'], z_m, QUIET)
    asked = 0.0012 + 0.0019 * (z_m - 0.4) ** 2
    steps = z_m**2 / 351.3 / np.sqrt(12.0)
    assert np.std(depth) == pytest.approx(np.hypot(asked, np.hypot(steps, 0.0003)), rel=0.05)
    assert np.mean(depth) == pytest.approx(z_m, abs=4e-4)


@pytest.mark.parametrize('name', ['d435', 'd435_wide', 'd415'])
@pytest.mark.parametrize('z_m', [0.4, 0.8])
def test_stereo_sd(name: str, z_m: float) -> None:
    camera = CAMERA[name]
    depth = wall(camera, z_m, replace(QUIET, disparity_sd_px=0.1))
    # Disparity noise and its 1/32 px steps, both through dz = z^2 / (f B) dd.
    disparity_sd = np.hypot(0.1, 1.0 / 32.0 / np.sqrt(12.0))
    asked = z_m**2 * disparity_sd / (camera.fx_px * camera.baseline_m)
    assert np.std(depth) == pytest.approx(np.hypot(asked, 0.0003), rel=0.10)


def test_time_of_flight_sd_and_offset() -> None:
    depth = wall(CAMERA['azure_kinect'], 0.6, replace(QUIET, tof_sd_m=0.0013, offset_m=0.004))
    assert np.std(depth) == pytest.approx(np.hypot(0.0013, 0.0003), rel=0.04)
    assert np.mean(depth) == pytest.approx(0.604, abs=1e-4)


@pytest.mark.parametrize('camera', CAMERAS, ids=lambda camera: camera.name)
def test_depth_comes_in_millimetres(camera: DepthCamera) -> None:
    depth = wall(camera, 0.5, NoiseLevel()).astype(np.float64) * 1000.0
    assert np.abs(depth - np.rint(depth)).max() < 1e-3


def test_lateral_jitter_moves_an_edge_by_the_sd() -> None:
    z = np.zeros((4000, 40), np.float32)
    z[:, 20:] = 0.5
    facing = np.ones_like(z)
    rng = np.random.default_rng(1)
    for step in (1.0, 3.0):
        # Every pixel reads with a displacement of N(0, 0.8) px: the expected coverage of column i
        # is P(i step + N >= edge), whose spread over the columns is the sd of the displacement
        # (and of the lattice itself: step / sqrt(12) beside it for the rounding at random).
        out, _ = kernels.jitter(z, facing, (0.8, 0.0), (step, 1e9), 1, 588.0, rng)
        coverage = (out > 0).mean(axis=0)
        assert coverage[:15].max() < 0.01
        assert coverage[25:].min() > 0.99
        missing = np.sum(1.0 - coverage[20:]) + np.sum(coverage[:20])
        expected = 2.0 * 0.8 / np.sqrt(2.0 * np.pi) / step  # E|N| of both directions, in columns
        assert missing == pytest.approx(expected, rel=0.35)


def test_occlusion_is_the_shadow_of_the_parallax() -> None:
    focal_baseline = 600.0 * 0.055
    z = np.full((1, 200), 0.8, np.float32)
    z[:, 100:140] = 0.4
    kernels.occlude(z, np.arange(200), focal_baseline)
    shadow = focal_baseline * (1 / 0.4 - 1 / 0.8)
    hidden = np.flatnonzero(z[0] == 0)
    assert np.all((hidden < 100) & (hidden >= 100 - shadow - 1))
    assert hidden.size == pytest.approx(shadow, abs=2)


def test_fattening_only_brings_depth_nearer_and_flying_pixels_only_away() -> None:
    z = np.full((60, 60), 0.7, np.float32)
    z[20:40, 20:40] = 0.5
    rng = np.random.default_rng(3)
    fat = fatten(z, 3.0, 1.0, rng)
    assert np.all(fat <= z)
    assert 0 < np.count_nonzero(fat < z) <= 2 * 3 * 20
    flown = flying_pixels(z, 1.0, rng)
    moved = flown != z
    assert np.all(flown >= z)
    assert moved[20, 20:40].any()
    assert not moved[25:35, 25:35].any()


def test_dropouts_and_holes_lose_pixels() -> None:
    level = replace(QUIET, dropouts=(0.1, 0.0, 0.0))
    lost = np.mean(wall(CAMERA['l515'], 0.5, level) == 0)
    assert lost == pytest.approx(0.1, abs=0.01)
    assert np.any(wall(CAMERA['l515'], 0.5, replace(QUIET, holes=5.0)) == 0)
    assert np.all(wall(CAMERA['l515'], 0.5, QUIET) > 0)
