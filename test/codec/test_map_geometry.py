# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Lifting, projecting and reducing against float64 loops through a camera."""

from dense_hand_pose.camera.crop import CropWindow
from dense_hand_pose.camera.intrinsics import Intrinsics, project
from dense_hand_pose.codec.map_geometry import Cube, lift, project_to_map, reduce_depth
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
from support import dense_reference as reference
import torch

CENTER = st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4), st.floats(0.2, 1.5))
NEAR = st.floats(-1.0, 1.0, width=32)


def cube_of(center: tuple[float, ...] | np.ndarray, size_m: float) -> Cube:
    return Cube(torch.tensor([list(center)], dtype=torch.float32), torch.tensor([float(size_m)]))


def loops_reduce(crop: np.ndarray) -> np.ndarray:
    reduced = np.ones((32, 32))
    for m in range(32):
        for n in range(32):
            rows, columns = slice(4 * m, 4 * m + 4), slice(4 * n, 4 * n + 4)
            block = [float(v) for v in crop[rows, columns].flat if v < 1.0]
            if block:
                limit = np.float32(min(block)) + np.float32(0.103)
                same = [v for v in block if np.float32(v) < limit]
                reduced[m, n] = sum(same) / len(same)
    return reduced


@given(hnp.arrays(np.float32, (128, 128), elements=NEAR, fill=st.just(1.0)))
@settings(max_examples=15)
def test_reduce_is_the_mean_of_the_nearest_surface(crop: np.ndarray) -> None:
    reduced = reduce_depth(torch.from_numpy(crop.copy())[None, None])[0, 0].numpy()
    np.testing.assert_allclose(reduced, loops_reduce(crop), rtol=0.0, atol=1e-6)


def test_reduce_of_noise_and_of_nothing() -> None:
    crop = np.random.default_rng(2).uniform(-1.0, 1.4, (128, 128)).clip(-1, 1).astype(np.float32)
    reduced = reduce_depth(torch.from_numpy(crop)[None, None])[0, 0].numpy()
    np.testing.assert_allclose(reduced, loops_reduce(crop), rtol=0.0, atol=1e-6)
    assert torch.all(reduce_depth(torch.ones(2, 1, 128, 128)) == 1.0)


@given(CENTER, st.floats(0.1, 0.6), st.integers(0, 2**16))
@settings(max_examples=15)
def test_lift_is_the_pinhole_camera(center: tuple[float, ...], size_m: float, seed: int) -> None:
    depth = np.random.default_rng(seed).uniform(-1, 1.3, (32, 32)).clip(-1, 1).astype(np.float32)
    surface = lift(torch.from_numpy(depth)[None, None], cube_of(center, size_m))
    expected = reference.surface_points(depth, np.array(center), size_m)
    np.testing.assert_allclose(surface.points_m[0].numpy(), expected, rtol=0.0, atol=1e-6)
    np.testing.assert_array_equal(surface.foreground[0, 0].numpy(), depth < 1.0)


@given(CENTER, st.floats(0.1, 0.6), st.floats(100.0, 1500.0), st.floats(100.0, 1500.0))
def test_map_pixels_do_not_depend_on_the_camera(
    center: tuple[float, float, float], size_m: float, fx: float, fy: float
) -> None:
    k = Intrinsics(fx, fy, 311.0, 245.0)
    window = CropWindow(center, size_m, k)
    points = np.array(center) + np.random.default_rng(1).uniform(-0.1, 0.1, (21, 3))
    # Four crop pixels make one of the map, whose first centre lies at crop coordinate 1.5.
    expected = (project(points, window.crop_intrinsics) - 1.5) / 4
    on_map = project_to_map(torch.from_numpy(points)[None].float(), cube_of(center, size_m))
    scale = 32 / size_m * np.abs(points).max()
    np.testing.assert_allclose(on_map[0].numpy(), expected, rtol=0.0, atol=2e-6 * scale + 1e-5)


def test_project_undoes_lift() -> None:
    generator = torch.Generator().manual_seed(0)
    depth = torch.rand(3, 1, 32, 32, generator=generator) * 1.6 - 0.8
    cube = Cube(
        torch.tensor([[0.0, 0.0, 0.5], [0.2, -0.1, 0.4], [-0.1, 0.1, 1.0]]),
        torch.tensor([0.3, 0.2, 0.5]),
    )
    pixels = project_to_map(lift(depth, cube).points_m.flatten(2).transpose(1, 2), cube)
    v, u = torch.meshgrid(torch.arange(32.0), torch.arange(32.0), indexing='ij')
    expected = torch.stack([u, v], dim=-1).view(1, -1, 2).expand_as(pixels)
    torch.testing.assert_close(pixels, expected, rtol=0.0, atol=1e-4)


def test_points_behind_the_camera_project_to_something_finite() -> None:
    points = torch.tensor([[[0.1, 0.1, 0.0], [0.0, 0.0, -1.0]]])
    assert torch.isfinite(project_to_map(points, cube_of((0, 0, 0.5), 0.3))).all()
