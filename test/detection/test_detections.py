# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From maps to hands, against maps whose hands are known."""

from collections.abc import Sequence

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.detection.detections import find_peaks
from dense_hand_pose.training.data.detector_scenes import hand_center
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
import pytest

STEP = 0.03


def ideal(hands: Sequence[tuple[float, float, float, float]]) -> npt.NDArray[np.float32]:
    """Return maps (5, 32, 48) of hands x, y, z, side: every pixel tells of the nearest."""
    rows, columns = np.mgrid[0:32, 0:48]
    away = np.stack([np.hypot(columns - x, rows - y) for x, y, _, _ in hands])
    owner = away.argmin(axis=0)
    x, y, z, side = (np.array(column)[owner] for column in zip(*hands, strict=True))
    score = np.exp(-0.5 * (away.min(axis=0) / 1.5) ** 2)
    return np.stack([score, x - columns, y - rows, z, side]).astype(np.float32)


@settings(max_examples=100, deadline=None)
@given(
    x=st.floats(0, 47), y=st.floats(0, 31), z=st.floats(0.2, 1.6), side=st.sampled_from([-1, 1])
)
def test_one_hand_is_found_where_it_is(x: float, y: float, z: float, side: int) -> None:
    (peak,) = find_peaks(ideal([(x, y, z, side)]), STEP, 0.5, 4)
    np.testing.assert_allclose([peak.x, peak.y, peak.z_m], [x, y, z], atol=1e-4)
    assert peak.side == side and 0.5 <= peak.score <= 1.0


@settings(max_examples=100, deadline=None)
@given(
    z=st.floats(0.25, 1.5), angle=st.floats(0, 6.28), gap_m=st.floats(0.09, 0.3), dz=st.booleans()
)
def test_two_hands_are_two_and_never_more(z: float, angle: float, gap_m: float, dz: bool) -> None:
    apart_px = gap_m / (z * STEP)
    x, y = 24.0 + apart_px * np.cos(angle), 16.0 + apart_px * np.sin(angle)
    hands = [(24.0, 16.0, z, 1), (x, y, z + 0.02 * dz, -1)]
    seen = [hand for hand in hands if -0.4 < hand[0] < 47.4 and -0.4 < hand[1] < 31.4]
    peaks = find_peaks(ideal(hands), STEP, 0.7, 4)
    assert len(peaks) >= len(seen) and len(peaks) <= 2
    assert {peak.side for peak in peaks} >= {hand[3] for hand in seen}


def test_best_first_and_no_more_than_asked_for() -> None:
    maps = ideal([(10.0, 10.0, 0.5, 1), (30.0, 20.0, 0.5, -1)])
    maps[0, :, 24:] *= 0.8
    scores = [peak.score for peak in find_peaks(maps, STEP, 0.5, 4)]
    assert len(scores) == 2 and scores == sorted(scores, reverse=True)
    assert [peak.side for peak in find_peaks(maps, STEP, 0.5, 1)] == [1.0]


def test_a_hand_behind_a_hand_is_none_but_one_beside_it_is() -> None:
    maps = np.zeros((5, 32, 48), np.float32)
    maps[:, 10, 20] = 0.9, 0.0, 0.0, 0.5, 1.0
    maps[:, 10, 21] = 0.8, 0.0, 0.0, 0.7, 1.0  # 1.5 cm aside, 20 cm behind
    assert len(find_peaks(maps, STEP, 0.5, 4)) == 1
    maps[:, 10, 24] = 0.8, 0.0, 0.0, 0.7, 1.0  # 6 cm aside
    assert [round(peak.x) for peak in find_peaks(maps, STEP, 0.5, 4)] == [20, 24]


def test_nothing_and_what_is_not_finite_are_no_hands() -> None:
    assert find_peaks(np.zeros((5, 32, 48), np.float32), STEP, 0.5, 4) == []
    for bad in (np.nan, np.inf):
        for channel in range(5):
            maps = ideal([(10.0, 10.0, 0.5, 1)])
            maps[channel] = bad
            assert find_peaks(maps, STEP, 0.5, 4) == []


def test_the_centre_is_the_median_of_the_joints() -> None:
    camera = Intrinsics(400.0, 410.0, 320.0, 240.0)
    joints = np.random.default_rng(0).uniform([-0.1, -0.1, 0.5], [0.1, 0.1, 0.7], (21, 3))
    center = hand_center(joints, camera)
    u, v = np.median(joints[:, :2] / joints[:, 2:] * [400.0, 410.0], axis=0)
    np.testing.assert_allclose(center[:2] / center[2] * [400.0, 410.0], [u, v])
    assert center[2] == np.median(joints[:, 2])
    with pytest.raises(ValueError, match='z > 0'):
        hand_center(joints - [0.0, 0.0, 1.0], camera)
