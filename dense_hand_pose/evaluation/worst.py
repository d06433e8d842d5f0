# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The sheet of the worst frames: ground truth and estimate side by side."""

from collections.abc import Sequence

from dense_hand_pose.synthesis.frames import render_frame
from dense_hand_pose.visualization import contact_sheet, draw_text, hand_tile, Image
import numpy as np

from .metrics import joint_errors_m
from .synthetic import Answer

WORST = 12
_COLUMNS = 3
_TILE_PX = 220


def worst_answers(answers: Sequence[Answer], count: int = WORST) -> list[Answer]:
    """Return the frames with the largest mean error, worst first; those without a hand last."""
    return sorted(answers, key=lambda a: (-mean_error_m(a), a.seed))[:count]


def mean_error_m(answer: Answer) -> float:
    """Return the mean joint error of a frame, metres; -1 where no hand was found."""
    if answer.pose is None:
        return -1.0
    return float(joint_errors_m(answer.pose.joints[None], answer.true_joints_m[None]).mean())


def worst_sheet(answers: Sequence[Answer]) -> Image:
    """Render the worst frames again: the truth on the left, the estimate on the right of each."""
    return contact_sheet([_pair(answer) for answer in worst_answers(answers)], _COLUMNS)


def _pair(answer: Answer) -> Image:
    """Return both skeletons over what the camera saw around the true hand."""
    frame = render_frame(answer.seed)
    true = hand_tile(frame.depth_m, frame.joints_m, frame.intrinsics, _TILE_PX)
    true = draw_text(true, f'{answer.seed} {answer.camera}', (6, 14), scale=0.36)
    if answer.pose is None:
        blank = np.full_like(true, 28)
        return np.hstack([true, draw_text(blank, 'no hand found', (6, 14), scale=0.36)])
    pose = answer.pose
    guess = hand_tile(frame.depth_m, pose.joints, frame.intrinsics, _TILE_PX, pose.confidence)
    label = f'{1000.0 * mean_error_m(answer):.0f} mm, confidence {pose.confidence.mean():.2f}'
    return np.hstack([true, draw_text(guess, label, (6, 14), scale=0.36)])
