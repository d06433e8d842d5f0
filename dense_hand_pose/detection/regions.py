# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A median filter and connected regions of small images, in NumPy.

OpenCV has both, but nothing else of it is needed at run time, and it is 153 MB.
"""

import numpy as np
import numpy.typing as npt

Float32Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]


def median_3x3(image: Float32Image) -> Float32Image:
    """
    Return the median of every pixel and its eight neighbours, (H, W); no NaN.

    Beyond the border its pixels go on. The median of nine is that of the largest low, the middle
    middle and the smallest high of three sorted columns (Smith, Implementing median filters in
    XC4000E FPGAs, 1996).
    """
    around = np.pad(image, 1, mode='edge')
    a, b, c = around[:-2], around[1:-1], around[2:]
    below, above = np.minimum(a, b), np.maximum(a, b)
    low, high = np.minimum(below, c), np.maximum(above, c)
    middle = np.maximum(below, np.minimum(above, c))
    return _median_of_three(
        np.maximum(np.maximum(low[:, :-2], low[:, 1:-1]), low[:, 2:]),
        _median_of_three(middle[:, :-2], middle[:, 1:-1], middle[:, 2:]),
        np.minimum(np.minimum(high[:, :-2], high[:, 1:-1]), high[:, 2:]),
    )


def label_regions(mask: npt.NDArray[np.bool_]) -> tuple[int, Labels]:
    """
    Return how many regions a mask (H, W) has and the number of each pixel's, 0 outside of all.

    Pixels that touch by an edge or a corner are of one region. Runs of pixels along the rows are
    joined with those of the next row that they touch, until none can be joined.
    """
    width = mask.shape[1] + 2
    padded = np.zeros((mask.shape[0], width), np.int8)
    padded[:, 1:-1] = mask
    change = np.flatnonzero(np.diff(padded.ravel()))
    start, end = change[0::2], change[1::2]  # of each run, in the row one pixel wider each side
    first = np.searchsorted(end, start + width)
    touched = np.searchsorted(start, end + width, side='right') - first
    upper = np.repeat(np.arange(len(start)), touched)
    lower = np.arange(len(upper)) + np.repeat(first - (np.cumsum(touched) - touched), touched)
    roots, number = np.unique(_roots(len(start), upper, lower), return_inverse=True)
    labels = np.zeros(mask.shape, np.int32)
    labels[mask] = np.repeat(number.astype(np.int32) + 1, end - start)
    return len(roots), labels


def _roots(
    count: int, one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return for each of `count` nodes the smallest one that edges one-other lead to."""
    root = np.arange(count)
    while True:
        a, b = root[one], root[other]
        apart = np.flatnonzero(a != b)
        if not apart.size:
            return root
        one, other = a[apart], b[apart]
        np.minimum.at(root, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(root, jumped := root[root]):
            root = jumped


def _median_of_three(a: Float32Image, b: Float32Image, c: Float32Image) -> Float32Image:
    """Return the middle one of three values."""
    middle: Float32Image = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
    return middle
