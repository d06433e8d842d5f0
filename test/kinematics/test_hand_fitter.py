# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A hand over time: its bones are found, then held; left and right; the errors' scales."""

from dense_hand_pose.kinematics.anatomy import HIGHEST_RAD, LOWEST_RAD
from dense_hand_pose.kinematics.fitted_hand import LEFT, MIRROR, RIGHT
from dense_hand_pose.kinematics.hand_fitter import Estimate, fit_once, FitConfig, HandFitter
from dense_hand_pose.kinematics.noise import joint_sigma_m
from dense_hand_pose.kinematics.pose_filter import PoseFilterConfig
from dense_hand_pose.synthesis.hand.model import HandModel
import numpy as np
import numpy.typing as npt
import pytest
from support.random_hands import random_hand, shape_of

FloatArray = npt.NDArray[np.float64]
CONFIDENCE, SPREAD = np.full(21, 0.8), np.full(21, 0.005)


def stream(size: float, side: str, frames: int, noise_m: float = 0.004) -> list[Estimate]:
    """Return a hand that moves its fingers, with noise."""
    model, rng = HandModel.load('soma'), np.random.default_rng(4)
    scale, hand = np.full((21, 3), size), random_hand(6)
    out = []
    for i in range(frames):
        angles = LOWEST_RAD + (HIGHEST_RAD - LOWEST_RAD) * (0.4 + 0.2 * np.sin(0.1 * i))
        local = model.joints(np.concatenate([[0.0, 0.0], np.degrees(angles)]), scale)
        joints = local @ hand.turn.T + hand.wrist_m + noise_m * rng.normal(size=(21, 3))
        if side == LEFT:
            joints = joints * MIRROR
        out.append(Estimate(joints.astype(np.float32), CONFIDENCE, SPREAD, side))
    return out


@pytest.mark.parametrize('side', [RIGHT, LEFT])
@pytest.mark.parametrize('size', [0.88, 1.12])
def test_bones_are_found_and_held(size: float, side: str) -> None:
    fitter = HandFitter()
    hands = [fitter(one, i / 30) for i, one in enumerate(stream(size, side, 120))]
    held = [hand for hand in hands if hand.held]
    assert 40 <= len(held) <= 50
    true = shape_of(HandModel.load('soma').joints(np.zeros(23), np.full((21, 3), size)))
    error = held[-1].shape_m[15:] / true[15:] - 1.0
    assert abs(error).mean() < 0.03
    assert abs(error).max() < 0.06
    for hand in held:
        np.testing.assert_array_equal(hand.bone_lengths_m, held[0].bone_lengths_m)
        bone = np.linalg.norm(hand.joints[8] - hand.joints[7])
        np.testing.assert_allclose(bone, held[0].bone_lengths_m[7], atol=1e-9)


def test_uncertain_frames_tell_nothing_of_the_shape() -> None:
    fitter = HandFitter()
    for i, one in enumerate(stream(1.1, RIGHT, 120)):
        hand = fitter(one._replace(confidence=np.full(21, 0.3)), i / 30)
    assert not hand.held


def test_a_left_hand_is_the_mirror_image_of_a_right_one() -> None:
    right, left = HandFitter(), HandFitter()
    for one, other in zip(stream(1.0, RIGHT, 5), stream(1.0, LEFT, 5), strict=True):
        a, b = right(one), left(other)
        np.testing.assert_allclose(a.joints * MIRROR, b.joints, atol=1e-6)
        np.testing.assert_allclose(a.angles, b.angles, atol=1e-5)


def test_the_filter_keeps_the_bones_and_stills_the_hand() -> None:
    config = FitConfig(smoothing=PoseFilterConfig())
    rng, hand = np.random.default_rng(5), random_hand(7, reach=0.5)
    plain, smooth = HandFitter(), HandFitter(config)
    places: list[list[FloatArray]] = [[], []]
    for i in range(120):
        noisy = hand.joints_m + 0.003 * rng.normal(size=(21, 3))
        one = Estimate(noisy, CONFIDENCE, SPREAD, RIGHT)
        a, b = plain(one, i / 30), smooth(one, i / 30)
        np.testing.assert_allclose(a.bone_lengths_m, b.bone_lengths_m, atol=1e-12)
        if i > 90:
            places[0].append(a.joints)
            places[1].append(b.joints)
    before, after = (np.std(p, axis=0).mean() for p in places)
    assert after < 0.6 * before
    error = np.linalg.norm(np.mean(places[1], axis=0) - hand.joints_m, axis=1)
    assert error.mean() < 0.004


def test_without_time_the_hands_are_those_of_a_fit_alone() -> None:
    one, other = stream(1.0, RIGHT, 2)
    together = fit_once([one, other])
    alone = [fit_once([one])[0], HandFitter()(other)]
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_allclose(a.joints, b.joints, atol=1e-9)
    assert fit_once([]) == []


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, 1e30])
def test_nonsense_passes_and_is_forgotten(bad: float) -> None:
    frames, fitter, clean = stream(1.0, RIGHT, 60), HandFitter(), HandFitter()
    for i, one in enumerate(frames):
        if i == 20:
            nothing = np.full((21, 3), bad)
            hand = fitter(Estimate(nothing, np.full(21, bad), np.full(21, bad), RIGHT), i / 30)
            assert np.isfinite(hand.joints).all()
            continue
        hand, expected = fitter(one, i / 30), clean(one, i / 30)
    np.testing.assert_allclose(hand.joints, expected.joints, atol=0.001)


def test_less_confidence_and_more_spread_mean_larger_errors() -> None:
    # Pairs as they come: uncertain joints have votes that disagree.
    pairs = [(0.95, 0.0035), (0.8, 0.0045), (0.65, 0.008), (0.45, 0.017), (0.2, 0.07)]
    sigma = np.stack([joint_sigma_m(np.full((1, 21), c), np.full((1, 21), s)) for c, s in pairs])
    assert (np.diff(sigma, axis=0) > 0.0).all()
    assert 0.001 < sigma[0].mean() < 0.004
    assert sigma[-1].mean() > 0.03
    wider = joint_sigma_m(np.full((1, 21), 0.5), np.full((1, 21), 0.03))
    assert (wider > joint_sigma_m(np.full((1, 21), 0.5), np.full((1, 21), 0.01))).all()


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, -5.0, 1e30])
def test_scales_of_nonsense_are_finite(bad: float) -> None:
    sigma = joint_sigma_m(np.full((1, 21), bad), np.full((1, 21), bad))
    assert np.isfinite(sigma).all()
    assert 0.001 <= sigma.min() <= sigma.max() <= 0.1
