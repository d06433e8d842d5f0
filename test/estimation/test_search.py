# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Search in the full frame and beside tracks, with an oracle in place of the networks."""

from collections.abc import Sequence

from dense_hand_pose.detection.proposals import TileSet, WHOLE, WHOLE_FRAME
from dense_hand_pose.detection.tiles import ROUND_FRAMES
from dense_hand_pose.tracking.tracker import UNSURE_S
import pytest
from support.oracle import at, log_odds, OracleScene, Thing

LEFT, RIGHT = at(-0.15), at(0.15)


def searched_alone(*things: Thing, **settings: object) -> list[str]:
    """Return what an estimator without a past reports."""
    return sorted(OracleScene(**settings).names(*things))


@pytest.mark.parametrize('tiles', [(WHOLE,), (0,), (1,), (2,), (3,), (WHOLE, 2), (0, 1, 2, 3)])
@pytest.mark.parametrize('phase', range(3))
@pytest.mark.parametrize(('score', 'detected'), [(0.75, 0.5), (0.6, 3.0), (0.98, 0.5)])
def test_what_a_search_of_the_frame_finds_is_found_within_three_frames(
    tiles: Sequence[int], phase: int, score: float, detected: float
) -> None:
    scene, first = OracleScene(), Thing(LEFT, name='first')
    second = Thing(RIGHT, score, detected, tiles, 'second')
    for _ in range(4 + phase):
        assert scene.names(first) == ['first']
    shown = [sorted(scene.names(first, second)) for _ in range(ROUND_FRAMES)]
    assert shown[-1] == searched_alone(first, second)


@pytest.mark.parametrize('apart_m', [0.075, 0.09, 0.11, 0.3])
def test_a_second_hand_close_to_the_first_is_found(apart_m: float) -> None:
    scene, first = OracleScene(), Thing(at(0.0), name='first')
    for _ in range(5):
        scene.frame(first)
    second = Thing(at(apart_m), name='second')
    for _ in range(ROUND_FRAMES):
        names = scene.names(first, second)
    assert sorted(names) == ['first', 'second']


@pytest.mark.parametrize(
    ('before', 'after'),
    [
        ((0.02, 1.0), (0.98, 1.0)),  # it opens: the score rises
        ((0.6, -1.0), (0.6, 3.0)),  # the detector is sure now
        ((0.98, None), (0.98, 1.0)),  # it is detected now
    ],
)
@pytest.mark.parametrize('waited', [3, 4, 5, 11])
def test_a_place_that_was_tried_in_vain_is_found_once_it_is_a_hand(
    before: tuple[float, float | None], after: tuple[float, float | None], waited: int
) -> None:
    scene, first = OracleScene(), Thing(LEFT, name='first')
    for _ in range(waited):
        assert scene.names(first, Thing(RIGHT, *before)) == ['first']
    moved = RIGHT + at(0.0, 0.03, 0.02)  # what opens changes the depth
    for _ in range(ROUND_FRAMES):
        names = scene.names(first, Thing(moved, *after))
    assert sorted(names) == ['first', 'hand']


@pytest.mark.parametrize('score', [0.02, 0.05])
def test_a_place_that_stays_no_hand_costs_little(score: float) -> None:
    scene, first, lamp = OracleScene(), Thing(LEFT), Thing(RIGHT, score, 0.5)
    for _ in range(6):
        scene.frame(first, lamp)
    scene.backend.batches.clear()
    for _ in range(30):
        scene.frame(first, lamp)
    assert sum(len(batch) for batch in scene.backend.batches) <= 30 + 2 * 4


SURE = 0.7
DOUBTS = [
    # score of the network, log odds of the localizer (None: nothing detected)
    (0.98, None), (0.9, None), (0.85, None), (0.75, None), (0.75, 0.5), (0.6, None), (0.6, 0.0),
    (0.6, 1.0), (0.4, 0.5), (0.4, 2.0), (0.35, -1.0),
]  # fmt: skip


