# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Metrics of hand pose as pure functions over (N, J, 3): N frames, J joints, metres.

They are those of the literature: the mean 3D joint error, and the share of frames in which EVERY
joint is closer than a threshold (the "success rate" curves of NYU, ICVL and MSRA).

Every data set defines joints differently (skin, bone, fitted spheres). The median over the frames
of each joint's error in the hand's own frame is such an offset; offset_free_errors_m leaves it
out.
"""

from collections.abc import Sequence

from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt

Joints = npt.NDArray[np.floating]
THRESHOLDS_MM = (10, 20, 30, 40)
"""Of the share of frames whose every joint is closer; recordings leave out the first."""


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
    errors_m: npt.NDArray[np.float64], thresholds_mm: Sequence[int] = THRESHOLDS_MM
) -> dict[str, float]:
    """Return `frames_under` for several thresholds, keyed as in metrics.json."""
    return {str(threshold): frames_under(errors_m, threshold) for threshold in thresholds_mm}


def _some(errors_m: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the errors, or raise ValueError when there are none to summarise."""
    errors = np.asarray(errors_m, np.float64)
    if errors.ndim != 2 or errors.size == 0:
        raise ValueError(f'errors of shape {errors.shape}: expected (N, J) with N, J > 0')
    return errors


Floats = npt.NDArray[np.float64]
LEAST_FRAMES = 3
"""Frames that the median of an offset takes at least."""
_WRIST, _INDEX, _MIDDLE, _LITTLE = (
    HAND_21.index(name)
    for name in ('wrist', 'index_proximal', 'middle_proximal', 'little_proximal')
)


def palm_axes(joints_m: Floats, side: int) -> Floats:
    """
    Return the axes (3, 3) of a palm as columns: to the fingers, to the thumb, out of the back.

    joints_m (21, 3); side +1 right, -1 left, whose third axis is turned so that hands of both
    sides share offsets. NaN where a joint that spans the palm is NaN or the palm has no area.
    """
    forward = joints_m[_MIDDLE] - joints_m[_WRIST]
    across = joints_m[_INDEX] - joints_m[_LITTLE]
    with np.errstate(invalid='ignore', divide='ignore'):
        forward = forward / np.linalg.norm(forward)
        across = across - (across @ forward) * forward
        across = across / np.linalg.norm(across)
        axes: Floats = np.stack([forward, across, side * np.cross(forward, across)], axis=1)
    return axes


def offset_free_errors_m(
    estimated_m: Floats, true_m: Floats, sides: npt.NDArray[np.int_]
) -> Floats:
    """
    Return the errors (N, 21) in metres that remain without each joint's median offset.

    estimated_m and true_m (N, 21, 3); sides (N,), +1 right, -1 left. NaN where a joint is NaN, or
    the palm of both is; all NaN for joints with fewer than LEAST_FRAMES errors.
    """
    errors = np.full(true_m.shape, np.nan)
    for n, (estimated, true, side) in enumerate(zip(estimated_m, true_m, sides, strict=True)):
        axes = palm_axes(true, int(side))
        if not np.isfinite(axes).all():
            axes = palm_axes(estimated, int(side))
        errors[n] = (estimated - true) @ axes
    known = np.isfinite(errors).all(axis=2)
    free = np.full(known.shape, np.nan)
    for joint in range(known.shape[1]):
        chosen = known[:, joint]
        if chosen.sum() >= LEAST_FRAMES:
            own = errors[chosen, joint]
            free[chosen, joint] = np.linalg.norm(own - np.median(own, axis=0), axis=1)
    return free
