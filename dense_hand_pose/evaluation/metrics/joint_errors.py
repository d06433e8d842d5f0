# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Metrics of hand pose as pure functions over (N, J, 3): N frames, J joints, metres.

They are those of the literature: the mean 3D joint error, and the share of frames in which EVERY
joint is closer than a threshold (the "success rate" curves of NYU, ICVL and MSRA).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Joints = npt.NDArray[np.floating]


def joint_errors_m(estimated_m: Joints, true_m: Joints) -> npt.NDArray[np.float64]:
    """
    Return the distance of each joint to its ground truth, (N, J) metres.

    Both inputs are (N, J, 3). ValueError for other or unequal shapes and for values that are not
    finite.
    """
    estimated, true = np.asarray(estimated_m, np.float64), np.asarray(true_m, np.float64)
    if estimated.shape != true.shape or estimated.ndim != 3 or estimated.shape[2] != 3:
        shapes = f'{estimated.shape} and {true.shape}'
        raise ValueError(f'joints of shapes {shapes}: expected two equal (N, J, 3)')
    if not (np.isfinite(estimated).all() and np.isfinite(true).all()):
        raise ValueError('joints hold NaN or Inf: leave such frames out before measuring')
    return np.asarray(np.linalg.norm(estimated - true, axis=2), dtype=np.float64)


def mean_joint_error_m(errors_m: npt.NDArray[np.float64]) -> float:
    """
    Return the mean over all frames and joints of errors (N, J), in metres.

    >>> round(mean_joint_error_m(np.array([[0.01, 0.03]])), 6)
    0.02
    """
    return float(_some(errors_m).mean())


def median_joint_error_m(errors_m: npt.NDArray[np.float64]) -> float:
    """Return the median over all frames and joints of errors (N, J), in metres."""
    return float(np.median(_some(errors_m)))


def percentile_joint_error_m(errors_m: npt.NDArray[np.float64], percent: float = 95.0) -> float:
    """Return a percentile over all frames and joints of errors (N, J), in metres."""
    return float(np.percentile(_some(errors_m), percent))


def frames_under(errors_m: npt.NDArray[np.float64], threshold_mm: float) -> float:
    """
    Return the share of frames of errors (N, J) whose every joint is strictly under a threshold.

    >>> frames_under(np.array([[0.01, 0.03], [0.01, 0.01]]), threshold_mm=20)
    0.5
    """
    worst_m = _some(errors_m).max(axis=1)
    return float((worst_m < threshold_mm / 1000.0).mean())


def frames_under_mm(
    errors_m: npt.NDArray[np.float64], thresholds_mm: Sequence[int] = (20, 30, 40)
) -> dict[str, float]:
    """Return `frames_under` for several thresholds, keyed as in metrics.json."""
    return {str(threshold): frames_under(errors_m, threshold) for threshold in thresholds_mm}


def _some(errors_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the errors, or raise ValueError when there are none to summarise."""
    errors = np.asarray(errors_m, np.float64)
    if errors.ndim != 2 or errors.size == 0:
        raise ValueError(f'errors of shape {errors.shape}: expected (N, J) with N, J > 0')
    return errors
