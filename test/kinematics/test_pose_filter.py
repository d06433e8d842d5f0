# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The filter on palm pose and angles, against the one on points and closed forms."""

from dense_hand_pose.kinematics.pose_filter import PalmState, PoseFilter, PoseFilterConfig
from dense_hand_pose.tracking.smoothing import OneEuroFilter, SmoothingConfig
import numpy as np
import numpy.typing as npt
import pytest
from scipy.spatial.transform import Rotation

FloatArray = npt.NDArray[np.float64]


def state(
    place: FloatArray | None = None,
    vector: FloatArray | None = None,
    angles: FloatArray | None = None,
) -> PalmState:
    zero = np.zeros(3)
    turn = Rotation.from_rotvec(zero if vector is None else vector).as_matrix()
    return PalmState(
        turn, zero if place is None else place, np.zeros(21) if angles is None else angles
    )


def test_a_place_is_filtered_as_a_point_is() -> None:
    rng = np.random.default_rng(0)
    places = np.cumsum(0.01 * rng.normal(size=(60, 3)), axis=0)
    config = PoseFilterConfig(min_cutoff_hz=1.5, beta_m=20.0)
    ours, points = PoseFilter(config), OneEuroFilter(SmoothingConfig(min_cutoff_hz=1.5, beta=20.0))
    for i, place in enumerate(places):
        expected = points(place[None], i / 30)[0]
        np.testing.assert_allclose(ours(state(place), i / 30).place_m, expected, atol=1e-6)


def test_a_turn_about_one_axis_is_filtered_as_an_angle_is() -> None:
    rng = np.random.default_rng(1)
    values = np.cumsum(0.1 * rng.normal(size=60))
    smooth = PoseFilter()
    axis = np.array([2.0, -1.0, 2.0]) / 3.0
    for i, value in enumerate(values):
        angles = np.zeros(21)
        angles[4] = value
        out = smooth(state(vector=value * axis, angles=angles), i / 30)
        about = Rotation.from_rotvec(out.angles_rad[4] * axis)
        assert (Rotation.from_matrix(out.turn).inv() * about).magnitude() < 1e-6
        np.testing.assert_allclose(out.turn @ out.turn.T, np.eye(3), atol=1e-12)


@pytest.mark.parametrize('gap_s', [0.0, -1.0, 0.6, float('nan')])
def test_it_restarts(gap_s: float) -> None:
    smooth, far = PoseFilter(), state(np.ones(3), np.array([1.0, 0.0, 0.0]), np.ones(21))
    smooth(state(), 1.0)
    assert smooth(far, 1.0 + gap_s) is far
    smooth.reset()
    assert smooth(state(), 1.7).place_m[0] == 0.0


def test_noise_at_rest_is_taken_away_and_steady_motion_hardly_lags() -> None:
    rng, smooth, still = np.random.default_rng(2), PoseFilter(), []
    for i in range(300):
        still.append(smooth(state(0.001 * rng.normal(size=3)), i / 30).place_m)
    assert np.std(still[30:]) < 0.0005
    smooth = PoseFilter()
    for i in range(60):
        out = smooth(state(np.array([0.5 * i / 30, 0.0, 0.0])), i / 30)
    assert 0.0 < (0.5 * 59 / 30 - out.place_m[0]) / 0.5 * 30 < 0.5  # frames


@pytest.mark.parametrize(
    'bad', [{'min_cutoff_hz': 0.0}, {'beta_m': -1.0}, {'beta_rad': float('nan')}, {'max_gap_s': 0}]
)
def test_ranges(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        PoseFilterConfig(**bad)
