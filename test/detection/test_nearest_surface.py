# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the nearest surface is, on scenes whose answer is known."""

import cv2
from dense_hand_pose.detection.nearest_surface import label_regions, median_3x3, propose_centers
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import numpy.typing as npt
import pytest
from support import scenes
from support.scenes import K

NEAR_M, FAR_M = 0.15, 1.2


def centers_of(depth: np.ndarray, unit_m: float = 1.0) -> list[np.ndarray]:
    return propose_centers(depth, unit_m, K, NEAR_M, FAR_M)


def nearest_miss_m(depth: np.ndarray, center_m: tuple[float, ...]) -> float:
    """Return how far the best proposal is from the centre."""
    return min((float(np.linalg.norm(c - center_m)) for c in centers_of(depth)), default=np.inf)


@pytest.mark.parametrize('depth', [scenes.empty(), scenes.wall(0.1), scenes.wall(1.3),
                                   np.full((480, 640), np.nan, np.float32)])  # fmt: skip
def test_nothing_in_range_is_no_hand(depth: np.ndarray) -> None:
    assert centers_of(depth) == []


@given(st.floats(-0.15, 0.15), st.floats(-0.1, 0.1), st.floats(0.3, 0.8))
@settings(max_examples=25)
def test_a_hand_before_a_wall_is_found(x: float, y: float, z: float) -> None:
    depth = scenes.hand_like(scenes.wall(z + 0.4), (x, y, z))
    first = centers_of(depth)[0]
    # Its surface lies a radius nearer than its centre, its fingers above the palm.
    assert np.linalg.norm(first - [x, y - 0.015, z - 0.02]) < 0.03


def test_the_nearer_of_two_hands_comes_first() -> None:
    near, far = (-0.12, 0.0, 0.45), (0.12, 0.0, 0.7)
    depth = scenes.hand_like(scenes.hand_like(scenes.wall(1.1), far), near)
    first = centers_of(depth)[0]
    assert np.linalg.norm(first - near) < 0.05
    assert nearest_miss_m(depth, far) < 0.05, 'the nearer one might be an armrest'


def test_specks_nearer_than_the_hand_are_not_one() -> None:
    rng = np.random.default_rng(0)
    depth = scenes.hand_like(scenes.wall(0.9), (0.05, 0.02, 0.5))
    clean = centers_of(depth)
    noisy = depth.copy()
    noisy.flat[rng.integers(0, depth.size, 1500)] = 0.2
    noisy.flat[rng.integers(0, depth.size, 3000)] = 0.0
    assert np.linalg.norm(centers_of(noisy)[0] - clean[0]) < 0.015


@pytest.mark.parametrize(('z', 'radius_m'), [(0.4, 0.012), (0.25, 0.018), (0.2, 0.015)])
def test_a_small_thing_nearer_than_the_hand_is_not_one(z: float, radius_m: float) -> None:
    """Alone within its depth, a thing of 10 square centimetres once ended the search."""
    depth = scenes.hand_like(scenes.wall(0.9), (0.05, 0.02, 0.5))
    depth = scenes.ball(depth, (-0.1, 0.0, z), radius_m)
    assert np.linalg.norm(centers_of(depth)[0] - [0.05, 0.005, 0.48]) < 0.03


@pytest.mark.parametrize('direction', [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0.5, 0.5, 0.2)])
def test_one_proposal_is_the_hand_at_the_end_of_a_forearm(
    direction: tuple[float, float, float],
) -> None:
    hand = np.array([0.02, -0.03, 0.55])
    along = np.array(direction) / np.linalg.norm(direction)
    depth = scenes.arm(scenes.wall(1.1), tuple(hand + 0.06 * along), tuple(hand + 0.3 * along))
    depth = scenes.hand_like(depth, (hand[0], hand[1], hand[2]))
    assert nearest_miss_m(depth, tuple(hand)) < 0.06
    assert len(centers_of(depth)) >= 2, 'depth alone does not say which end is the hand'


def test_proposals_differ_from_one_another() -> None:
    depth = scenes.arm(scenes.wall(1.1), (-0.2, 0.0, 0.5), (0.2, 0.0, 0.5))
    centers = centers_of(depth)
    gaps = [np.linalg.norm(a - b) for i, a in enumerate(centers) for b in centers[:i]]
    assert min(gaps) > 0.02


