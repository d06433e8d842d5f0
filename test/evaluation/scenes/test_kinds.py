# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Rates by kind of scene, reliability, and sequences with an object beside counts by hand."""

import math

from dense_hand_pose.evaluation.metrics.calibration import CONFIDENT
from dense_hand_pose.evaluation.scenes.detection import FoundHand, SceneAnswer, TrueHand
from dense_hand_pose.evaluation.scenes.kinds import (
    GROUPS,
    kind_figures,
    render_kind,
    summarise_kinds,
    summarise_reliability,
)
from dense_hand_pose.evaluation.scenes.object_sequences import (
    follow_objects,
    FoundCounts,
    object_kind_of,
    ObjectAnswer,
    open_object_sequence,
    summarise_objects,
)
from dense_hand_pose.evaluation.scenes.sequences import SequencePart
from dense_hand_pose.synthesis.scenes.full_scene import SceneHand
from dense_hand_pose.synthesis.scenes.object_sequence import OBJECT_KINDS
from dense_hand_pose.synthesis.scenes.situations import SITUATIONS
import numpy as np
import pytest
from support.oracle import OracleScene

CONFIG = OracleScene().estimator.config


def true_hand(x: float, present: bool = True) -> TrueHand:
    return TrueHand(np.full((21, 3), [x, 0.0, 0.6]), 'right', present)


def found_hand(x: float, raw: float = 0.9, score: float = 0.8) -> FoundHand:
    joints = np.full((21, 3), [x, 0.0, 0.6])
    return FoundHand(joints, joints[0], score, CONFIDENT + 0.3, 'right', raw)


def answer(kind: str, hands: list[TrueHand], found: list[FoundHand]) -> SceneAnswer:
    nothing = tuple(None for _ in hands)
    return SceneAnswer(0, len(hands), 'camera', tuple(hands), tuple(found), nothing, CONFIG, kind)


def test_rates_are_those_of_a_count_by_hand() -> None:
    two = [true_hand(-0.2), true_hand(0.2)]
    figures = kind_figures([
        answer('two_apart', two, [found_hand(-0.2), found_hand(0.2)]),
        answer('two_apart', two, [found_hand(-0.2), found_hand(0.0)]),
        answer('two_apart', two, [found_hand(0.2, raw=0.5)]),
    ])  # fmt: skip
    assert figures == {
        'scenes': 3, 'hands': 6, 'recall': 3 / 6, 'all_found': 1 / 3, 'false_scenes': 1 / 3,
        'false_hands': 1,
    }  # fmt: skip
    assert math.isnan(kind_figures([])['recall'])


def test_groups_hold_all_kinds_once() -> None:
    named = [kind for kinds in GROUPS.values() for kind in kinds]
    assert sorted(named) == sorted(SITUATIONS)
    answers = [answer('table', [], [found_hand(0.0)]), answer('legs', [], [])]
    figures = summarise_kinds(answers)
    assert figures['per_group'] == {'empty': figures['per_group']['empty']}
    assert figures['per_group']['empty']['false_scenes'] == 0.5
    assert list(figures['per_kind']) == ['table', 'legs']


def test_reliability_counts_published_scores_and_leaves_unsettled_hands_out() -> None:
    answers = [
        answer('cut', [true_hand(0.0)], [found_hand(0.0, score=0.95)]),
        answer('cut', [true_hand(0.0, present=False)], [found_hand(0.0, score=0.95)]),
        answer('table', [], [found_hand(0.0, score=0.92)]),
        answer('table', [], [found_hand(0.0, raw=0.4, score=0.1)]),
    ]
    figures = summarise_reliability(answers)
    (only,) = figures['reported']['bins']
    assert (only['count'], only['right_share']) == (2, 0.5)
    assert only['mean_score'] == pytest.approx(0.935)
    assert figures['reported']['error'] == pytest.approx(0.435)
    assert figures['candidates']['hands'] == 3


def test_scenes_of_a_kind_come_back_and_differ() -> None:
    first, again, other = (render_kind('table', index) for index in (1, 1, 2))
    np.testing.assert_array_equal(first.depth_m, again.depth_m)
    assert not np.array_equal(first.depth_m, other.depth_m)
    with pytest.raises(ValueError, match='index = -1'):
        render_kind('table', -1)
    with pytest.raises(ValueError, match="name = 'kitchen'"):
        render_kind('kitchen', 0)


class _Pose:
    """A pose of which one number is asked."""

    def __init__(self, x: float) -> None:
        self.joints = np.full((21, 3), [x, 0.0, 0.6])


def scene_hand(x: float, visible: float = 1.0) -> SceneHand:
    return SceneHand(np.full((21, 3), [x, 0.0, 0.6]), 1, visible)


def test_frames_in_which_all_hands_are_found_are_counted() -> None:
    counts = FoundCounts()
    both = [scene_hand(-0.2), scene_hand(0.2)]
    for hands, poses in [
        (both, [_Pose(-0.2), _Pose(0.2)]),
        (both, [_Pose(-0.2)]),
        (both, [_Pose(-0.2), _Pose(0.0)]),
        ([scene_hand(0.0, 0.2)], []),
        ([scene_hand(0.0, 0.2)], [_Pose(0.0)]),
    ]:
        counts.add(hands, poses)  # type: ignore[arg-type]
    assert counts == FoundCounts(busy=3, complete=1, seen=6, missed=2, false=1)
    way = summarise_objects([ObjectAnswer(0, 'pick_up', 5, counts, counts)])['followed']
    assert way['complete_share'] == pytest.approx(1 / 3)
    assert way['recall'] == pytest.approx(4 / 6)
    assert way['false_per_2000_frames'] == 400


def test_sequences_are_followed_and_searched_with_one_estimator_s_networks() -> None:
    scene = OracleScene()
    parts: list[SequencePart] = []

    def progress(given: object) -> object:
        parts.extend(given)  # type: ignore[arg-type, call-overload]
        return parts

    answers = follow_objects(scene.estimator, 2, progress, 2)  # type: ignore[arg-type]
    assert [(a.kind, a.frames) for a in answers] == [('pick_up', 2), ('leave_object', 2)]
    assert parts == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert all(a.followed.seen == a.searched.seen for a in answers)
    assert scene.estimator.config is CONFIG or scene.estimator.config == CONFIG


def test_the_kinds_of_sequences_take_turns() -> None:
    assert [object_kind_of(i) for i in range(5)] == [*OBJECT_KINDS, next(iter(OBJECT_KINDS))]
    assert open_object_sequence(1).kind == 'leave_object'
