# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Crops without a hand: far from every hand, where they say they are, and repeatable."""

from collections import Counter

from dense_hand_pose.camera.crop import BACKGROUND
from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.synthesis.crops import sample_window
from dense_hand_pose.synthesis.negatives import (
    FAR_M,
    KINDS,
    NAMES,
    NEAR_M,
    Negative,
    NegativeBatch,
    render_negatives,
    sample_negative,
)
from dense_hand_pose.synthesis.scenes.hand_scene import sample_scene
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS
import numpy as np
import pytest

COUNT = 400


@pytest.fixture(scope='module')
def negatives() -> list[Negative]:
    return [sample_negative(np.random.default_rng([31, i])) for i in range(COUNT)]


@pytest.fixture(scope='module')
def batch() -> NegativeBatch:
    return render_negatives(32, 80)


def test_no_hand_is_near(negatives: list[Negative]) -> None:
    gaps = [
        np.linalg.norm(np.array(negative.window.center_m) - joints.mean(axis=0))
        for negative in negatives
        for joints in negative.hands_m
    ]
    assert len(gaps) > COUNT / 2, 'most scenes have a hand'
    assert min(gaps) > FAR_M - 1e-6
    assert np.quantile(gaps, 0.25) < 0.25, 'a quarter is near enough to see the hand'


def test_the_crops_of_hands_keep_off_what_lies_between() -> None:
    scene = sample_scene(np.random.default_rng(5))
    rng, mean = np.random.default_rng(6), scene.joints_m.mean(axis=0)
    misses = [
        np.linalg.norm(np.array(sample_window(rng, scene).center_m) - mean) for _ in range(4000)
    ]
    assert np.mean(np.array(misses) > NEAR_M) < 0.015
    assert max(misses) < FAR_M


def test_kinds_have_their_shares(negatives: list[Negative]) -> None:
    counts = Counter(negative.kind for negative in negatives)
    assert sum(share for _, share, _ in KINDS) == pytest.approx(1.0)
    for name, share, _ in KINDS:
        sd = np.sqrt(COUNT * share * (1.0 - share))
        assert abs(counts[name] - COUNT * share) < 4.5 * sd, name


def test_forearms_are_behind_the_wrist(negatives: list[Negative]) -> None:
    for negative in (n for n in negatives if n.kind == 'forearm'):
        joints, center = negative.hands_m[0], np.array(negative.window.center_m)
        out = joints[9] - joints[0]
        # The centre may lie over the edge of the arm, by some standard deviations.
        assert (center - joints[0]) @ out / np.linalg.norm(out) < 0.17
        assert np.linalg.norm(center - joints[0]) < 0.55


def test_places_lie_in_the_image(negatives: list[Negative]) -> None:
    on_a_surface = [n for n in negatives if n.kind not in ('left', 'missed')]
    inside = 0
    for negative in on_a_surface:
        camera, center = negative.scene.camera, np.array(negative.window.center_m)
        u, v = project(center, negative.scene.intrinsics)
        inside += 0 <= u < camera.width and 0 <= v < camera.height
    assert inside > 0.9 * len(on_a_surface)


def test_the_scenes_without_a_hand_have_none(negatives: list[Negative]) -> None:
    hand_sizes = {len(n.scene.meshes[0].vertices_m) for n in negatives if n.kind == 'missed'}
    for negative in negatives:
        if not negative.hands_m:
            sizes = {len(mesh.vertices_m) for mesh in negative.scene.meshes}
            assert not sizes & hand_sizes, negative.kind


def test_crops_show_something_but_where_a_hand_left(batch: NegativeBatch) -> None:
    assert batch.depth.min() >= -1.0
    assert batch.depth.max() <= BACKGROUND
    shown = (batch.depth < BACKGROUND).mean(axis=(1, 2))
    assert shown[batch.kind != NAMES.index('left')].min() >= 0.03
    assert len(set(batch.camera.tolist())) > len(CAMERAS) // 2


def test_a_crop_depends_on_seed_and_number_alone(batch: NegativeBatch) -> None:
    again = render_negatives(32, 3, first=4)
    np.testing.assert_array_equal(again.depth, batch.depth[4:7])
    np.testing.assert_array_equal(again.kind, batch.kind[4:7])
    assert not np.array_equal(render_negatives(33, 1).depth[0], batch.depth[0])


@pytest.mark.parametrize('wrong', [(-1, 1, 0), (0, -1, 0), (0, 1, -1)])
def test_negative_numbers_are_refused(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match='none may be negative'):
        render_negatives(*wrong)
