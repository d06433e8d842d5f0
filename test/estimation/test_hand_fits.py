# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The estimator with EstimatorConfig(fit=...) on a rendered stream of one hand."""

from dataclasses import replace

from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.kinematics.anatomy import HIGHEST_RAD, LOWEST_RAD
from dense_hand_pose.kinematics.hand_fitter import Estimate, fit_once, FitConfig
from dense_hand_pose.kinematics.shape_track import ShapeConfig
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.hand_stream import GestureSequence
import numpy as np
import pytest

FRAMES, RATE_HZ = 24, 30
QUICK = FitConfig(shape=ShapeConfig(hold_after_s=0.4))


@pytest.fixture(scope='module')
def estimator() -> HandPoseEstimator:
    return HandPoseEstimator.load(threads=1)


def stream(estimator: HandPoseEstimator, config: FitConfig | None, side: str) -> list[HandPose]:
    estimator.config = replace(EstimatorConfig(), fit=config)
    estimator.reset()
    sequence = GestureSequence(5, side)  # type: ignore[arg-type]
    hands = []
    for i in range(FRAMES):
        frame = sequence.frame(i / RATE_HZ)
        pose = estimator.estimate(
            frame.depth_mm, frame.intrinsics, unit_m=0.001, stamp_s=i / RATE_HZ
        )
        assert pose is not None
        hands.append(pose)
    return hands


@pytest.mark.parametrize('side', ['right', 'left'])
def test_a_tracked_hand_has_constant_bones_and_raw_joints_stay(
    estimator: HandPoseEstimator, side: str
) -> None:
    raw, fitted = (stream(estimator, config, side) for config in (None, QUICK))
    parents, children = np.array(HAND_21.bones).T
    for before, after in zip(raw, fitted, strict=True):
        np.testing.assert_array_equal(after.raw_joints, before.joints)
        np.testing.assert_array_equal(before.raw_joints, before.joints)
        assert before.palm is before.angles is before.bone_lengths_m is before.fit is None
        assert after.fit is not None
        np.testing.assert_allclose(after.joints, after.fit.joints, atol=1e-6)
        assert after.angles is not None
        assert ((after.angles >= LOWEST_RAD) & (after.angles <= HIGHEST_RAD)).all()
        # The fit corrects joints by millimetres, not the hand by more.
        assert np.linalg.norm(after.joints - before.joints, axis=1).mean() < 0.015
    held = [hand for hand in fitted if hand.fit is not None and hand.fit.held]
    assert len(held) > 5
    assert held[-1].fit is not None
    assert held[-1].fit.side == held[-1].side == side
    lengths = np.stack([h.joints[children] - h.joints[parents] for h in held])
    variation = np.linalg.norm(lengths, axis=2).std(axis=0)
    firm = np.isin(children, [13, 17], invert=True)  # these knuckles fold
    assert variation[firm].max() < 1e-6
    raw_lengths = np.stack([h.raw_joints[children] - h.raw_joints[parents] for h in held])
    assert np.linalg.norm(raw_lengths, axis=2).std(axis=0).mean() > 1e-4


def test_a_given_centre_is_fitted_without_a_past(estimator: HandPoseEstimator) -> None:
    frame = GestureSequence(6).frame(0.0)
    estimator.config = EstimatorConfig(fit=FitConfig())
    pose = estimator.estimate(
        frame.depth_mm, frame.intrinsics, frame.joints_m.mean(axis=0), unit_m=0.001
    )
    assert pose is not None
    assert pose.fit is not None
    assert not pose.fit.held
    one = Estimate(pose.raw_joints, pose.confidence, pose.spread, pose.fit.side)
    np.testing.assert_allclose(pose.fit.joints, fit_once([one])[0].joints, atol=1e-9)
    assert pose.palm is not None
    np.testing.assert_allclose(pose.palm[:3, 3], pose.fit.palm_position)


def test_another_configuration_forgets_the_shape(estimator: HandPoseEstimator) -> None:
    stream(estimator, QUICK, 'right')
    frame = GestureSequence(5).frame(FRAMES / RATE_HZ)
    estimator.config = replace(EstimatorConfig(), fit=FitConfig())
    pose = estimator.estimate(
        frame.depth_mm, frame.intrinsics, unit_m=0.001, stamp_s=FRAMES / RATE_HZ
    )
    assert pose is not None
    assert pose.fit is not None
    assert not pose.fit.held
