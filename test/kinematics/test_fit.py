# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The fit: round trips, SciPy's optimum of the same objective, symmetries, and any input."""

from dense_hand_pose.kinematics.anatomy import HIGHEST_RAD, LOWEST_RAD, read_arrays
from dense_hand_pose.kinematics.fit import fit_hands, HandFit, Shapes
from dense_hand_pose.kinematics.skeleton import HandSkeleton
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation
from support.random_hands import random_hand, TrueHand

FloatArray = npt.NDArray[np.float64]
SEEDS = st.integers(0, 2**32 - 1)
EXACT = np.full((1, 21), 1e-4)
PRIOR = read_arrays()
FREEDOM, LIMIT_SD_RAD = 4.0, np.radians(1.0)


def fit(hand: TrueHand, sigma: FloatArray = EXACT, **more: object) -> HandFit:
    return fit_hands(hand.joints_m[None], sigma, hand.shape_m[None], **more)  # type: ignore


@given(SEEDS)
@settings(max_examples=50)
def test_exact_joints_give_the_hand_back(seed: int) -> None:
    hand = random_hand(seed, reach=0.8)
    found = fit(hand, iterations=12)
    np.testing.assert_allclose(found.joints_m[0], hand.joints_m, atol=2e-4)
    away = Rotation.from_matrix(found.turn[0].T @ hand.turn).magnitude()
    assert np.degrees(away) < 0.5
    # The thumb's pronation hardly shows where its hinges are straight.
    others = np.delete(np.arange(21), [0, 1, 2])
    assert np.degrees(abs(found.angles_rad[0] - hand.angles_rad)[others]).max() < 3.0


def test_the_shape_is_found_too() -> None:
    hand = random_hand(5, reach=0.5, size=1.08)
    found = fit_hands(hand.joints_m[None], EXACT, iterations=12)
    np.testing.assert_allclose(found.joints_m[0], hand.joints_m, atol=1e-3)
    np.testing.assert_allclose(found.shape_m[0, 15:], hand.shape_m[15:], rtol=0.04)


