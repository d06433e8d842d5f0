# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What is in the scenes, by independent geometry and by counting: things, hands, bodies, views."""

from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.synthesis.crops import sample_view, View
from dense_hand_pose.synthesis.frames import render_depth, render_frame
from dense_hand_pose.synthesis.hand.collision import ENDS, palm_frame, RADII_M
from dense_hand_pose.synthesis.hand.hands import sample_hand
from dense_hand_pose.synthesis.objects import objects, solids
from dense_hand_pose.synthesis.objects.shapes import Mesh
from dense_hand_pose.synthesis.people import body, second_hand
from dense_hand_pose.synthesis.scenes import hand_scene
from dense_hand_pose.synthesis.scenes.hand_scene import HandScene, Placed, sample_scene
from dense_hand_pose.synthesis.sensor.noise import NoiseLevel
from dense_hand_pose.synthesis.sensor.raster import DepthBuffer, MIN_VISIBLE
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
import pytest

FloatArray = npt.NDArray[np.float64]
COUNT = 300


@pytest.fixture(scope='module')
def views() -> list[View]:
    return [sample_view(np.random.default_rng([21, i])) for i in range(COUNT)]


@pytest.fixture(scope='module')
def scenes() -> list[HandScene]:
    return [sample_scene(np.random.default_rng([22, i])) for i in range(COUNT)]


def within(share: float, expected: float, count: int) -> bool:
    """Return whether a share of count draws lies within 3.5 standard errors of the expected."""
    return bool(abs(share - expected) < 3.5 * np.sqrt(expected * (1.0 - expected) / count))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([solids.BOX, solids.CYLINDER, solids.BALL]), st.integers(0, 10**6))
