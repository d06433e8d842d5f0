# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The z-buffer against rays cut with triangles in float64, and against the crop contract."""

from dense_hand_pose.camera.crop import crop_depth
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.synthesis.crops import render_crop, sample_window
from dense_hand_pose.synthesis.objects.shapes import ellipsoid, plane
from dense_hand_pose.synthesis.scenes.hand_scene import sample_scene
from dense_hand_pose.synthesis.sensor.raster import DepthBuffer
import numpy as np
import numpy.typing as npt
import pytest

FloatArray = npt.NDArray[np.float64]


def nearest_hit(vertices: FloatArray, triangles: npt.NDArray[np.int32], ray: FloatArray) -> float:
    """Return the smallest z where a ray from the origin meets a triangle (Moller-Trumbore)."""
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    ab, ac = b - a, c - a
    normal = np.cross(ray, ac)
    determinant = np.einsum('ij,ij->i', ab, normal)
    with np.errstate(divide='ignore', invalid='ignore'):
        s = -np.einsum('ij,ij->i', a, normal) / determinant
        q = np.cross(-a, ab)
        t = q @ ray / determinant
        length = np.einsum('ij,ij->i', ac, q) / determinant
        inside = s + t <= 1
    hit = inside & (s >= 0) & (t >= 0) & (length > 0)
    return float((length[hit] * ray[2]).min()) if hit.any() else 0.0


@pytest.mark.parametrize('seed', range(4))
def test_depth_is_that_of_the_ray(seed: int) -> None:
    scene = sample_scene(np.random.default_rng(seed))
    window = sample_window(np.random.default_rng(seed), scene)
    columns, rows = (np.unique(pixels) for pixels in window.read_indices())
    buffer = DepthBuffer(scene.intrinsics, columns, rows)
    for mesh in scene.meshes:
        buffer.draw(mesh.vertices_m, mesh.triangles)
    depth = buffer.depth_m()
    k = scene.intrinsics
    rng = np.random.default_rng(100 + seed)
    wrong = 0
    for _ in range(60):
        j, i = rng.integers(len(rows)), rng.integers(len(columns))
        ray = np.array([(columns[i] - k.cx) / k.fx, (rows[j] - k.cy) / k.fy, 1.0])
        hits = [
            nearest_hit(m.vertices_m.astype(np.float64), m.triangles, ray) for m in scene.meshes
        ]
        expected = min((h for h in hits if h > 0.0), default=0.0)
        wrong += abs(depth[j, i] - expected) > 1e-5
    # A ray through the very edge of a silhouette may fall on either side of it.
    assert wrong <= 1
    assert np.count_nonzero(depth) > 100


@pytest.mark.parametrize('seed', range(12))
def test_lattice_equals_full_image_and_crop(seed: int) -> None:
    scene = sample_scene(np.random.default_rng(seed))
    window = sample_window(np.random.default_rng(seed), scene)
    camera = scene.camera
    whole = DepthBuffer(scene.intrinsics, np.arange(camera.width), np.arange(camera.height))
    for mesh in scene.meshes:
        whole.draw(mesh.vertices_m, mesh.triangles)
    expected = crop_depth(whole.depth_m(), window)
    np.testing.assert_array_equal(render_crop(scene, window), expected)
    assert np.count_nonzero(expected < 1.0) > 100


def test_facing_is_the_cosine_of_incidence() -> None:
    k = Intrinsics(500.0, 500.0, 50.0, 50.0)
    for angle in (0.0, 0.5, 1.1):
        buffer = DepthBuffer(k, np.arange(49, 52), np.arange(49, 52))
        normal = np.array([np.sin(angle), 0.0, np.cos(angle)])
        # Small triangles: the ray to a triangle's centre is the ray of the pixel.
        mesh = plane(np.array([0.0, 0.0, 0.5]), normal, 0.02)
        buffer.draw(mesh.vertices_m, mesh.triangles)
        assert buffer.facing[1, 1] == pytest.approx(np.cos(angle), abs=0.02)


def test_sphere_has_no_cracks_and_its_depth() -> None:
    k = Intrinsics(400.0, 400.0, 100.0, 100.0)
    buffer = DepthBuffer(k, np.arange(201), np.arange(201))
    mesh = ellipsoid(np.array([0.0, 0.0, 0.6]), np.full(3, 0.1), np.eye(3))
    buffer.draw(mesh.vertices_m, mesh.triangles)
    depth = buffer.depth_m()
    assert depth[100, 100] == pytest.approx(0.5, abs=1e-3)
    seen = depth > 0
    for row in np.flatnonzero(seen.any(axis=1)):
        inside = np.flatnonzero(seen[row])
        assert inside.size == inside[-1] - inside[0] + 1


def test_what_lies_behind_the_camera_is_left_out() -> None:
    buffer = DepthBuffer(Intrinsics(400.0, 400.0, 10.0, 10.0), np.arange(20), np.arange(20))
    for z in (-0.5, 0.0, 0.01):
        mesh = plane(np.array([0.0, 0.0, z]), np.array([0.0, 0.0, 1.0]), 1.0)
        buffer.draw(mesh.vertices_m, mesh.triangles)
    assert not buffer.depth_m().any()
