# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The test on whole scenes: what is rendered, what is kept, and the figures of known answers."""

from dataclasses import replace
import math

from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator
from dense_hand_pose.evaluation.scenes import detection as module
from dense_hand_pose.evaluation.scenes.detection import (
    estimate_scenes,
    FoundHand,
    hands_asked,
    render_scene,
    SceneAnswer,
    TrueHand,
)
from dense_hand_pose.evaluation.scenes.report import worst_scenes, worst_sheet
from dense_hand_pose.evaluation.scenes.summary import (
    hands_of,
    recall_curve,
    summarise_scenes,
    threshold_curve,
    THRESHOLDS,
)
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
from dense_hand_pose.synthesis.seeds import TEST_SCENES
import numpy as np
import pytest
from support.tiny import always_hand_network

CONFIG = EstimatorConfig(min_confidence=0.3, min_score=0.2, min_new_score=0.4, max_hands=2)
CENTER_M = np.array([0.0, 0.0, 0.6])
SHAPE_M = 0.05 * np.random.default_rng(0).standard_normal((21, 3))
SHAPE_M -= SHAPE_M.mean(axis=0)


def true_hand(shift_m: tuple[float, float, float] = (0.0, 0.0, 0.0), **kwargs: bool) -> TrueHand:
    return TrueHand(SHAPE_M + CENTER_M + shift_m, 'right', kwargs.get('present', True))


def found_hand(
    shift_m: tuple[float, float, float] = (0.0, 0.0, 0.0), score: float = 0.9, side: str = 'right'
) -> FoundHand:
    joints = SHAPE_M + CENTER_M + shift_m
    return FoundHand(joints, joints.mean(axis=0), score, 0.8, side, score)


def answer(
    index: int, hands: list[TrueHand], found: list[FoundHand], off_mm: float = 0.0
) -> SceneAnswer:
    """Return an answer; with the true centre every joint is off_mm away."""
    at_truth = [
        found_hand(tuple(hand.center_m - CENTER_M + [0.0, 0.0, off_mm / 1000.0]))
        if hand.present
        else None
        for hand in hands
    ]
    return SceneAnswer(
        index, len(hands), 'sr300', tuple(hands), tuple(found), tuple(at_truth), CONFIG
    )


def test_no_scene_shares_its_randomness_with_a_crop() -> None:
    # NumPy cuts a seed into words of 32 bits and fills up with zeros, so that these are one seed;
    # the last word of the test's own keeps it apart from any seed with the number of a crop.
    alike = [[TEST_SCENES[5]], [5, TEST_SCENES.start >> 32], [TEST_SCENES[5], 0]]
    states = {tuple(np.random.SeedSequence(seed).generate_state(4).tolist()) for seed in alike}
    assert len(states) == 1
    own = np.random.SeedSequence([TEST_SCENES[5], module._STREAM]).generate_state(4).tolist()
    assert tuple(own) not in states


def test_the_test_has_scenes_of_each_number_of_hands_in_proportion() -> None:
    asked = [hands_asked(i) for i in range(1800)]
    assert [asked.count(n) for n in (1, 0, 2)] == [1000, 500, 300]
    assert {hands_asked(i) for i in range(6)} == {0, 1, 2}


def test_scenes_hold_what_was_asked_for_and_come_back() -> None:
    for index in range(6):
        scene = render_scene(index)
        assert len(scene.hands) == hands_asked(index)
        assert all(hand.present and hand.side in ('left', 'right') for hand in scene.hands)
        assert scene.depth_m.dtype == np.float32 and (scene.depth_m > 0.0).mean() > 0.02
    again = render_scene(4)
    assert np.array_equal(render_scene(4).depth_m, again.depth_m)
    with pytest.raises(ValueError, match='index = -1'):
        render_scene(-1)


