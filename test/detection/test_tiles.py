# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of a frame: the same places in metres, every pixel in one of them, one hand once."""

from collections.abc import Sequence

from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics, project, unproject
from dense_hand_pose.detection.proposals import Candidate, TileCandidates, TileSet, WHOLE
from dense_hand_pose.detection.tiles import (
    CORNERS,
    merge_candidates,
    ROUND_FRAMES,
    tiles_of,
    TileSchedule,
)  # fmt: skip
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

LENS = Distortion('plumb_bob', (-0.1, 0.02, 0.0, 0.0, 0.0))
ALL = TileSet(tiles=tuple(range(len(CORNERS))))
UNSEEN = 0.05


def camera(height: int, width: int, lens: Distortion | None = None) -> Intrinsics:
    return Intrinsics(0.9 * width, 0.9 * width, (width - 1) / 2, (height - 1) / 2, lens)


def at(x: float, y: float, z: float, score: float) -> Candidate:
    return Candidate(np.array([x, y, z]), score)


@given(st.integers(1, 60), st.integers(1, 80))
def test_a_tile_shows_the_frame_where_its_intrinsics_say(height: int, width: int) -> None:
    depth = np.arange(height * width, dtype=np.float32).reshape(height, width)
    whole, *parts = tiles_of(width, height, camera(height, width), ALL)
    assert whole.cut(depth).shape == depth.shape
    seen = np.zeros_like(depth, bool)
    for part in parts:
        cut = part.cut(depth)
        assert np.shares_memory(cut, depth), 'nothing is copied'
        row, column = divmod(int(cut[0, 0]), width)
        point = unproject([0.0, 0.0], 0.7, part.intrinsics)
        np.testing.assert_allclose(
            project(point, whole.intrinsics), [column, row], atol=1e-9 * width
        )
        seen.ravel()[cut.astype(np.int64)] = True
    assert seen.all()


@pytest.mark.parametrize('lens', [None, LENS])
def test_a_place_has_one_ray_through_any_tile(lens: Distortion | None) -> None:
    whole, *parts = tiles_of(640, 480, camera(480, 640, lens), ALL)
    point = np.array([0.11, -0.07, 0.8])
    pixel = project(point, whole.intrinsics)
    for part, (bottom, right) in zip(parts, CORNERS, strict=True):
        moved = pixel - [192 * right, 144 * bottom]
        np.testing.assert_allclose(project(point, part.intrinsics), moved, atol=1e-9)


def test_only_the_tiles_that_are_asked_for() -> None:
    depth, k = np.ones((48, 64), np.float32), camera(48, 64)
    assert [tile.number for tile in tiles_of(64, 48, k, TileSet())] == [WHOLE]
    (part,) = tiles_of(64, 48, k, TileSet(whole=False, tiles=(3,)))
    assert part.number == 3
    assert part.cut(depth).shape == (34, 45)
    assert (part.intrinsics.cx, part.intrinsics.cy) == (k.cx - 19, k.cy - 14)


def scores_of(found: Sequence[Sequence[Candidate]]) -> list[tuple[float, list[float]]]:
    tiles = tiles_of(640, 480, camera(480, 640), ALL)[: len(found)]
    parts = [
        TileCandidates(tile.number, tile.shows, list(candidates))
        for tile, candidates in zip(tiles, found, strict=True)
    ]
    return [(hand.score, scores) for hand, scores in merge_candidates(parts, UNSEEN)]


def test_one_hand_in_several_tiles_is_one_with_all_its_scores() -> None:
    middle = [at(0.0, 0.0, 0.5, 0.6), at(0.01, 0.0, 0.52, 0.8), at(0.0, 0.01, 0.5, 0.7)]
    found = [[middle[0]], [middle[1]], [], [middle[2]], []]
    assert scores_of(found) == [(0.8, [0.6, 0.8, UNSEEN, 0.7, UNSEEN])]


def test_a_tile_that_does_not_show_the_place_has_no_score() -> None:
    corner = at(-0.2, -0.15, 0.5, 0.6)  # top and left: in the whole frame and the first tile
    assert scores_of([[corner], [], [], [], []]) == [(0.6, [0.6, UNSEEN])]


def test_hands_that_are_apart_are_two_the_best_first() -> None:
    found = [[at(0.0, 0.0, 0.5, 0.4), at(0.071, 0.0, 0.5, 0.9), at(0.001, 0.0, 0.5, 0.3)]]
    assert [score for score, _ in scores_of(found)] == [0.9, 0.4]
    assert merge_candidates([], UNSEEN) == []


@pytest.mark.parametrize('tile_count', [0, 1, 2, 3, 4, 9])
def test_a_round_takes_the_whole_frame_and_each_tile_once(tile_count: int) -> None:
    schedule = TileSchedule(tile_count)
    for _ in range(2):
        steps = [schedule.round_step() for _ in range(ROUND_FRAMES)]
        assert sum(step.whole for step in steps) == 1
        assert sorted(n for step in steps for n in step.tiles) == list(range(tile_count))
        sizes = [step.whole + len(step.tiles) for step in steps]
        assert max(sizes) - min(sizes) <= 1, 'every frame takes as much'


@pytest.mark.parametrize('tile_count', [0, 1, 4])
def test_a_first_search_takes_everything_and_later_ones_a_tile_in_turn(tile_count: int) -> None:
    schedule = TileSchedule(tile_count)
    for _ in range(2):
        assert schedule.full_search() == TileSet(tiles=tuple(range(tile_count)))
        later = [schedule.full_search() for _ in range(2 * tile_count)]
        assert [step.tiles for step in later] == [(n,) for n in range(tile_count)] * 2
        assert all(step.whole for step in later)
        schedule.reset()
