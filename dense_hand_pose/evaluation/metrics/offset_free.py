# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Joint errors without the constant offset between two definitions of a joint.

Every data set defines joints differently (skin, bone, fitted spheres). The median over the frames
of each joint's error in the hand's own frame is such an offset; what is left is the error.
"""

from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEAST_FRAMES = 3
"""An offset is the median of at least so many frames."""
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
