# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Parts of a frame: the same places in metres, every pixel in one of them, one hand once."""

from collections.abc import Sequence

from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics, project, unproject
from dense_hand_pose.detection.detections import Detection
from dense_hand_pose.detection.proposals import TileSet
from dense_hand_pose.detection.tiles import CORNERS, cut_tiles, merge_detections, Tile
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

LENS = Distortion('plumb_bob', (-0.1, 0.02, 0.0, 0.0, 0.0))
ALL = TileSet(tiles=tuple(range(len(CORNERS))))
UNSEEN = 0.05


def camera(height: int, width: int, lens: Distortion | None = None) -> Intrinsics:
    return Intrinsics(0.9 * width, 0.9 * width, (width - 1) / 2, (height - 1) / 2, lens)


def at(x: float, y: float, z: float, score: float) -> Detection:
    return Detection(np.array([x, y, z]), score, 0.0)


@given(st.integers(1, 60), st.integers(1, 80))
def test_a_part_shows_the_frame_where_its_intrinsics_say(height: int, width: int) -> None:
    depth = np.arange(height * width, dtype=np.float32).reshape(height, width)
    whole, *parts = cut_tiles(depth, camera(height, width), ALL)
    assert whole.depth is depth
    seen = np.zeros_like(depth, bool)
    for part in parts:
        assert np.shares_memory(part.depth, depth), 'nothing is copied'
        row, column = divmod(int(part.depth[0, 0]), width)
        point = unproject([0.0, 0.0], 0.7, part.intrinsics)
        np.testing.assert_allclose(
            project(point, whole.intrinsics), [column, row], atol=1e-9 * width
        )
        seen.ravel()[part.depth.astype(np.int64)] = True
    assert seen.all()


@pytest.mark.parametrize('lens', [None, LENS])
def test_a_place_has_one_ray_through_any_part(lens: Distortion | None) -> None:
    depth = np.ones((480, 640), np.float32)
    whole, *parts = cut_tiles(depth, camera(480, 640, lens), ALL)
    point = np.array([0.11, -0.07, 0.8])
    pixel = project(point, whole.intrinsics)
    for part, (bottom, right) in zip(parts, CORNERS, strict=True):
        moved = pixel - [192 * right, 144 * bottom]
        np.testing.assert_allclose(project(point, part.intrinsics), moved, atol=1e-9)


def test_only_the_views_that_are_asked_for() -> None:
    depth = np.ones((48, 64), np.float32)
    k = camera(48, 64)
    assert [view.depth.shape for view in cut_tiles(depth, k, TileSet())] == [(48, 64)]
    (part,) = cut_tiles(depth, k, TileSet(whole=False, tiles=(3,)))
    assert part.depth.shape == (34, 45)
    assert (part.intrinsics.cx, part.intrinsics.cy) == (k.cx - 19, k.cy - 14)


def scores_of(
    views: Sequence[Tile], found: Sequence[Sequence[Detection]]
) -> list[tuple[float, list[float]]]:
    return [(hand.score, scores) for hand, scores in merge_detections(views, found, UNSEEN)]


def test_one_hand_in_several_views_is_one_with_all_its_scores() -> None:
    views = cut_tiles(np.ones((480, 640), np.float32), camera(480, 640), ALL)
    middle = [at(0.0, 0.0, 0.5, 0.6), at(0.01, 0.0, 0.52, 0.8), at(0.0, 0.01, 0.5, 0.7)]
    found = [[middle[0]], [middle[1]], [], [middle[2]], []]
    assert scores_of(views, found) == [(0.8, [0.6, 0.8, UNSEEN, 0.7, UNSEEN])]


def test_a_view_that_does_not_show_the_place_has_no_say() -> None:
    views = cut_tiles(np.ones((480, 640), np.float32), camera(480, 640), ALL)
    corner = at(-0.2, -0.15, 0.5, 0.6)  # top and left: in the whole frame and the first part
    assert scores_of(views, [[corner], [], [], [], []]) == [(0.6, [0.6, UNSEEN])]


def test_hands_that_are_apart_are_two_the_likeliest_first() -> None:
    views = cut_tiles(np.ones((480, 640), np.float32), camera(480, 640), TileSet())
    found = [[at(0.0, 0.0, 0.5, 0.4), at(0.071, 0.0, 0.5, 0.9), at(0.001, 0.0, 0.5, 0.3)]]
    assert [score for score, _ in scores_of(views, found)] == [0.9, 0.4]
    assert merge_detections([], [], UNSEEN) == []
