# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Sequences of hands and an object: reproducible, and the situations that their names promise."""

from dense_hand_pose.synthesis.scenes.object_sequence import (
    FRAMES,
    OBJECT_KINDS,
    ObjectSequence,
)  # fmt: skip
import numpy as np
import pytest

SEED = 3


@pytest.mark.parametrize('kind', OBJECT_KINDS)
def test_a_frame_depends_on_kind_seed_and_number_alone(kind: str) -> None:
    first, second = ObjectSequence(kind, SEED), ObjectSequence(kind, SEED)
    second.hands(7)
    one, other = first.frame(40), second.frame(40)
    np.testing.assert_array_equal(one.depth_m, other.depth_m)
    assert (one.depth_m > 0.0).mean() > 0.8
    for hand, same in zip(one.hands, second.hands(40), strict=True):
        np.testing.assert_array_equal(hand.joints_m, same.joints_m)
        assert 0.0 <= hand.visible <= 1.0
    assert len(one.hands) == (2 if kind == 'cross_object' else 1)


def centers(sequence: ObjectSequence, number: int = 0) -> np.ndarray:
    """Return the means of a hand's joints (FRAMES / 10, 3)."""
    return np.array(
        [
            cast.at(i / 30.0).joints_m.mean(axis=0)
            for cast in [sequence._cast[number]]
            for i in range(0, FRAMES, 10)
        ]
    )


def objects(sequence: ObjectSequence) -> np.ndarray:
    return np.array([sequence.object_center_m(i) for i in range(0, FRAMES, 10)])


@pytest.mark.parametrize('seed', range(3))
def test_what_is_picked_up_moves_with_the_hand_and_stays_where_it_is_put(seed: int) -> None:
    sequence = ObjectSequence('pick_up', seed)
    hand, thing = centers(sequence), objects(sequence)
    held = np.linalg.norm(np.diff(thing, axis=0), axis=1) > 1e-6
    assert 3 <= held.sum() <= 8
    between = (hand - thing)[:-1][held]
    np.testing.assert_allclose(between, np.broadcast_to(between[0], between.shape), atol=1e-6)
    np.testing.assert_array_equal(thing[-1], thing[-3])
    assert np.linalg.norm(thing[-1] - thing[0]) > 0.05
    assert sequence.hands(0)[0].visible < 0.5
    assert sequence.hands(FRAMES - 1)[0].visible < 0.5
    assert sequence.hands(75)[0].visible > 0.5


@pytest.mark.parametrize('seed', range(3))
def test_the_hand_leaves_and_the_object_stays(seed: int) -> None:
    sequence = ObjectSequence('leave_object', seed)
    hand, thing = centers(sequence), objects(sequence)
    np.testing.assert_array_equal(thing, np.broadcast_to(thing[0], thing.shape))
    assert np.linalg.norm(hand[-1] - thing[-1]) > 0.5
    assert np.linalg.norm(hand[0] - thing[0]) < 0.15
    assert sequence.hands(0)[0].visible > 0.5
    assert sequence.hands(FRAMES - 1)[0].visible < 0.5


def test_a_hand_passes_behind_the_object_and_two_cross_over_it() -> None:
    behind = ObjectSequence('behind_object', SEED)
    way = centers(behind) - objects(behind)
    assert way[:, 0].min() < -0.05 and way[:, 0].max() > 0.05
    cross = ObjectSequence('cross_object', SEED)
    apart = centers(cross, 1) - centers(cross, 0)
    assert apart[:, 0].min() < -0.2 and apart[:, 0].max() > 0.2
    assert np.linalg.norm(apart, axis=1).min() > 0.1, 'one is nearer to the camera'


@pytest.mark.parametrize(
    ('kind', 'seed', 'words'), [('juggle', 0, "kind = 'juggle'"), ('pick_up', -1, 'seed = -1')]
)
def test_unknown_kinds_and_seeds_are_named(kind: str, seed: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ObjectSequence(kind, seed)
    with pytest.raises(ValueError, match='i = 150'):
        ObjectSequence('pick_up', 0).frame(FRAMES)
