# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The sheet of the worst frames: ground truth and estimate side by side."""

from collections.abc import Sequence

from dense_hand_pose.camera.crop import CropWindow
from dense_hand_pose.synthesis.frames import render_frame
from dense_hand_pose.visualization import (
    contact_sheet,
    depth_to_bgr,
    draw_pose,
    draw_text,
    Image,
    zoom,
)
import numpy as np

from .protocol import Answer
from ..metrics.joint_errors import joint_errors_m

WORST = 12
_COLUMNS = 3
_TILE_PX, _TILE_SIZE_M, _HEADER_PX = 220, 0.34, 20


def worst_answers(answers: Sequence[Answer], count: int = WORST) -> list[Answer]:
    """Return the frames of the largest mean error, worst first; those without a hand come last."""
    return sorted(answers, key=lambda a: (not a.found, -mean_error_m(a), a.seed))[:count]


def mean_error_m(answer: Answer) -> float:
    """Return the mean joint error of a frame, metres; -1 where nothing was estimated."""
    if answer.pose is None:
        return -1.0
    return float(joint_errors_m(answer.pose.joints[None], answer.true_joints_m[None]).mean())


def worst_sheet(answers: Sequence[Answer]) -> Image:
    """Render the worst frames again: the truth on the left, the estimate on the right of each."""
    return contact_sheet([_pair(answer) for answer in worst_answers(answers)], _COLUMNS)


def _pair(answer: Answer) -> Image:
    """Return both skeletons over what the camera saw around the true hand."""
    frame = render_frame(answer.seed)
    x, y, z = (float(value) for value in frame.joints_m.mean(axis=0))
    coloured = depth_to_bgr(frame.depth_m, z - 0.12, z + 0.3)
    tile, k = zoom(coloured, CropWindow((x, y, z), _TILE_SIZE_M, frame.intrinsics), _TILE_PX)
    true = draw_pose(tile, frame.joints_m, k)
    guess, label = tile, 'nothing estimated'
    if answer.pose is not None:
        guess = draw_pose(tile, answer.pose.joints, k, answer.pose.confidence)
        error_mm, trust = 1000.0 * mean_error_m(answer), answer.pose.confidence.mean()
        verdict = '' if answer.found else ', refused'
        label = f'{error_mm:.0f} mm, confidence {trust:.2f}{verdict}'
    names = (f'{answer.seed} {answer.camera}', label)
    return np.hstack([_titled(t, n) for t, n in zip((true, guess), names, strict=True)])


def _titled(tile: Image, text: str) -> Image:
    """Return a tile below a line of text."""
    header = np.full((_HEADER_PX, *tile.shape[1:]), 28, np.uint8)
    return np.vstack([draw_text(header, text, (6, 14), 0.36), tile])
