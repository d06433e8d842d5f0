# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The shapes of hands and the second mesh: joints stay where they belong, angles mean the same."""

from dense_hand_pose.kinematics.anatomy import DOF_COUNT, LIMITS_DEG
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.hand.gestures import GESTURE_DOF
from dense_hand_pose.synthesis.hand.hands import sample_hand
from dense_hand_pose.synthesis.hand.kinematics import bone_angles, pose_bones
from dense_hand_pose.synthesis.hand.model import DATA_DIR, HandModel, Source
import numpy as np
import numpy.typing as npt
import pytest

FloatArray = npt.NDArray[np.float64]
SOURCES: tuple[Source, ...] = ('soma', 'makehuman')
UNIT = np.ones((21, 3))
STRAIGHT = np.zeros(DOF_COUNT)
TIPS = list(HAND_21.tips)
KNUCKLES = [5, 9, 13, 17]


def amounts(seed: int) -> FloatArray:
    return np.clip(np.random.default_rng(seed).standard_normal(12), -2.5, 2.5)


def bone_directions(joints_m: FloatArray) -> FloatArray:
    """Return the unit directions (15, 3) of the phalanges, thumb's metacarpal included."""
    pairs = [(p, c) for p, c in HAND_21.bones if p != 0]
    out = np.array([joints_m[c] - joints_m[p] for p, c in pairs])
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return out


@pytest.mark.parametrize('source', SOURCES)
def test_shape_moves_mesh_and_joints_together(source: Source) -> None:
    """Unposed, the bones' frames put every vertex where the float64 sum of components does."""
    base = HandModel.load(source)
    for seed in range(5):
        amount = amounts(seed)
        model = base.shaped(amount)
        parts = base.shape.vertices_m.astype(np.float64).reshape(12, -1, 3)
        expected = base.vertices_m + sum(a * p for a, p in zip(amount, parts, strict=True))
        np.testing.assert_allclose(model.vertices_m, expected, atol=1e-6)
        origin = model.bind[:, :, 3]
        np.testing.assert_allclose(
            np.einsum('bij,bj->bi', model.inverse_bind[:, :, :3], origin),
            -model.inverse_bind[:, :, 3],
            atol=1e-9,
        )
        frames = pose_bones(model.zero_local_m, model.parent, UNIT, bone_angles(STRAIGHT))
        length = np.linalg.norm(np.diff(frames[[9, 10, 11, 12], :, 3], axis=0), axis=1)
        bound = np.linalg.norm(np.diff(origin[[9, 10, 11, 12]], axis=0), axis=1)
        np.testing.assert_allclose(length, bound, atol=1e-4)
    np.testing.assert_array_equal(base.shaped(np.zeros(12)).vertices_m, base.vertices_m)
    with pytest.raises(ValueError, match=r'shape \(3,\)'):
        base.shaped(np.zeros(3))


@pytest.mark.parametrize('source', SOURCES)
def test_joints_stay_inside_the_flesh_of_every_shape(source: Source) -> None:
    base = HandModel.load(source)
    depths = []
    for seed in range(30):
        hand = (base if seed == 0 else base.shaped(amounts(seed))).pose(STRAIGHT, UNIT)
        gap = np.linalg.norm(hand.joints_m[:, None] - hand.vertices_m[None], axis=2)
        depths.append(gap.min(axis=1))
        # The end of the flesh beyond each tip, measured along the last phalanx.
        along = hand.joints_m[TIPS] - hand.joints_m[np.array(TIPS) - 1]
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        for tip, axis in zip(TIPS, along, strict=True):
            flesh = hand.vertices_m[base.weight_bone[:, 0] == base.joint_bone[tip]]
            beyond = ((flesh - hand.joints_m[tip]) @ axis).max()
            assert 0.0027 < beyond < 0.0045, (seed, tip)
    depth = np.array(depths)
    others = [j for j in range(21) if j not in TIPS]
    assert np.all((depth[:, others] > 0.003) & (depth[:, others] < 0.030))


