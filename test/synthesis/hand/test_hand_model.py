# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Forward kinematics and skinning against plain float64 matrices; what the mesh must satisfy."""

from dense_hand_pose.kinematics.anatomy import DOF_COUNT, LIMITS_DEG
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.hand.kinematics import bone_angles, pose_bones
from dense_hand_pose.synthesis.hand.model import HandModel, mirror
from dense_hand_pose.synthesis.scenes.viewpoint import rotation_from_vector
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
import pytest

FloatArray = npt.NDArray[np.float64]
MODEL = HandModel.load()
BONES = len(MODEL.parent)
UNIT = np.ones((BONES, 3))
POSES = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).uniform(LIMITS_DEG[:, 0], LIMITS_DEG[:, 1])
)


def brute_force_frames(dof_deg: FloatArray, scale: FloatArray) -> FloatArray:
    """Return (B, 4, 4) frames by multiplying matrices, with rotations by Rodrigues' formula."""
    angles = bone_angles(dof_deg)
    frames: list[FloatArray] = []
    for b, p in enumerate(MODEL.parent):
        turn = np.eye(4)
        for axis, angle in zip(
            ([0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]), angles[b], strict=True
        ):
            turn[:3, :3] = turn[:3, :3] @ rotation_from_vector(np.array(axis) * angle)
        local = MODEL.zero_local_m[b].copy()
        if p >= 0:
            local[:3, 3] *= scale[p]
            frames.append(frames[p] @ local @ turn)
        else:
            frames.append(local @ turn)
    return np.stack(frames)


@settings(max_examples=15, deadline=None)
@given(POSES, st.integers(0, 1000))
def test_joints_and_vertices_equal_brute_force(dof: FloatArray, seed: int) -> None:
    scale = MODEL.sample_scale(np.random.default_rng(seed))
    hand = MODEL.pose(dof, scale)
    frames = brute_force_frames(dof, scale)
    stretch = np.stack([np.diag([*row, 1.0]) for row in scale])
    offsets = np.c_[MODEL.joint_offset_m, np.ones(21)]
    joints = np.einsum('jab,jb->ja', (frames @ stretch)[MODEL.joint_bone], offsets, optimize=True)[
        :, :3
    ]
    np.testing.assert_allclose(hand.joints_m, joints, atol=1e-10)
    bottom = np.tile([0.0, 0.0, 0.0, 1.0], (BONES, 1, 1))
    matrices = frames @ stretch @ np.concatenate([MODEL.inverse_bind, bottom], axis=1)
    rest = np.c_[MODEL.vertices_m, np.ones(len(MODEL.vertices_m))].astype(np.float64)
    every = np.random.default_rng(seed).integers(len(rest), size=200)
    expected = np.einsum(
        'vn,vnab,vb->va', MODEL.weight[every], matrices[MODEL.weight_bone[every]], rest[every]
    )[:, :3]
    np.testing.assert_allclose(hand.vertices_m[every], expected, atol=2e-6)


@settings(max_examples=15, deadline=None)
@given(POSES)
def test_bones_keep_their_length(dof: FloatArray) -> None:
    straight, posed = MODEL.joints(np.zeros(DOF_COUNT), UNIT), MODEL.joints(dof, UNIT)
    # The palm's own bones bend a little (the arch); all others are rigid.
    rigid = [(p, c) for p, c in HAND_21.bones if p != 0]
    for parent, child in rigid:
        before = np.linalg.norm(straight[child] - straight[parent])
        assert np.linalg.norm(posed[child] - posed[parent]) == pytest.approx(before, abs=1e-6)


@settings(max_examples=10, deadline=None)
@given(POSES)
def test_frames_are_rotations(dof: FloatArray) -> None:
    frames = pose_bones(MODEL.zero_local_m, MODEL.parent, UNIT, bone_angles(dof))
    for frame in frames:
        np.testing.assert_allclose(frame[:, :3] @ frame[:, :3].T, np.eye(3), atol=1e-6)
        assert np.linalg.det(frame[:, :3]) == pytest.approx(1.0, abs=1e-6)