def test_distance_is_that_to_the_nearest_surface_point(kind: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    half = rng.uniform(0.01, 0.05, 3)
    if kind != solids.BOX:
        half[1] = half[0]
    if kind == solids.BALL:
        half[2] = half[0]
    inside = rng.uniform(-1.0, 1.0, (40_000, 3))
    if kind == solids.BALL:
        surface = half * inside / np.linalg.norm(inside, axis=1, keepdims=True)
    else:
        # Push random inner points to a face; of a cylinder the first two coordinates are a disc.
        if kind == solids.CYLINDER:
            angle, radius = np.pi * inside[:, 0], np.sqrt(np.abs(inside[:, 1]))
            side = rng.random(len(inside)) < 0.5
            radius[side] = 1.0
            inside[~side, 2] = np.sign(inside[~side, 2])
            inside[:, 0], inside[:, 1] = radius * np.cos(angle), radius * np.sin(angle)
        else:
            face = rng.integers(3, size=len(inside))
            rows = np.arange(len(inside))
            inside[rows, face] = np.sign(inside[rows, face])
        surface = half * inside
    point = rng.uniform(-0.1, 0.1, 3)
    nearest = np.linalg.norm(surface - point, axis=1).min()
    got = solids.distance(kind, half, *map(float, point))
    assert abs(got) == pytest.approx(nearest, abs=0.0018)
    scaled = np.abs(point) / half
    if kind == solids.BOX:
        outside = scaled.max() > 1.0
    elif kind == solids.BALL:
        outside = np.linalg.norm(scaled) > 1.0
    else:
        outside = np.hypot(scaled[0], scaled[1]) > 1.0 or scaled[2] > 1.0
    assert (got > 0.0) == outside


def dense_points(mesh: Mesh) -> FloatArray:
    """Return points all over a mesh's triangles."""
    corners = mesh.vertices_m[mesh.triangles].astype(np.float64)
    weights = np.random.default_rng(0).dirichlet(np.ones(3), max(5_000 // len(corners), 4))
    points: FloatArray = np.einsum('wk,tkd->twd', weights, corners).reshape(-1, 3)
    return points


def depth_in_bones(points_m: FloatArray, joints_m: FloatArray) -> float:
    """Return how deep points lie in a hand's capsules at most; negative: the gap to them."""
    chain = joints_m[[0, 9, 10, 11, 12]]
    scale = np.linalg.norm(np.diff(chain, axis=0), axis=1).sum() / 0.186
    deepest = -np.inf
    for (first, last), radius in zip(ENDS, RADII_M, strict=True):
        a, b = joints_m[first], joints_m[last]
        t = np.clip((points_m - a) @ (b - a) / ((b - a) @ (b - a)), 0.0, 1.0)
        gap = np.linalg.norm(points_m - a - t[:, None] * (b - a), axis=1)
        deepest = max(deepest, float(radius * scale - gap.min()))
    return deepest


def test_a_held_thing_touches_the_hand_and_does_not_cut_into_it() -> None:
    held = 0
    for seed in range(70):
        rng = np.random.default_rng([31, seed])
        hand = sample_hand(rng)
        meshes = objects.hold(rng, hand.joints_m, hand.side)
        if not meshes:
            continue
        held += 1
        deepest = depth_in_bones(dense_points(meshes[0]), hand.joints_m)
        # Balls stand for capsules: between them a bone may lie a little deeper.
        assert -0.008 < deepest < 0.006
        # The joints are in the flesh, not in the thing.
        center = dense_points(meshes[0]).mean(axis=0)
        assert np.linalg.norm(center - hand.joints_m, axis=1).min() > 0.004
    assert held > 18


def test_a_second_hand_is_beside_the_first_not_in_it() -> None:
    found, distances, same_side = 0, [], 0
    for seed in range(60):
        rng = np.random.default_rng([32, seed])
        scene = sample_scene(rng)
        second = second_hand.companion(rng, scene.meshes[0], scene.joints_m, scene.side)
        if second is None:
            continue
        found += 1
        mesh, joints, _ = second
        assert np.linalg.norm(joints.mean(axis=0) - scene.joints_m.mean(axis=0)) > 0.06
        # Bones of the one stay out of the other's flesh.
        share = np.linspace(0.0, 1.0, 9)[:, None]
        bones = np.concatenate([joints[a] * (1 - share) + joints[b] * share for a, b in ENDS])
        assert depth_in_bones(bones, scene.joints_m) < 0.004
        distances.append(np.linalg.norm(joints[:, None] - scene.joints_m, axis=2).min())
        normal = np.cross(joints[5] - joints[0], joints[17] - joints[0])
        bend = joints[[8, 12, 16, 20]].mean(axis=0) - joints[[5, 9, 13, 17]].mean(axis=0)
        same_side += int(normal @ bend * scene.side > 0)
        assert mesh.vertices_m[:, 2].min() > 0.0
    assert found > 40
    assert np.median(distances) < 0.05
    assert same_side < 0.35 * found


def test_the_labelled_hand_is_nearest_to_the_centre(views: list[View]) -> None:
    crowded = [view for view in views if view.scene.others_m]
    assert 0.04 < len(crowded) / COUNT < 0.13
    for scene, window, _ in crowded:
        own = np.linalg.norm(scene.joints_m.mean(axis=0) - window.center_m)
        for other in scene.others_m:
            assert np.linalg.norm(other.mean(axis=0) - window.center_m) > own + 0.01


def test_an_upper_arm_joins_elbow_and_shoulder_and_the_hand_is_before_the_body() -> None:
    joined, clearances = 0, []
    for seed in range(60):
        rng = np.random.default_rng([33, seed])
        scene = sample_scene(rng)
        elbow = second_hand.elbow_end(scene.meshes[0].vertices_m, scene.joints_m)
        meshes = body.person(rng, scene.joints_m, elbow, scene.side)
        if not meshes:
            continue
        trunk, head = dense_points(meshes[0]), dense_points(meshes[1])
        surface = np.concatenate([trunk, head])
        clearances.append(min(np.linalg.norm(surface - j, axis=1).min() for j in scene.joints_m))
        assert trunk[:, 2].max() > scene.joints_m[:, 2].max()
        # The arm that begins at the elbow ends in the shoulder: it enters the trunk.
        for mesh in meshes[2:]:
            points = dense_points(mesh)
            if np.linalg.norm(points - elbow, axis=1).min() < 0.06 and len(meshes) in (3, 6):
                length = np.ptp(
                    points @ np.linalg.svd(points - points.mean(0), full_matrices=False)[2][0]
                )
                if 0.33 < length < 0.46:
                    gaps = np.linalg.norm(points[::20, None] - trunk[None, ::40], axis=2)
                    joined += int(gaps.min() < 0.05)
                    break
    assert joined >= 10
    # The body is an ellipsoid to the one who places it, and a little squarer as drawn.
    assert min(clearances) > 0.003
    assert np.quantile(clearances, 0.05) > 0.02


@pytest.mark.parametrize('part', [part for _, part in hand_scene.PARTS])
def test_what_is_around_does_not_cut_into_the_hand(part: hand_scene.Part) -> None:
    made = 0
    for seed in range(40):
        rng = np.random.default_rng([34, seed])
        scene = sample_scene(rng)
        hand = Placed(scene.meshes[0], scene.joints_m, scene.side)
        for mesh in part(rng, hand):
            made += 1
            assert depth_in_bones(dense_points(mesh), scene.joints_m) < 0.004
    assert made > 10


def test_enough_of_the_hand_is_seen(views: list[View]) -> None:
    """Counts the pixels anew, from renderings of the hand and of the scene."""
    hidden = 0
    for scene, window, buffer in views[:120]:
        alone = DepthBuffer(scene.intrinsics, buffer.columns, buffer.rows)
        alone.draw(*scene.meshes[0])
        z = alone.depth_m().astype(np.float64)
        u, v = np.meshgrid(buffer.columns, buffer.rows)
        k = scene.intrinsics
        points = np.stack([(u - k.cx) / k.fx * z, (v - k.cy) / k.fy * z, z], axis=-1)
        wrist, out = scene.joints_m[0], scene.joints_m[9] - scene.joints_m[0]
        hand = (z > 0) & ((points - wrist) @ out > -0.1 * (out @ out))
        cube = np.abs(z - window.center_m[2]) <= window.cube_size_m / 2
        seen = hand & cube & (buffer.depth_m() == alone.depth_m())
        assert seen.sum() >= MIN_VISIBLE * hand.sum()
        hidden += int(seen.sum() < 0.9 * hand.sum())
    assert hidden > 5


def test_shares_of_views_and_images(scenes: list[HandScene]) -> None:
    cut, out_of_palm, end_on = 0, [], 0
    for scene in scenes:
        pixels = project(scene.joints_m, scene.intrinsics)
        size = scene.camera.width, scene.camera.height
        cut += int(not np.all((pixels >= 0) & (pixels <= np.array(size) - 1)))
        axes = palm_frame(scene.joints_m, scene.side)
        out_of_palm.append(axes[2, 2])
        elbow = second_hand.elbow_end(scene.meshes[0].vertices_m, scene.joints_m)
        arm = elbow - scene.joints_m[0]
        end_on += int(arm[2] < -0.9 * np.linalg.norm(arm))
    assert 0.05 < cut / COUNT < 0.16
    assert end_on / COUNT < 0.08
    assert {scene.camera.name for scene in scenes} >= {'kinect', 'd435', 'l515', 'kinect_v2'}
    # Palm and back alike; more often face on than the uniform rotations' third per third.
    assert within(float(np.mean(np.array(out_of_palm) < 0)), 0.5, COUNT)
    assert np.mean(np.abs(out_of_palm) > 2 / 3) > 0.40


def test_wrists_move(scenes: list[HandScene]) -> None:
    bends = []
    for scene in scenes:
        elbow = second_hand.elbow_end(scene.meshes[0].vertices_m, scene.joints_m)
        arm = scene.joints_m[0] - elbow
        forward = scene.joints_m[9] - scene.joints_m[0]
        cosine = arm @ forward / np.linalg.norm(arm) / np.linalg.norm(forward)
        bends.append(np.degrees(np.arccos(cosine)))
    assert np.median(bends) > 10.0
    assert np.quantile(bends, 0.95) > 35.0
    assert max(bends) < 100.0


def test_a_frame_is_the_scene_of_the_first_crop() -> None:
    for seed in range(4):
        view = sample_view(rng := np.random.default_rng([seed, 0]))
        frame = render_frame(seed)
        np.testing.assert_array_equal(frame.joints_m, view.scene.joints_m)
        level = NoiseLevel.sample(rng, view.scene.camera)
        np.testing.assert_array_equal(frame.depth_m, render_depth(view.scene, level, rng))