def test_raw_millimetres_are_the_same_scene() -> None:
    raw = np.rint(scenes.hand_like(scenes.wall(0.9), (0.0, 0.0, 0.5)) * 1000).astype(np.uint16)
    metres = raw * np.float32(0.001)
    for a, b in zip(centers_of(raw, 0.001), centers_of(metres), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    'shape', [(1, 1), (1, 640), (2, 640), (3, 1000), (640, 1), (480, 2), (7, 5), (1, 160)]
)
@pytest.mark.parametrize('value', [0.0, 0.3, np.nan])
def test_images_of_any_shape(shape: tuple[int, int], value: float) -> None:
    """An image lower than the thinning step once left no row to filter."""
    for center in centers_of(np.full(shape, value, np.float32)):
        assert np.isfinite(center).all()


DEPTHS = st.one_of(
    st.floats(width=32), st.floats(0.125, 1.5, width=32), st.sampled_from([0.0, 0.4, 0.45])
)


@given(hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40),
                  elements=DEPTHS), st.floats(10.0, 1000.0))  # fmt: skip
def test_whatever_the_frame_holds(depth: np.ndarray, focal_px: float) -> None:
    k = type(K)(focal_px, focal_px, depth.shape[1] / 2, depth.shape[0] / 2)
    for center in propose_centers(depth, 1.0, k, NEAR_M, FAR_M):
        assert center.shape == (3,)
        assert np.isfinite(center).all()
        assert NEAR_M <= center[2] <= FAR_M + 0.011


SHAPES = hnp.array_shapes(min_dims=2, max_dims=2, max_side=24)


@given(hnp.arrays(np.float32, SHAPES, elements=st.floats(0.0, 4.0, width=32)))
def test_the_median_is_that_of_the_sorted_neighbours(image: npt.NDArray[np.float32]) -> None:
    around = np.lib.stride_tricks.sliding_window_view(np.pad(image, 1, mode='edge'), (3, 3))
    np.testing.assert_array_equal(median_3x3(image), np.median(around, axis=(2, 3)))


def test_the_median_is_that_of_opencv() -> None:
    image = np.random.default_rng(0).random((120, 160), np.float32)
    np.testing.assert_array_equal(median_3x3(image), cv2.medianBlur(image, 3))


def assert_same_regions(mask: npt.NDArray[np.bool_]) -> None:
    """Check that OpenCV's labels and ours name the same regions, up to the order of names."""
    count, labels = label_regions(mask)
    expected_count, expected = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    assert count == expected_count - 1
    assert np.unique(np.stack([labels, expected]).reshape(2, -1), axis=1).shape[1] == (
        np.unique(expected).size
    )
    np.testing.assert_array_equal(labels > 0, mask)


@given(hnp.arrays(np.bool_, SHAPES))
@settings(max_examples=300)
def test_regions_of_small_masks_are_those_of_opencv(mask: npt.NDArray[np.bool_]) -> None:
    assert_same_regions(mask)


@pytest.mark.parametrize('share', [0.02, 0.2, 0.4, 0.6, 0.98])
def test_regions_of_noise_are_those_of_opencv(share: float) -> None:
    for seed in range(5):
        assert_same_regions(np.random.default_rng(seed).random((120, 160)) < share)


def test_a_spiral_is_one_region_and_a_comb_too() -> None:
    comb = np.ones((80, 101), bool)
    comb[1:, 1::2] = False
    spiral = np.zeros((61, 61), bool)
    for n in range(0, 30, 2):
        turn, high = slice(n, 61 - n), 60 - n
        inner, outer = slice(n + 2, 61 - n), slice(max(n - 2, 0), 61 - n)
        spiral[n, outer] = spiral[turn, high] = True
        spiral[high, turn] = spiral[inner, n] = True
    for mask in (comb, comb[::-1], spiral, spiral.T):
        assert label_regions(mask)[0] == 1
        assert_same_regions(mask)


def test_nothing_is_no_region() -> None:
    for shape in ((0, 4), (4, 0), (3, 5)):
        count, labels = label_regions(np.zeros(shape, bool))
        assert count == 0
        assert labels.shape == shape
