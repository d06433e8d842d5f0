# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The sheet of best, median and worst frames shows those, and the depth that it is given."""

import doctest
from typing import Any

from dense_hand_pose.datasets.facts import ICVL
from dense_hand_pose.evaluation.predictions import comparison as module
from dense_hand_pose.evaluation.predictions.comparison import pose_sheet, ranked_frames
import numpy as np
import pytest

FRAMES = 5


def true_joints_m() -> np.ndarray:
    rng = np.random.default_rng(3)
    return rng.uniform((-0.08, -0.08, 0.35), (0.08, 0.08, 0.45), (FRAMES, 16, 3))


@pytest.mark.parametrize('frames', [1, 2, 5, 6])
def test_the_frames_are_those_of_a_sorted_list(frames: int) -> None:
    errors_m = np.random.default_rng(frames).uniform(size=(frames, 16))
    by_error = sorted(range(frames), key=lambda i: float(np.mean(errors_m[i])))
    expected = (by_error[0], by_error[(frames - 1) // 2], by_error[-1])
    assert tuple(ranked_frames(errors_m).values()) == expected
    assert doctest.testmod(module).failed == 0


def test_the_right_frames_are_drawn_with_their_depth() -> None:
    true_m = true_joints_m()
    shifts_m = np.array([0.03, 0.0, 0.09, 0.01, 0.02])[:, None, None] * (1.0, 0.0, 0.0)
    asked: list[int] = []

    def depth_of(frame: int) -> Any:
        asked.append(frame)
        return np.full((240, 320), 0.4, np.float32)

    predicted = {'a': true_m + shifts_m, 'b': true_m - shifts_m[::-1]}
    bare, full = pose_sheet(ICVL, true_m, predicted), pose_sheet(ICVL, true_m, predicted, depth_of)
    assert asked == [1, 4, 2, 3, 0, 2]  # of each: best, median, worst
    assert bare.shape == full.shape
    assert full.mean() > bare.mean() + 50.0
    assert bare.std() > 5.0


def first_pair(sheet: np.ndarray) -> list[np.ndarray]:
    """Return the two tiles of the upper left corner without their words."""
    pair = sheet[36:226, 6:446]  # a gap of 6, tiles of 220, words in the upper 30
    return np.split(pair, 2, axis=1)


def test_truth_stands_left_and_prediction_right() -> None:
    true_m = true_joints_m()
    left, right = first_pair(pose_sheet(ICVL, true_m, {'same': true_m}))
    assert np.array_equal(left, right)
    moved_m = true_m + np.array([0.02, 0.0, 0.0])
    left_again, moved = first_pair(pose_sheet(ICVL, true_m, {'same': moved_m}))
    assert np.array_equal(left_again, left)
    assert not np.array_equal(moved, right)
