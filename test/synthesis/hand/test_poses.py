# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Sampled poses and views: within limits, free of collisions, spread as they should be."""

from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.kinematics.anatomy import LIMITS_DEG
from dense_hand_pose.synthesis.hand.collision import MAX_DEPTH_M, penetration_m, segment_distance
from dense_hand_pose.synthesis.hand.gestures import (
    GESTURE_DOF,
    GESTURES,
    pinch_dof,
    power_grasp_dof,
)
from dense_hand_pose.synthesis.hand.hands import sample_dof, sample_free_dof, sample_grasp_dof
from dense_hand_pose.synthesis.hand.model import HandModel
from dense_hand_pose.synthesis.scenes.viewpoint import (
    DISTANCE_M,
    facing_rotation,
    sample_position,
    sample_rotation,
    uniform_rotation,
)
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS, DepthCamera
import numpy as np
import pytest

MODEL = HandModel.load()
UNIT = np.ones((21, 3))


def joints_of(gesture: str) -> np.ndarray:
    return MODEL.joints(GESTURE_DOF[list(GESTURES).index(gesture)], UNIT)


def test_poses_stay_within_the_limits_and_are_often_open() -> None:
    rng = np.random.default_rng(0)
    poses = np.stack([sample_dof(rng) for _ in range(1500)])
    assert np.all(poses >= LIMITS_DEG[:, 0])
    assert np.all(poses <= LIMITS_DEG[:, 1])
    mcp, pip, dip = (poses[:, column::4][:, :4] for column in (7, 9, 10))
    near_open = (mcp < 35).all(axis=1) & (pip < 40).all(axis=1)
    assert 0.33 < near_open.mean() < 0.50
    assert (mcp > 60).any(axis=1).mean() > 0.2
    slope = np.polyfit(pip.ravel(), dip.ravel(), 1)[0]
    assert slope == pytest.approx(0.62, abs=0.06)


def test_abduction_shrinks_as_the_knuckle_flexes() -> None:
    rng = np.random.default_rng(1)
    poses = np.stack([sample_dof(rng) for _ in range(3000)])
    flexed = poses[:, 19] > 70
    spread = poses[:, 20]
    assert np.std(spread[flexed]) < 0.5 * np.std(spread[poses[:, 19] < 20])


def test_sampled_hands_do_not_cut_into_themselves() -> None:
    rng = np.random.default_rng(2)
    for _ in range(200):
        scale = MODEL.sample_scale(rng)
        joints = MODEL.joints(sample_free_dof(rng, MODEL, scale), scale)
        length = MODEL.length_m * float(np.median(scale[:, 1]))
        assert penetration_m(joints, length) <= MAX_DEPTH_M


def test_collision_is_found_and_gestures_are_free() -> None:
    for name in GESTURES:
        assert penetration_m(joints_of(name)) <= MAX_DEPTH_M, name
    crossed = GESTURE_DOF[list(GESTURES).index('flat')].copy()
    crossed[[8, 12]] = -12.0, 12.0
    crossed[[7, 11]] = 5.0, 5.0
    assert penetration_m(MODEL.joints(crossed, UNIT)) > MAX_DEPTH_M


def test_segment_distance_equals_a_dense_search() -> None:
    rng = np.random.default_rng(3)
    steps = np.linspace(0.0, 1.0, 201)[:, None]
    for _ in range(30):
        p, q, r, s = rng.standard_normal((4, 3))
        first, second = p + (q - p) * steps, r + (s - r) * steps
        dense = np.linalg.norm(first[:, None] - second[None], axis=2).min()
        exact = segment_distance(p, q, r, s)
        assert exact <= dense + 1e-12
        assert exact == pytest.approx(dense, abs=0.02)


