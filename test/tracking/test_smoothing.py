# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The One-Euro filter against the paper's algorithm, one joint and one step at a time."""

import math

from dense_hand_pose.tracking.smoothing import OneEuroFilter, SmoothingConfig
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest


def by_the_paper(
    path: list[tuple[float, float, float]], times_s: list[float], min_cutoff: float, beta: float
) -> list[list[float]]:
    """Filter one joint as Casiez et al., Algorithms 1 and 2, say, its speed that in space."""

    def alpha(rate: float, cutoff: float) -> float:
        tau = 1.0 / (2.0 * math.pi * cutoff)
        return 1.0 / (1.0 + tau / (1.0 / rate))

    hat = list(path[0])
    hat_dx = [0.0, 0.0, 0.0]
    out = [hat]
    for k in range(1, len(path)):
        rate = 1.0 / (times_s[k] - times_s[k - 1])
        dx = [(x - x_before) * rate for x, x_before in zip(path[k], hat, strict=True)]
        a = alpha(rate, 1.0)
        hat_dx = [a * d + (1.0 - a) * d_before for d, d_before in zip(dx, hat_dx, strict=True)]
        a = alpha(rate, min_cutoff + beta * math.sqrt(sum(d * d for d in hat_dx)))
        hat = [a * x + (1.0 - a) * x_before for x, x_before in zip(path[k], hat, strict=True)]
        out.append(hat)
    return out


GAPS_S = st.lists(st.floats(0.002, 0.4), min_size=1, max_size=30)


@given(GAPS_S, st.floats(0.05, 20.0), st.floats(0.0, 100.0), st.integers(0, 99))
def test_it_is_the_papers_algorithm(
    gaps_s: list[float], min_cutoff: float, beta: float, seed: int
) -> None:
    times_s = np.cumsum([1000.0, *gaps_s]).tolist()
    rng = np.random.default_rng(seed)
    frames = np.cumsum(rng.normal(0.0, 0.02, (len(times_s), 21, 3)), axis=0)
    smooth = OneEuroFilter(SmoothingConfig(min_cutoff_hz=min_cutoff, beta=beta))
    out = np.array([smooth(f, t) for f, t in zip(frames, times_s, strict=True)])
    for joint in (0, 8, 20):
        path = [tuple(point) for point in frames[:, joint].tolist()]
        expected = by_the_paper(path, times_s, min_cutoff, beta)
        np.testing.assert_allclose(out[:, joint], expected, rtol=0.0, atol=1e-6)


def settled_after(seconds: float, rate_hz: float) -> float:
    """Return how far a joint has come, after a step of 5 cm, at a frame rate."""
    smooth = OneEuroFilter(SmoothingConfig(min_cutoff_hz=1.5, beta=0.0))
    smooth(np.zeros((1, 3)), 0.0)
    for frame in range(1, round(seconds * rate_hz) + 1):
        out = smooth(np.array([[0.05, 0.0, 0.0]]), frame / rate_hz)
    return float(out[0, 0])


def test_the_frame_rate_does_not_matter() -> None:
    exact = 0.05 * (1.0 - math.exp(-2.0 * math.pi * 1.5 * 0.2))
    for rate_hz in (60.0, 120.0, 400.0):
        assert settled_after(0.2, rate_hz) == pytest.approx(exact, rel=0.6 * 15.0 / rate_hz)
    assert settled_after(0.2, 30.0) == pytest.approx(settled_after(0.2, 60.0), rel=0.05)


def test_a_still_hand_trembles_less_and_a_fast_one_lags_little() -> None:
    rng = np.random.default_rng(7)
    noise = rng.normal(0.0, 0.003, (300, 21, 3))
    smooth = OneEuroFilter()
    still = np.array([smooth(frame, k / 30.0) for k, frame in enumerate(noise)])
    assert still[60:].std() < 0.5 * noise[60:].std()
    smooth.reset()
    speed_m_s = 1.0
    for k in range(45):
        truth = np.full((21, 3), (speed_m_s * k / 30.0, 0.0, 0.0))
        out = smooth(truth, k / 30.0)
    assert np.abs(out - truth).max() < speed_m_s / 30.0  # less than one frame's way behind


def test_rotating_the_camera_rotates_the_result() -> None:
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    frames = np.cumsum(np.random.default_rng(3).normal(0.0, 0.01, (40, 21, 3)), axis=0)
    one, other = OneEuroFilter(), OneEuroFilter()
    for k, frame in enumerate(frames):
        straight, turned = one(frame, k / 30.0), other(frame @ turn.T, k / 30.0)
    np.testing.assert_allclose(turned, straight @ turn.T, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize('next_s', [10.0, 9.0, 10.51])
def test_it_begins_anew_when_time_stands_goes_back_or_jumps(next_s: float) -> None:
    smooth = OneEuroFilter()
    smooth(np.zeros((21, 3)), 10.0)
    far = np.full((21, 3), 0.3)
    np.testing.assert_allclose(smooth(far, next_s), far, rtol=1e-6)


def test_reset_forgets() -> None:
    smooth = OneEuroFilter()
    smooth(np.zeros((21, 3)), 10.0)
    smooth.reset()
    np.testing.assert_allclose(smooth(np.ones((21, 3)), 10.03), 1.0)


@pytest.mark.parametrize(
    ('field', 'value'),
    [('min_cutoff_hz', 0.0), ('min_cutoff_hz', math.nan), ('beta', -1.0), ('max_gap_s', 0.0)],
)
def test_what_makes_no_filter_is_refused(field: str, value: float) -> None:
    with pytest.raises(ValueError, match=f'{field} = {value}'):
        SmoothingConfig(**{field: value})
