# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Whole scenes: what they hold, and that thinned frames are the whole ones at fewer pixels."""

from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.synthesis.scenes.full_scene import (
    DISTANCE_M,
    FullScene,
    lattice_of,
    PRESENT_SHARE,
    render_full_frame,
    render_lattice,
    sample_full_scene,
)
import numpy as np
import pytest


def _scene(seed: int, hands: int | None = None) -> FullScene:
    return sample_full_scene(np.random.default_rng([41, seed]), hands)


@pytest.mark.parametrize('hands', [0, 1, 2])
def test_a_scene_has_as_many_hands_as_asked_for(hands: int) -> None:
    for seed in range(6):
        scene = _scene(seed, hands)
        assert len(scene.hands) == hands
        assert all(hand.present and hand.visible >= PRESENT_SHARE for hand in scene.hands)
        assert all(hand.side in (-1, 1) for hand in scene.hands)


def test_another_number_of_hands_is_refused() -> None:
    with pytest.raises(ValueError, match='hands = 3'):
        _scene(0, 3)


def test_the_generator_alone_decides() -> None:
    first, again = (render_full_frame(_scene(3), np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, render_full_frame(_scene(4), np.random.default_rng(5)))


def test_hands_are_where_the_frame_shows_them() -> None:
    near, far, surfaces = [], [], []
    for seed in range(30):
        scene = _scene(seed, 1)
        depth = render_full_frame(scene)
        joints = scene.hands[0].joints_m
        near.append(joints[:, 2].min())
        far.append(joints[:, 2].max())
        pixels = np.rint(project(joints, scene.intrinsics)).astype(int)
        height, width = depth.shape
        inside = ((pixels >= 0) & (pixels < [width, height])).all(axis=1)
        u, v = pixels[inside].T
        surfaces += list(depth[v, u] - joints[inside, 2])
    assert min(near) > DISTANCE_M[0] - 0.15 and max(far) < DISTANCE_M[1] + 0.6
    # Joints lie within the flesh; some are hidden by what is before them.
    inside_flesh = (np.array(surfaces) > -0.03) & (np.array(surfaces) < 0.005)
    assert inside_flesh.mean() > 0.6


def test_a_thinned_frame_is_the_whole_one_at_fewer_pixels() -> None:
    for seed in range(6):
        scene = _scene(seed)
        whole = render_full_frame(scene)
        step = max(1, round(scene.camera.width / 160))
        columns, rows = lattice_of(scene.camera.width, step), lattice_of(whole.shape[0], step)
        thinned = render_full_frame(scene, width_px=160)
        np.testing.assert_array_equal(thinned, whole[np.ix_(rows, columns)])
        np.testing.assert_array_equal(thinned, render_lattice(scene, columns, rows))


def test_noise_is_finite_and_leaves_most_of_a_frame() -> None:
    for seed in range(6):
        scene = _scene(seed)
        clean, noisy = render_full_frame(scene), render_full_frame(scene, np.random.default_rng(1))
        assert noisy.dtype == np.float32 and noisy.shape == clean.shape
        assert np.isfinite(noisy).all() and (noisy >= 0.0).all()
        both = (clean > 0.0) & (noisy > 0.0)
        assert both.sum() > 0.5 * (clean > 0.0).sum()
        if both.any():
            assert np.median(np.abs(noisy[both] - clean[both]) / clean[both] ** 2) < 0.02
