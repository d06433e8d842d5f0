# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What a hand let go of, with an oracle that takes it for a hand for ever."""

import numpy as np
import pytest
from support.oracle import at, OracleScene, Thing

CUP = at(0.0)
HELD_FROM = at(0.0, 0.05)


def cup(center_m: np.ndarray = CUP, score: float = 0.98) -> Thing:
    return Thing(center_m, score, 1.0, name='cup')


def put_down_and_leave(scene: OracleScene, held: int = 20) -> None:
    """Hold a cup still, then take hand and forearm away within a third of a second."""
    for _ in range(held):
        scene.frame(Thing(HELD_FROM), cup(), arms=[HELD_FROM])
    for step in range(10):
        hand = HELD_FROM + at(0.0, 0.05 * (step + 1), 0.0)
        scene.frame(Thing(hand), cup(), arms=[hand])


@pytest.mark.parametrize('max_hands', [1, 2])
@pytest.mark.parametrize('held', [5, 20, 60])
def test_a_still_thing_that_was_let_go_of_is_no_hand(max_hands: int, held: int) -> None:
    scene = OracleScene(max_hands=max_hands)
    put_down_and_leave(scene, held)
    later = [scene.names(cup()) for _ in range(150)]
    assert later[20:] == [[]] * 130, 'for as long as it is still'


def test_once_it_moves_it_is_a_hand_again() -> None:
    scene = OracleScene(max_hands=1)
    put_down_and_leave(scene)
    for _ in range(60):
        scene.frame(cup())
    moved = [scene.names(cup(CUP + at(0.01 * step, 0.0, 0.0))) for step in range(1, 16)]
    assert moved[-1] == ['cup']


@pytest.mark.parametrize('max_hands', [1, 2])
def test_a_hand_that_comes_to_rest_is_a_hand(max_hands: int) -> None:
    scene = OracleScene(max_hands=max_hands)
    for step in range(20):
        place = at(0.2 - 0.01 * step)
        scene.frame(Thing(place), arms=[place])
    shown = [scene.names(Thing(at(0.0)), arms=[at(0.0)]) for _ in range(120)]
    assert shown == [['hand']] * 120


def test_a_hand_that_sways_while_another_leaves_is_a_hand() -> None:
    scene = OracleScene(max_hands=2)
    sway = [at(0.0, 0.0, 0.006 * np.sin(0.4 * step)) for step in range(150)]
    left = at(-0.05)
    for step in range(20):
        scene.frame(Thing(left + sway[step]), Thing(at(0.06)), arms=[left, at(0.06)])
    for step in range(10):
        away = at(0.06, 0.05 * step)
        scene.frame(Thing(left + sway[20 + step]), Thing(away), arms=[left, away])
    for step in range(30, 150):
        assert scene.names(Thing(left + sway[step]), arms=[left]) == ['hand']


def test_reset_forgets_what_was_let_go_of() -> None:
    scene = OracleScene(max_hands=1)
    put_down_and_leave(scene)
    for _ in range(60):
        scene.frame(cup())
    assert scene.names(cup()) == []
    scene.estimator.reset()
    assert scene.names(cup()) == ['cup'], 'a search alone cannot tell'