def _objective(x: FloatArray, hand: TrueHand, joints: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return residuals whose squares add up to what the fit minimises, written apart from it."""
    skeleton, angles = HandSkeleton.load(), x[6:]
    local = skeleton.joints(angles[None], hand.shape_m[None])[0]
    placed = Rotation.from_rotvec(x[:3]).apply(local) + x[3:6]
    squared = (((joints - placed) / sigma[:, None]) ** 2).sum(axis=1)
    student = np.sqrt((FREEDOM + 3.0) * np.log1p(squared / FREEDOM))
    root = np.linalg.cholesky(PRIOR['angle_information']).T
    over = angles - np.clip(angles, LOWEST_RAD, HIGHEST_RAD)
    return np.concatenate([student, root @ (angles - PRIOR['angle_rad']), over / LIMIT_SD_RAD])


def test_the_optimum_is_that_of_scipy() -> None:
    rng = np.random.default_rng(8)
    for seed in range(12):
        hand = random_hand(seed, reach=0.6)
        sigma = rng.uniform(0.003, 0.03, 21)
        joints = hand.joints_m + sigma[:, None] * rng.normal(size=(21, 3))
        found = fit_hands(joints[None], sigma[None], hand.shape_m[None], iterations=40)
        pose = np.concatenate([
            Rotation.from_matrix(found.turn[0]).as_rotvec(), found.wrist_m[0], found.angles_rad[0]
        ])  # fmt: skip
        best = least_squares(_objective, pose, args=(hand, joints, sigma), xtol=1e-12, ftol=1e-12)
        cost = 0.5 * (_objective(pose, hand, joints, sigma) ** 2).sum()
        # Angles are clipped to their limits at the end, which the soft limits nearly do.
        assert cost <= best.cost * 1.02 + 0.02
        assert abs(found.angles_rad[0] - best.x[6:]).max() < np.radians(2.0)


def test_few_iterations_are_near_the_optimum() -> None:
    rng = np.random.default_rng(9)
    hands = [random_hand(seed, reach=0.7) for seed in range(100)]
    sigma = rng.uniform(0.003, 0.02, (100, 21))
    joints = np.stack([hand.joints_m for hand in hands])
    joints += sigma[..., None] * rng.normal(size=joints.shape)
    few, many = (fit_hands(joints, sigma, iterations=n).joints_m for n in (3, 30))
    away = np.linalg.norm(few - many, axis=2)
    assert np.median(away) < 0.001
    assert away.mean() < 0.002


def test_a_start_in_the_frame_before_leads_to_the_same_hand() -> None:
    rng = np.random.default_rng(13)
    hands = [random_hand(seed, reach=0.6) for seed in range(100)]
    sigma = rng.uniform(0.003, 0.01, (100, 21))
    now = np.stack([hand.joints_m for hand in hands])
    now += sigma[..., None] * rng.normal(size=now.shape)
    turn = Rotation.from_rotvec([0.05, -0.03, 0.06]).as_matrix()
    middle = now.mean(axis=1, keepdims=True)
    before = (now - middle) @ turn.T + middle + [0.01, -0.02, 0.015]
    before += 0.001 * rng.normal(size=now.shape)
    start = fit_hands(before, sigma)
    warm, many = fit_hands(now, sigma, start=start), fit_hands(now, sigma, iterations=30)
    away = np.linalg.norm(warm.joints_m - many.joints_m, axis=2)
    assert np.median(away) < 0.001
    assert away.mean() < 0.002


def test_a_start_at_another_pose_is_dropped() -> None:
    hand, other = random_hand(14, reach=0.7), random_hand(15, reach=0.7)
    sigma = np.full((1, 21), 0.005)
    cold = fit_hands(hand.joints_m[None], sigma)
    warm = fit_hands(hand.joints_m[None], sigma, start=fit_hands(other.joints_m[None], sigma))
    np.testing.assert_array_equal(warm.joints_m, cold.joints_m)


@given(SEEDS)
@settings(max_examples=30)
def test_a_moved_hand_is_the_same_hand(seed: int) -> None:
    hand, rng = random_hand(seed, reach=0.7), np.random.default_rng(seed)
    noisy = hand.joints_m + 0.004 * rng.normal(size=(21, 3))
    sigma = rng.uniform(0.003, 0.01, (1, 21))
    turn, shift = Rotation.random(random_state=rng).as_matrix(), rng.normal(size=3)
    there = fit_hands((noisy @ turn.T + shift)[None], sigma)
    here = fit_hands(noisy[None], sigma)
    np.testing.assert_allclose(there.angles_rad, here.angles_rad, atol=1e-6)
    np.testing.assert_allclose(there.joints_m[0], here.joints_m[0] @ turn.T + shift, atol=1e-7)


def test_noise_is_taken_away() -> None:
    rng = np.random.default_rng(10)
    hands = [random_hand(seed, reach=0.6) for seed in range(200)]
    true = np.stack([hand.joints_m for hand in hands])
    sigma = np.full((200, 21), 0.006)
    sigma[:, [8, 12]] = 0.03  # two hidden fingertips
    joints = true + sigma[..., None] * rng.normal(size=true.shape)
    found = fit_hands(joints, sigma).joints_m
    before, after = (np.linalg.norm(j - true, axis=2) for j in (joints, found))
    assert after.mean() < 0.85 * before.mean()
    assert after[:, [8, 12]].mean() < 0.4 * before[:, [8, 12]].mean()


def _any_joints(rng: np.random.Generator, count: int) -> FloatArray:
    """Return joints (N, 21, 3) of all kinds of nonsense, a kind for each hand."""
    scale = 10.0 ** rng.uniform(-12, 12, (count, 1, 1))
    joints = rng.normal(size=(count, 21, 3)) * scale + rng.normal(size=(count, 1, 3))
    kind = rng.integers(0, 8, count)
    joints[kind == 0] = joints[kind == 0][:, :1]  # one point
    line = rng.normal(size=(count, 1, 3)) * np.arange(21)[:, None]
    joints[kind == 1] = line[kind == 1]
    joints[kind == 2, :, 2] = 0.5  # a plane
    joints[kind == 3] = 0.0
    for bad in (np.nan, np.inf, -np.inf):
        joints[(rng.random(joints.shape) < 0.1) & (kind == 4)[:, None, None]] = bad
    joints[kind == 5] = np.nan
    return joints


def test_any_input_gives_a_hand() -> None:
    rng = np.random.default_rng(11)
    with np.errstate(over='ignore', invalid='ignore'):
        joints = _any_joints(rng, 10_000)
        sigma = 10.0 ** rng.uniform(-6, 3, (10_000, 21))
        sigma[rng.random(sigma.shape) < 0.02] = np.nan
    for part in np.split(np.arange(10_000), 10):
        found = fit_hands(joints[part], sigma[part])
        for values in found[:5]:
            assert np.isfinite(values).all()
        assert (found.angles_rad >= LOWEST_RAD).all()
        assert (found.angles_rad <= HIGHEST_RAD).all()
        unit = found.turn @ found.turn.transpose(0, 2, 1)
        np.testing.assert_allclose(unit, np.broadcast_to(np.eye(3), unit.shape), atol=1e-6)
        assert found.seen is not None
        assert np.isfinite(found.seen.information).all()
        # The next frame, after whatever nonsense this one was.
        following = fit_hands(np.roll(joints[part], 1, axis=0), sigma[part], start=found)
        assert all(np.isfinite(values).all() for values in following[:6])


def test_what_joints_tell_of_a_shape_is_what_a_fit_without_prior_finds() -> None:
    hand = random_hand(12, reach=0.5, size=1.05)
    sigma = np.full((1, 21), 0.001)
    mean = Shapes.unknown()
    first = fit_hands(hand.joints_m[None], sigma, mean, iterations=10)
    assert first.seen is not None
    weak = Shapes(mean.amounts, 1e-6 * mean.information)
    free = fit_hands(hand.joints_m[None], sigma, weak, iterations=10)
    assert free.seen is not None
    told = first.seen.information @ first.seen.amounts[..., None]
    told += mean.information @ (first.seen.amounts - mean.amounts)[..., None]
    alone = np.linalg.solve(first.seen.information, told)[..., 0]
    # Amounts are standard deviations; all but the weakest agree well.
    np.testing.assert_allclose(alone, free.seen.amounts, atol=0.25)