def test_named_gestures_look_like_their_names() -> None:
    def tips_to_palm(name: str) -> np.ndarray:
        joints = joints_of(name)
        return np.linalg.norm(joints[[8, 12, 16, 20]] - joints[[5, 9, 13, 17]], axis=1)

    assert np.all(tips_to_palm('fist') < 0.055)
    assert np.all(tips_to_palm('open') > 0.045)
    pointing = tips_to_palm('point')
    assert pointing[0] > 0.07
    assert np.all(pointing[1:] < 0.055)
    for name, tip in (('ok', 8), ('pinch_middle', 12), ('pinch_ring', 16), ('pinch_little', 20)):
        joints = joints_of(name)
        assert np.linalg.norm(joints[4] - joints[tip]) < 0.015, name
    assert len(GESTURES) >= 33


def test_views_are_rotations_that_show_palm_or_back() -> None:
    rng = np.random.default_rng(4)
    views = np.stack([sample_rotation(rng) for _ in range(1500)])
    np.testing.assert_allclose(
        views @ views.transpose(0, 2, 1), np.tile(np.eye(3), (1500, 1, 1)), atol=1e-12
    )
    assert np.all(np.linalg.det(views) > 0)
    out_of_back = views[:, 2, 2]  # + means that the palm faces the camera
    assert 0.4 < (out_of_back > 0).mean() < 0.6
    assert (np.abs(out_of_back) > 0.7).mean() > 0.40  # 30 % if every view were as likely
    assert (views[:, 2, 0] < -0.85).mean() < 0.03
    palm = facing_rotation(True, np.zeros(2), 0.0)
    np.testing.assert_allclose(palm @ [0.0, 0.0, -1.0], [0.0, 0.0, -1.0], atol=1e-12)
    np.testing.assert_allclose(palm @ [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], atol=1e-12)


def test_uniform_rotation_has_no_preferred_direction() -> None:
    rng = np.random.default_rng(5)
    mean = np.mean([uniform_rotation(rng) for _ in range(4000)], axis=0)
    assert np.abs(mean).max() < 0.04


@pytest.mark.parametrize('camera', CAMERAS, ids=lambda camera: camera.name)
def test_hands_stand_in_the_image(camera: DepthCamera) -> None:
    rng = np.random.default_rng(6)
    for _ in range(50):
        k = camera.sample_intrinsics(rng)
        assert k.fx == pytest.approx(camera.fx_px, rel=0.08)
        position = sample_position(rng, camera, k)
        assert DISTANCE_M[0] <= position[2] <= DISTANCE_M[1]
        u, v = project(position, k)
        assert 0 < u < camera.width
        assert 0 < v < camera.height


def test_a_power_grasp_leaves_room_for_its_cylinder() -> None:
    """A circle through three middles of bones has the radius that was asked for."""
    for radius in (0.018, 0.028, 0.040):
        dof = power_grasp_dof(radius)
        assert np.all(dof <= LIMITS_DEG[:, 1])
        joints = MODEL.joints(dof, UNIT)
        a, b, c = (joints[[9, 10, 11]] + joints[[10, 11, 12]]) / 2
        edges = np.linalg.norm([b - a, c - b, a - c], axis=1)
        area = np.linalg.norm(np.cross(b - a, c - a)) / 2
        assert edges.prod() / (4 * area) == pytest.approx(radius + 0.009, rel=0.13)
    open_m, closed_m = (
        np.linalg.norm(
            np.diff(MODEL.joints(pinch_dof('pinch_closed', share), UNIT)[[4, 8]], axis=0)
        )
        for share in (1.0, 0.0)
    )
    assert closed_m < 0.018 < 0.025 < open_m < 0.05


def test_sampled_grasps_are_free_of_collisions_and_bent() -> None:
    rng = np.random.default_rng(7)
    scale = UNIT * 0.95
    for _ in range(150):
        dof = sample_grasp_dof(rng, MODEL, scale)
        assert np.all((dof >= LIMITS_DEG[:, 0]) & (dof <= LIMITS_DEG[:, 1]))
        assert penetration_m(MODEL.joints(dof, scale), MODEL.length_m * 0.95) <= MAX_DEPTH_M