def test_straight_hand_lies_in_a_plane_and_has_its_length() -> None:
    joints = MODEL.joints(np.zeros(DOF_COUNT), UNIT)
    fingers = joints[5:].reshape(4, 4, 3)
    assert np.ptp(fingers[..., 2], axis=1).max() < 0.003
    for finger in fingers:
        along = finger[-1] - finger[0]
        assert np.degrees(np.arccos(-along[0] / np.linalg.norm(along))) < 5.0
    assert MODEL.length_m == pytest.approx(0.186, abs=0.003)


@pytest.mark.parametrize(('dof', 'tips'), [(7, 8), (11, 12), (15, 16), (19, 20)])
def test_flexion_goes_to_the_palm_and_abduction_to_the_thumb(dof: int, tips: int) -> None:
    straight = MODEL.joints(np.zeros(DOF_COUNT), UNIT)
    for joint in (0, 2, 3):
        angles = np.zeros(DOF_COUNT)
        angles[dof + joint] = 40.0
        assert MODEL.joints(angles, UNIT)[tips, 2] < straight[tips, 2] - 0.005
    angles = np.zeros(DOF_COUNT)
    angles[dof + 1] = 10.0
    assert MODEL.joints(angles, UNIT)[tips, 1] < straight[tips, 1] - 0.005


def test_thumb_flexes_across_the_palm_and_abducts_out_of_it() -> None:
    straight = MODEL.joints(np.zeros(DOF_COUNT), UNIT)
    for name, axis, sign in ((2, 1, 1.0), (3, 2, -1.0), (5, 1, 1.0), (6, 1, 1.0)):
        angles = np.zeros(DOF_COUNT)
        angles[name] = 30.0
        moved = MODEL.joints(angles, UNIT)[4] - straight[4]
        assert sign * moved[axis] > 0.008


def test_wrist_moves_the_forearm_the_other_way_and_no_joint() -> None:
    angles = np.zeros(DOF_COUNT)
    angles[0] = 50.0
    still, bent = MODEL.pose(np.zeros(DOF_COUNT), UNIT), MODEL.pose(angles, UNIT)
    np.testing.assert_allclose(bent.joints_m, still.joints_m, atol=1e-12)
    elbow = np.argmax(still.vertices_m[:, 0])
    # The hand flexes towards its palm (-z) against the forearm: seen from it, the forearm falls.
    assert bent.vertices_m[elbow, 2] < still.vertices_m[elbow, 2] - 0.1


def test_joints_lie_inside_the_flesh() -> None:
    hand = MODEL.pose(np.zeros(DOF_COUNT), UNIT)
    distance = np.linalg.norm(hand.joints_m[:, None] - hand.vertices_m[None], axis=2).min(axis=1)
    tips = list(HAND_21.tips)
    assert np.all((distance[tips] > 0.002) & (distance[tips] < 0.005))
    others = [j for j in range(21) if j not in tips]
    assert np.all((distance[others] > 0.004) & (distance[others] < 0.025))


def test_mirror_is_a_left_hand() -> None:
    hand = MODEL.pose(np.zeros(DOF_COUNT), UNIT)
    left = hand.joints_m.copy()
    mirror(left)
    between = np.linalg.norm(left[:, None] - left[None], axis=2)
    same = np.linalg.norm(hand.joints_m[:, None] - hand.joints_m[None], axis=2)
    np.testing.assert_allclose(between, same, atol=1e-12)
    volume = np.linalg.det(hand.joints_m[[2, 8, 20]] - hand.joints_m[0])
    assert np.linalg.det(left[[2, 8, 20]] - left[0]) == pytest.approx(-volume)


def test_sleeve_covers_the_forearm_alone() -> None:
    dressed = MODEL.sleeve(0.05, 0.01)
    moved = np.linalg.norm(dressed - MODEL.vertices_m, axis=1)
    assert moved[MODEL.vertices_m[:, 0] < 0.05].max() == 0.0
    np.testing.assert_allclose(moved[MODEL.vertices_m[:, 0] > 0.06], 0.01, atol=1e-5)


def test_weights_and_triangles_are_sound() -> None:
    np.testing.assert_allclose(MODEL.weight.sum(axis=1), 1.0, atol=1e-5)
    assert np.all(np.diff(MODEL.weight, axis=1) <= 0)
    assert len(np.unique(MODEL.triangles)) == len(MODEL.vertices_m) == 3201
    assert len(MODEL.triangles) == 6376