def test_answers_are_those_of_the_estimator() -> None:
    estimator = HandPoseEstimator(TorchBackend(always_hand_network(), 'cpu'))
    answers = estimate_scenes(estimator, 4)
    assert estimator.config == EstimatorConfig()
    scores = sorted(found.score for one in answers for found in one.found)
    least = scores[len(scores) // 2]
    gate = replace(EstimatorConfig(), min_score=least, min_new_score=least, min_confidence=0.0)
    gate = replace(gate, max_hands=2)
    estimator.config = gate
    for index, one in enumerate(answers):
        scene = render_scene(index)
        estimator.reset()
        poses = estimator.estimate_hands(scene.depth_m, scene.intrinsics)
        kept = replace(one, config=gate).reported
        assert len(kept) == len(poses)
        for pose in poses:
            assert any(np.array_equal(pose.joints.astype(np.float64), f.joints_m) for f in kept)
        for hand, own in zip(one.hands, one.at_truth, strict=True):
            if own is not None:
                assert own.cube_m == pytest.approx(hand.center_m, abs=1e-6)


def test_figures_of_known_answers() -> None:
    answers = [
        answer(0, [true_hand()], [found_hand((0.0, 0.0, 0.01))], off_mm=4.0),
        answer(1, [true_hand()], [found_hand((0.0, 0.0, 0.06))]),  # 60 mm off: missed and false
        answer(2, [], []),
        answer(3, [], [found_hand(score=0.5)]),
        answer(4, [true_hand(), true_hand((0.3, 0, 0))], [found_hand(), found_hand((0.3, 0, 0))]),
        answer(5, [true_hand(), true_hand((0.3, 0, 0))], [found_hand(side='left')]),
    ]
    figures = summarise_scenes(answers)
    assert figures['one_hand'] == {'hands': 2, 'recall': 0.5, 'recall_of_the_best': 0.5}
    assert figures['two_hands'] == {'hands': 4, 'recall': 0.75, 'scenes': 2, 'both_found': 0.5}
    assert figures['no_hand'] == {'scenes': 2, 'false_positive_share': 0.5}
    assert figures['false_positives_per_scene'] == pytest.approx(2 / 6)
    whole = figures['all_hands']
    assert (whole['hands'], whole['recall']) == (6, pytest.approx(4 / 6))
    assert whole['mean_joint_error_mm'] == pytest.approx(10.0 / 4)
    assert whole['at_true_center_mm'] == pytest.approx(4.0 / 4)
    assert whole['at_true_center_all_mm'] == pytest.approx(4.0 / 6)
    assert whole['detection_costs_mm'] == pytest.approx(1.5)
    assert whole['center_error_mm'] == whole['cube_error_mm'] == pytest.approx(2.5)
    assert whole['side_right'] == pytest.approx(0.75)
    assert figures['per_distance_m'].keys() == {'0.50-0.75'}
    assert figures['recall_under_mm']['100'] == pytest.approx(5 / 6)


def test_thresholds_move_from_all_to_nothing() -> None:
    answers = [
        answer(0, [true_hand()], [found_hand(score=0.7)]),
        answer(1, [], [found_hand(score=0.5)]),
    ]
    curve = threshold_curve(answers)
    recall = dict(zip(curve['min_score'], curve['recall'], strict=True))
    false = dict(zip(curve['min_score'], curve['false_positive_share'], strict=True))
    assert (recall[0.0], recall[0.7], recall[0.72]) == (1.0, 1.0, 0.0)
    assert (false[0.0], false[0.5], false[0.52]) == (1.0, 1.0, 0.0)
    assert curve['recall'] == sorted(curve['recall'], reverse=True)
    assert len(THRESHOLDS) == 51 and THRESHOLDS[-1] == 1.0


def test_a_hand_that_need_not_be_found_is_let_be() -> None:
    hidden = answer(0, [true_hand(present=False)], [found_hand((0.0, 0.0, 0.06))])
    assert hands_of([hidden]) == []
    figures = summarise_scenes([hidden])
    assert figures['false_positives_per_scene'] == 0.0
    assert math.isnan(figures['one_hand']['recall'])
    assert math.isnan(recall_curve([])['40'])


def test_the_worst_scenes_come_first() -> None:
    answers = [
        answer(0, [true_hand()], [found_hand((0.0, 0.0, 0.01))]),
        answer(1, [true_hand()], []),
        answer(2, [], [found_hand(score=0.5)]),
        answer(3, [], [found_hand(score=0.8)]),
        answer(4, [true_hand()], [found_hand((0.0, 0.0, 0.03))]),
    ]
    assert [a.index for a in worst_scenes(answers)] == [3, 2, 1, 4, 0]
    assert worst_sheet(answers[:2]).shape[1] > 2 * 400