@pytest.mark.parametrize('source', SOURCES)
def test_shapes_differ_and_keep_the_length(source: Source) -> None:
    base = HandModel.load(source)
    straight = [base.shaped(amounts(seed)) for seed in range(40)]
    lengths = np.array([model.length_m for model in straight])
    np.testing.assert_allclose(lengths, base.length_m, rtol=0.01)
    joints = np.array([m.joints(STRAIGHT, UNIT) / m.length_m for m in straight])
    assert np.linalg.norm(joints.std(axis=0), axis=1)[KNUCKLES].mean() * 0.186 > 0.0003
    flesh = np.array([m.vertices_m for m in straight])
    assert 0.0004 < np.linalg.norm(flesh.std(axis=0), axis=1).mean() < 0.006


def test_the_same_angles_give_the_same_gesture_on_both_meshes() -> None:
    soma, makehuman = (HandModel.load(source) for source in SOURCES)
    rng = np.random.default_rng(0)
    poses = [*GESTURE_DOF, *rng.uniform(LIMITS_DEG[:, 0], LIMITS_DEG[:, 1], (30, DOF_COUNT))]
    for dof in poses:
        a, b = (bone_directions(m.joints(dof, UNIT)) for m in (soma, makehuman))
        angle = np.degrees(np.arccos(np.clip((a * b).sum(axis=1), -1.0, 1.0)))
        assert angle.max() < 3.0


def test_makehuman_knuckles_sit_where_those_of_soma_do() -> None:
    soma, makehuman = (HandModel.load(s).joints(STRAIGHT, UNIT) for s in SOURCES)
    for first in KNUCKLES:
        share = []
        for joints in (soma, makehuman):
            chain = np.linalg.norm(np.diff(joints[[0, *range(first, first + 4)]], axis=0), axis=1)
            share.append(np.cumsum(chain) / chain.sum())
        # As a share of wrist to fingertip, on a ray of 186 mm; the knuckle comes first.
        miss_m = np.abs(share[0] - share[1]) * 0.186
        assert miss_m[0] < 0.003
        assert miss_m.max() < 0.006
    gaps = [np.linalg.norm(np.diff(j[KNUCKLES], axis=0), axis=1) for j in (soma, makehuman)]
    np.testing.assert_allclose(gaps[0], gaps[1], atol=0.005)


def test_makehuman_mesh_is_sound() -> None:
    model = HandModel.load('makehuman')
    np.testing.assert_allclose(model.weight.sum(axis=1), 1.0, atol=1e-5)
    assert np.all(np.diff(model.weight, axis=1) <= 0)
    assert len(np.unique(model.triangles)) == len(model.vertices_m)
    edges = np.sort(model.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    _, used = np.unique(edges, axis=0, return_counts=True)
    assert used.max() == 2
    assert (used == 1).sum() < 80  # closed but for the cut at the elbow


def test_the_same_seed_gives_the_same_hand_and_all_are_finite() -> None:
    sizes, counts, sides = [], [], []
    for seed in range(300):
        hand = sample_hand(np.random.default_rng(seed))
        assert np.isfinite(hand.vertices_m).all()
        assert np.isfinite(hand.joints_m).all()
        chain = np.diff(hand.joints_m[[0, 9, 10, 11, 12]], axis=0)
        sizes.append(np.linalg.norm(chain, axis=1).sum())
        counts.append(len(hand.vertices_m))
        sides.append(hand.side)
        if seed < 20:
            again = sample_hand(np.random.default_rng(seed))
            np.testing.assert_array_equal(again.vertices_m, hand.vertices_m)
            np.testing.assert_array_equal(again.joints_m, hand.joints_m)
    assert 0.30 < np.mean(np.array(counts) != 3201) < 0.48
    assert 0.4 < np.mean(np.array(sides) == 1) < 0.6
    assert np.mean(sizes) == pytest.approx(0.184, abs=0.005)
    assert 0.016 < np.std(sizes) < 0.026
    assert 0.110 < min(sizes) < 0.135
    assert 0.222 < max(sizes) < 0.260


def test_shape_files_need_no_pickle_and_have_their_licences_beside_them() -> None:
    for path in DATA_DIR.glob('*.npz'):
        with np.load(path, allow_pickle=False) as data:
            assert all(data[name].dtype != object for name in data)
    note = (DATA_DIR / 'README.md').read_text()
    for words in ('CC0', 'soma_shapes.npz', 'makehuman_hand.npz', 'Apache License 2.0'):
        assert words in note
