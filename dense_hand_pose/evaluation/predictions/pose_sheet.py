# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The best, median and worst frames of predictions, as in Fig. 5 and 8 of the paper.

Of each frame the ground truth stands on the left and the prediction on the right, on the depth
image where there is one.
"""

from collections.abc import Callable, Mapping
from typing import Final

from dense_hand_pose.datasets.facts import DatasetFacts
from dense_hand_pose.visualization import (
    contact_sheet,
    draw_pose,
    draw_text,
    Image,
    surroundings,
)
import numpy as np
import numpy.typing as npt

RANKS: Final = ('best', 'median', 'worst')
_TILE_PX: Final = 220

Floats = npt.NDArray[np.float64]
DepthOf = Callable[[int], npt.NDArray[np.float32]]
"""From the place of a frame (from 0) to its depth image (H, W) in metres."""


def ranked_frames(errors_m: Floats) -> dict[str, int]:
    """
    Return the frames with the least, the middle and the largest mean error of errors (N, J).

    >>> ranked_frames(np.array([[0.03], [0.01], [0.02]]))
    {'best': 1, 'median': 2, 'worst': 0}
    """
    order = np.argsort(errors_m.mean(axis=1), kind='stable')
    places = (0, (len(order) - 1) // 2, -1)
    return {rank: int(order[place]) for rank, place in zip(RANKS, places, strict=True)}


def pose_sheet(
    facts: DatasetFacts,
    true_m: Floats,
    predicted_m: Mapping[str, Floats],
    depth_of: DepthOf | None = None,
) -> Image:
    """
    Draw a row per predictions: the best, the median and the worst of its frames.

    true_m and each of predicted_m are (N, J, 3) metres in the optical frame.
    """
    pairs = []
    for name, joints_m in predicted_m.items():
        errors_m = np.linalg.norm(joints_m - true_m, axis=2)
        for rank, frame in ranked_frames(errors_m).items():
            depth_m = _nothing(facts) if depth_of is None else depth_of(frame)
            said = f'{name}, {rank}: {1000.0 * errors_m[frame].mean():.1f} mm'
            texts = (f'frame {frame + 1}, truth', said)
            pairs.append(_pair(facts, depth_m, (true_m[frame], joints_m[frame]), texts))
    return contact_sheet(pairs, len(RANKS))


def _nothing(facts: DatasetFacts) -> npt.NDArray[np.float32]:
    """Return a depth image that shows nothing."""
    return np.zeros((facts.height, facts.width), np.float32)


def _pair(
    facts: DatasetFacts,
    depth_m: npt.NDArray[np.float32],
    poses_m: tuple[Floats, Floats],
    texts: tuple[str, str],
) -> Image:
    """Return truth and prediction, each over the surroundings of the true hand."""
    tile, k = surroundings(depth_m, poses_m[0].mean(axis=0), facts.intrinsics, _TILE_PX)
    drawn = [draw_pose(tile, pose, k, skeleton=facts.skeleton) for pose in poses_m]
    named = [draw_text(t, text, (6, 14), 0.36) for t, text in zip(drawn, texts, strict=True)]
    return np.hstack(named)
