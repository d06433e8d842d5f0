# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The answer of the estimator: a hand in one frame."""

from dataclasses import dataclass

from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.tracking.handedness import side_of, UNKNOWN
from dense_hand_pose.tracking.tracker import Track
import numpy as np
import numpy.typing as npt

from .crop_estimate import Frame, Seen

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class HandPose:
    """
    A hand in one frame; metres, camera optical frame, joints in the order of HAND_21.

    joints (21, 3); confidence (21,) in [0, 1]; spread (21,): root mean square distance of a
    joint's votes; center (3,) and cube_size_m: the cube that was looked at; votes (21, K, 3) and
    vote_weights (21, K) in [0, 1]; stages_ms: localize, crop, network (with decoding) and total,
    of the whole frame. hand_id: the same number as long as the hand is followed; side: 'left',
    'right' or 'unknown', with side_score in [0, 1]; score in [0, 1]: whether it is a hand at all;
    frames_seen: in so many frames this hand was seen, 1 when it is new and 0 when hands are not
    followed, as around a given centre.
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
    frames_seen: int = 0


def pose_of(seen: Seen, frame: Frame, cube_size_m: float, track: Track | None = None) -> HandPose:
    """Return what was seen as a hand, with the number and the side that its track knows."""
    result, i = seen.result, seen.index
    side, side_score = side_of(seen.side_log_odds if track is None else track.side_log_odds)
    return HandPose(
        joints=seen.joints_m,
        confidence=result.confidence[i],
        spread=result.spread_m[i],
        center=seen.cube_m,
        cube_size_m=cube_size_m,
        votes=result.votes_m[i],
        vote_weights=result.vote_weights[i],
        stages_ms=frame.clock.stages_ms(),
        hand_id=0 if track is None else track.hand_id,
        side=side,
        side_score=side_score,
        score=seen.score,
        frames_seen=0 if track is None else track.frames,
    )
