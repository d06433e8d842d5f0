# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Median and connected regions against OpenCV's and a flood fill."""

import cv2
from dense_hand_pose.detection.regions import label_regions, median_3x3
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import numpy.typing as npt
import pytest

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