@pytest.mark.parametrize(('score', 'detected'), DOUBTS)
@pytest.mark.parametrize('max_hands', [1, 2])
@pytest.mark.parametrize('held_s', [0.2, 3.0])
def test_a_track_is_dropped_that_a_search_would_not_report_for_half_a_second(
    score: float, detected: float | None, max_hands: int, held_s: float
) -> None:
    scene = OracleScene(max_hands=max_hands)
    for _ in range(round(30 * held_s)):
        assert scene.names(Thing(LEFT)) == ['hand']
    thing = Thing(LEFT, score, detected, name='cup')
    shown = [scene.names(thing) for _ in range(round(30 * UNSURE_S) + ROUND_FRAMES + 1)]
    odds = log_odds(score) + (scene.localizer.missing_log_odds if detected is None else detected)
    reported = searched_alone(thing, max_hands=max_hands)
    assert (odds >= log_odds(SURE)) == bool(reported) or detected is None
    assert shown[0] == ['cup'], 'a moment of doubt does not end a track'
    assert bool(shown[-1]) == (odds >= log_odds(SURE))


def test_a_track_that_is_sure_again_in_time_goes_on() -> None:
    scene = OracleScene(max_hands=1)
    for number in range(90):
        (pose,) = scene.frame(Thing(LEFT, 0.5 if number % 15 else 0.98))
    assert pose.frames_seen == 90


def test_a_followed_hand_costs_one_cube_and_no_search() -> None:
    scene = OracleScene(max_hands=1)
    scene.localizer.check_every = 0
    scene.frame(Thing(LEFT))
    scene.backend.batches.clear()
    scene.localizer.searched.clear()
    for step in range(30):
        scene.frame(Thing(LEFT + at(0.003 * step, 0.0, 0.0)))
    assert [len(batch) for batch in scene.backend.batches] == [1] * 30
    assert scene.localizer.searched == []


def test_a_search_beside_tracks_takes_every_tile_once_in_three_frames() -> None:
    scene = OracleScene()
    for _ in range(1 + 2 * ROUND_FRAMES):
        scene.frame(Thing(LEFT))
    whole, *rounds = scene.localizer.searched
    assert whole == TileSet(tiles=(0, 1, 2, 3))
    taken = [TileSet(tiles=(2,)), TileSet(False, (0, 3)), TileSet(False, (1,))]
    assert rounds == taken * 2


@pytest.mark.parametrize(
    ('object_score', 'away_m', 'follows'),
    [(0.98, 0.08, True), (0.6, 0.08, False), (0.6, 0.03, True), (0.98, 0.3, False)],
)
def test_a_track_goes_over_to_another_thing_only_if_that_is_a_hand_beyond_doubt(
    object_score: float, away_m: float, follows: bool
) -> None:
    scene = OracleScene(max_hands=1)
    for _ in range(10):
        scene.frame(Thing(LEFT))
    other = Thing(LEFT + at(away_m, 0.0, 0.0), object_score, None, name='cup')
    assert (scene.names(other) == ['cup']) == follows


def test_a_doubtful_hand_gives_way_to_a_better_one() -> None:
    scene = OracleScene(max_hands=1)
    for _ in range(5):
        assert scene.names(Thing(LEFT, 0.9, 0.5, name='cup')) == ['cup']
    things = Thing(LEFT, 0.9, None, name='cup'), Thing(RIGHT, 0.98)
    shown = [scene.names(*things) for _ in range(31)]
    assert shown[-1] == ['hand']
    worse = Thing(LEFT, 0.98, 3.0, name='other'), Thing(RIGHT, 0.97)
    assert [scene.names(*worse) for _ in range(31)][-1] == ['hand'], 'it is no better'


def test_a_remembered_place_needs_no_detection() -> None:
    scene = OracleScene(max_hands=1)
    scene.frame(Thing(LEFT))
    for _ in range(4):
        assert scene.names() == []
    (pose,) = scene.frame(Thing(LEFT, 0.9, None))
    assert pose.frames_seen == 2


def test_the_first_search_takes_all_tiles_and_later_ones_one_in_turn() -> None:
    scene = OracleScene()
    for _ in range(6):
        scene.frame()
    every = [TileSet(tiles=(0, 1, 2, 3)), *(TileSet(tiles=(n,)) for n in (0, 1, 2, 3, 0))]
    assert scene.localizer.searched == every
    scene.estimator.reset()
    scene.frame()
    assert scene.localizer.searched[-1] == every[0]


def test_without_tiles_every_round_takes_the_frame_once() -> None:
    scene = OracleScene(tile_count=0)
    for _ in range(7):
        scene.frame(Thing(LEFT))
    assert scene.localizer.searched == [WHOLE_FRAME] * 3
