# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes of named kinds: each holds what its name promises."""

from dense_hand_pose.camera.intrinsics import project
from dense_hand_pose.synthesis.objects.objects import HELD, hold
from dense_hand_pose.synthesis.objects.shapes import held_cloth
from dense_hand_pose.synthesis.people.second_hand import Sight
from dense_hand_pose.synthesis.scenes.clutter import table_top, THINGS
from dense_hand_pose.synthesis.scenes.full_scene import (
    render_full_frame,
    sample_full_scene,
    sample_situation,
)
from dense_hand_pose.synthesis.scenes.rooms import sample_room
from dense_hand_pose.synthesis.scenes.situations import (
    draw_situation,
    EMPTY,
    ONE_HAND,
    situation_of,
    SITUATIONS,
    TWO_HANDS,
    VIEWS,
)
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS
import numpy as np
import pytest

SEEDS = range(3)


def rng_of(*words: int) -> np.random.Generator:
    return np.random.default_rng([61, *words])


@pytest.mark.parametrize('name', SITUATIONS)
def test_a_kind_has_its_hands_and_something_to_see(name: str) -> None:
    count = 0 if name in EMPTY else 1 if name in ONE_HAND else 2
    seen = 0
    for seed in SEEDS:
        scene = sample_situation(rng_of(seed), name)
        assert len(scene.hands) == count
        assert all(hand.present for hand in scene.hands)
        depth = render_full_frame(scene, width_px=80)
        assert np.isfinite(depth).all()
        seen += np.count_nonzero(depth)
    assert seen > 0


def test_the_generator_alone_decides() -> None:
    one, other = (render_full_frame(sample_situation(rng_of(4), 'two_apart')) for _ in range(2))
    np.testing.assert_array_equal(one, other)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="name = 'kitchen'"):
        sample_situation(rng_of(0), 'kitchen')
    with pytest.raises(ValueError, match="name = 'kitchen'"):
        hold(rng_of(0), np.zeros((21, 3)), 1, 'kitchen')


@pytest.mark.parametrize('seed', SEEDS)
def test_the_border_leaves_about_half_of_a_cut_hand(seed: int) -> None:
    scene = sample_situation(rng_of(seed), 'cut')
    (hand,) = scene.hands
    pixels = project(hand.joints_m, scene.intrinsics)
    size = [scene.camera.width, scene.camera.height]
    inside = ((pixels >= 0) & (pixels < size)).all(axis=1)
    assert 0.4 <= inside.mean() <= 0.61


@pytest.mark.parametrize('name', VIEWS)
def test_forearms_come_from_where_the_camera_is(name: str) -> None:
    sight = Sight(CAMERAS[0], CAMERAS[0].sample_intrinsics(rng_of(1)))
    drawn = 0
    for seed in range(30):
        composed = draw_situation(rng_of(seed), sight, f'camera_{name}')
        if composed is not None:
            (arm,) = composed[0]
            backward = arm.elbow_m - arm.joints_m[0]
            assert VIEWS[name].fits(backward / np.linalg.norm(backward))
            drawn += 1
    assert drawn >= 5


@pytest.mark.parametrize('seed', SEEDS)
def test_two_hands_on_one_object_are_mirror_images_beside_it(seed: int) -> None:
    scene = sample_situation(rng_of(seed, 9), 'two_on_one_object')
    first, second = scene.hands
    assert first.side == -second.side
    for joints in (first.joints_m, second.joints_m):
        bones = np.linalg.norm(joints[1:] - joints[:-1], axis=1)
        if joints is first.joints_m:
            expected = bones
    np.testing.assert_allclose(bones, expected, atol=1e-9)
    gap = np.linalg.norm(first.joints_m.mean(axis=0) - second.joints_m.mean(axis=0))
    assert 0.06 < gap < 0.40


@pytest.mark.parametrize('name', HELD)
def test_a_thing_is_held_at_the_hand(name: str) -> None:
    scene = sample_situation(rng_of(3), f'holding_{name}')
    # Behind the arm come the held meshes: the hand is the first mesh.
    hand, held = scene.hands[0].joints_m, scene.meshes[1]
    corners = held.vertices_m[held.triangles].astype(np.float64)
    share = np.linspace(0.0, 1.0, 30)[:, None, None, None]
    edges = (1.0 - share) * corners + share * np.roll(corners, 1, axis=1)
    gap = np.linalg.norm(edges.reshape(-1, 1, 3) - hand[None], axis=2).min()
    assert gap < 0.06


def test_cloth_hangs_from_where_it_is_held() -> None:
    pinch, away = np.array([0.1, -0.2, 0.6]), np.array([0.0, 0.6, 0.8])
    mesh = held_cloth(rng_of(2), pinch, away)
    along = (mesh.vertices_m - pinch) @ away
    assert along.min() > -0.03
    assert 0.07 < along.max() < 0.27
    top = mesh.vertices_m[np.abs(along) < 0.01]
    assert np.linalg.norm(top - pinch, axis=1).min() < 0.02


@pytest.mark.parametrize('name', THINGS)
def test_things_stand_on_the_table_or_reach_over_its_edge(name: str) -> None:
    base, up = np.array([0.1, 0.2, 0.8]), np.array([0.0, -0.8, -0.6])
    meshes = THINGS[name](rng_of(5), base, up)
    points = np.concatenate([mesh.vertices_m for mesh in meshes]).astype(np.float64)
    high = (points - base) @ up
    assert np.abs(points - base).max() < 1.0
    assert high.max() > 0.002
    assert high.min() > (-0.6 if name == 'chair' else -0.5 if name == 'cloth' else -0.08)


def test_a_table_ends_at_its_edges() -> None:
    up = np.array([0.0, 0.0, -1.0])
    top = table_top(np.zeros(3), up, np.array([0.4, 0.3]), 0.0)
    extent = np.ptp(top.vertices_m, axis=0)
    np.testing.assert_allclose(sorted(extent), [0.024, 0.6, 0.8], atol=1e-6)
    assert ((top.vertices_m @ up) <= 1e-6).all()


def test_an_empty_room_has_people_close_by_and_one_with_hands_has_none() -> None:
    sight = Sight(CAMERAS[0], CAMERAS[0].sample_intrinsics(rng_of(1)))
    joints = [np.full((21, 3), [0.0, 0.0, 0.6])]
    counts = [
        sum(len(sample_room(rng_of(seed), joints, sight, empty=empty)) for seed in range(60))
        for empty in (False, True)
    ]
    assert counts[1] > counts[0]


@pytest.mark.parametrize('count', [0, 1, 2])
def test_training_scenes_have_named_kinds_with_the_hands_asked_for(count: int) -> None:
    kinds = (EMPTY, ONE_HAND, TWO_HANDS)[count]
    assert {situation_of(rng_of(seed), count) for seed in range(300)} == set(kinds)
    scene = sample_full_scene(rng_of(7), count, 1.0)
    assert len(scene.hands) == count
