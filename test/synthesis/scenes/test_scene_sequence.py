# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Sequences of whole scenes: what each kind promises, and that a frame can be had again."""

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.synthesis.people.second_hand import Sight
from dense_hand_pose.synthesis.scenes.motion_scripts import (
    APART_M,
    DURATION_S,
    KINDS,
    Path,
    sample_script,
)
from dense_hand_pose.synthesis.scenes.scene_sequence import FRAMES, RATE_HZ, SceneSequence
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS
import numpy as np
import pytest

TIMES_S = np.arange(FRAMES) / RATE_HZ
SEEDS = range(12)


def sight_of(seed: int) -> Sight:
    camera = CAMERAS[seed % len(CAMERAS)]
    middle = (camera.width - 1) / 2, (camera.height - 1) / 2
    return Sight(camera, Intrinsics(camera.fx_px, camera.fx_px, *middle))


def paths_of(kind: str, seed: int) -> list[np.ndarray]:
    """Return the places (FRAMES, 3) of each hand of a script."""
    script = sample_script(np.random.default_rng(seed), kind, sight_of(seed))
    return [np.stack([path.at(t) for t in TIMES_S]) for path in script.hands]


def test_a_path_goes_through_its_points_and_holds_its_ends() -> None:
    path = Path((1.0, 2.0, 4.0), np.array([[0.0, 0, 1], [1.0, 0, 1], [1.0, 2, 1]]))
    assert path.at(0.0).tolist() == [0.0, 0.0, 1.0]
    assert path.at(1.5) == pytest.approx([0.5, 0.0, 1.0])
    assert path.at(2.0).tolist() == [1.0, 0.0, 1.0]
    assert path.at(9.0).tolist() == [1.0, 2.0, 1.0]


@pytest.mark.parametrize('kind', KINDS)
def test_hands_stay_apart_and_move_as_hands_do(kind: str) -> None:
    for seed in SEEDS:
        paths = paths_of(kind, seed)
        for path in paths:
            assert path[:, 2].min() > 0.35
            speed = np.linalg.norm(np.diff(path, axis=0), axis=1).max() * RATE_HZ
            assert speed < 4.0
        if len(paths) == 2:
            assert np.linalg.norm(paths[0] - paths[1], axis=1).min() >= APART_M


def test_crossing_hands_change_their_order_twice() -> None:
    for seed in SEEDS:
        first, second = paths_of('cross', seed)
        order = np.sign(first[:, 0] - second[:, 0])
        assert (np.abs(np.diff(order[order != 0.0])) > 0).sum() == 2


def test_what_a_kind_promises_is_seen() -> None:
    shares = {}
    for kind in ('leave', 'hide', 'second'):
        sequence = SceneSequence(kind, 3)
        shares[kind] = np.array(
            [[hand.visible for hand in sequence.hands(i)] for i in range(0, FRAMES, 6)]
        )
    for kind, hand in (('leave', 0), ('hide', 0), ('second', 1)):
        out = shares[kind][:, hand] <= 0.1
        assert 0.1 < out.mean() < 0.7, kind
        assert (np.diff(out.astype(int)) == -1).sum() >= 1, f'{kind}: it never comes back'
    assert shares['second'][:, 0].min() > 0.5


def test_the_mean_of_the_joints_is_on_the_path_and_the_hand_is_where_it_is_seen() -> None:
    sequence = SceneSequence('alone', 1)
    frame = sequence.frame(30)
    (hand,) = frame.hands
    k = frame.intrinsics
    inside = 0
    for joint in hand.joints_m[[0, 5, 9, 13, 17]]:
        u, v = round(k.fx * joint[0] / joint[2] + k.cx), round(k.fy * joint[1] / joint[2] + k.cy)
        z = frame.depth_m[v, u]
        inside += 0.0 < joint[2] - z < 0.06 or z == 0.0
    assert inside >= 4
    assert hand.visible > 0.5 and hand.joints_m.shape == (21, 3)


def test_a_frame_can_be_had_again_and_noise_is_new_in_each() -> None:
    one, two = SceneSequence('meet', 5), SceneSequence('meet', 5)
    two.frame(11)
    first, again = one.frame(10), two.frame(10)
    assert np.array_equal(first.depth_m, again.depth_m)
    assert np.array_equal(first.hands[1].joints_m, again.hands[1].joints_m)
    assert not np.array_equal(one.frame(11).depth_m, first.depth_m)
    assert first.hands[0].side in (-1, 1) and len(first.hands) == 2
    other = SceneSequence('meet', 6).hands(10)[0].joints_m
    assert not np.array_equal(other, first.hands[0].joints_m)


def test_nobody_is_there() -> None:
    sequence = SceneSequence('nobody', 2)
    assert sequence.hands(0) == ()
    assert sequence.camera in {camera.name for camera in CAMERAS}
    assert round(DURATION_S * RATE_HZ) == FRAMES


def test_wrong_values_are_refused() -> None:
    with pytest.raises(ValueError, match="kind = 'dance'"):
        SceneSequence('dance', 1)
    with pytest.raises(ValueError, match='seed = -1'):
        SceneSequence('alone', -1)
    with pytest.raises(ValueError, match='i = 150'):
        SceneSequence('nobody', 1).frame(FRAMES)
