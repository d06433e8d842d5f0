# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Things that a search mistakes for hands: their sizes, and that they keep clear of hands."""

from dense_hand_pose.synthesis.negatives import NAMES, render_negatives
from dense_hand_pose.synthesis.objects.shapes import smooth_noise
from dense_hand_pose.synthesis.people.second_hand import sample_arm, Sight
from dense_hand_pose.synthesis.scenes.clutter import (
    bust,
    clear_of,
    crumpled,
    gripper,
    vessel,
)
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS
import numpy as np
import pytest
from scipy import ndimage

CENTER = np.array([0.1, -0.05, 0.8])


@pytest.mark.parametrize('sigma', [1.0, 2.5, 6.0])
def test_noise_is_as_smooth_as_asked(sigma: float) -> None:
    noise = smooth_noise(np.random.default_rng(3), 128, sigma)
    white = np.random.default_rng(4).standard_normal((128, 128))
    blurred = ndimage.gaussian_filter(white, sigma, mode='wrap')
    assert noise.std() == pytest.approx(1.0)
    ratio = np.std(np.diff(blurred, axis=1)) / blurred.std()
    assert np.std(np.diff(noise, axis=1)) == pytest.approx(ratio, rel=0.15)


def test_a_rough_surface_has_relief_along_its_normal_and_at_times_holes() -> None:
    normal = np.array([0.6, 0.0, -0.8])
    reliefs, whole = [], 0
    for seed in range(40):
        mesh = crumpled(np.random.default_rng(seed), CENTER, normal)
        along = (mesh.vertices_m - CENTER) @ normal
        reliefs.append(float(along.std()))
        across = mesh.vertices_m - CENTER - along[:, None] * normal
        assert np.linalg.norm(across, axis=1).max() < 0.45 * np.sqrt(2.0) + 1e-3
        whole += len(mesh.triangles) == 2 * 71 * 71
    assert 0.004 < min(reliefs) < 0.012
    assert 0.05 < max(reliefs) < 0.11
    assert 8 < whole < 26


def test_vessels_stand_on_their_base() -> None:
    up = np.array([0.0, -0.8, -0.6])
    for seed in range(20):
        mesh = vessel(np.random.default_rng(seed), CENTER, up)
        height = (mesh.vertices_m - CENTER) @ up
        assert height.min() == pytest.approx(0.0, abs=1e-5)
        assert 0.035 < height.max() < 0.33
        across = mesh.vertices_m - CENTER - height[:, None] * up
        assert np.linalg.norm(across, axis=1).max() < 0.105


def test_a_gripper_has_jaws_beyond_its_body() -> None:
    for seed in range(20):
        meshes = gripper(np.random.default_rng(seed), CENTER)
        assert len(meshes) in (5, 6)
        points = np.concatenate([mesh.vertices_m for mesh in meshes[:-2]])
        assert 0.05 < np.linalg.norm(points - CENTER, axis=1).max() < 0.25


def test_a_bust_is_near_the_camera() -> None:
    camera = CAMERAS[0]
    rng = np.random.default_rng(2)
    sight = Sight(camera, camera.sample_intrinsics(rng))
    depths = [bust(rng, sight)[0].vertices_m[:, 2].mean() for _ in range(60)]
    assert np.min(depths) > 0.2
    assert 0.45 < np.median(depths) < 0.8


def test_what_hides_or_touches_a_hand_is_not_clear_of_it() -> None:
    arm = sample_arm(np.random.default_rng(1), np.array([0.0, 0.0, 0.6]))
    up = np.array([0.0, -1.0, 0.0])
    rng = np.random.default_rng(2)
    touching = vessel(rng, arm.joints_m[9], up)
    behind = vessel(rng, np.array([0.3, 0.0, 1.2]), up)
    before = vessel(rng, np.array([0.3, 0.0, 0.4]), up)
    assert clear_of(behind, [arm.joints_m])
    assert not clear_of(touching, [arm.joints_m])
    assert not clear_of(before, [arm.joints_m])
    assert clear_of(before, [])


def test_crops_of_every_new_kind_are_drawn() -> None:
    batch = render_negatives(71, 160)
    found = {NAMES[kind] for kind in batch.kind}
    assert {'bust', 'vessel', 'crumpled'} <= found
