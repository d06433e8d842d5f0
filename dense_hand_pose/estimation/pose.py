# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The answer of the estimator: a hand in one frame."""

from dataclasses import dataclass

from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
UNKNOWN = 'unknown'
SIDES = (UNKNOWN, 'left', 'right')
"""In the order of their codes in ~/joints_cloud: 0, 1, 2."""


@dataclass(frozen=True)
class HandPose:
    """
    A hand in one frame; metres, camera optical frame, joints in the order of HAND_21.

    joints (21, 3); confidence (21,) in [0, 1]; spread (21,): root mean square distance of a
    joint's votes; center (3,) and cube_size_m: the cube that was looked at; votes (21, K, 3) and
    vote_weights (21, K) in [0, 1]; stages_ms: localize, crop, network (with decoding) and total,
    of the whole frame. hand_id: the same number as long as the hand is followed; side: 'left',
    'right' or 'unknown', with side_score in [0, 1]; score in [0, 1]: whether it is a hand at all.
    """

    joints: Array
    confidence: Array
    spread: Array
    center: Array
    cube_size_m: float
    votes: Array
    vote_weights: Array
    stages_ms: dict[str, float]
    names: tuple[str, ...] = HAND_21.joints
    hand_id: int = 0
    side: str = UNKNOWN
    side_score: float = 0.0
    score: float = 0.0
