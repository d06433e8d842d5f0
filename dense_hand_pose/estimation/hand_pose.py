# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The result of the estimator: a hand in one frame."""

from dataclasses import dataclass

from dense_hand_pose.kinematics.fitted_hand import FittedHand
from dense_hand_pose.network.score_settings import ScoreSettings
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.tracking.handedness import side_of, UNKNOWN
from dense_hand_pose.tracking.tracker import Track
import numpy as np
import numpy.typing as npt

from .crop_estimate import CropEstimate, DepthFrame, MIN_Z_M

MAX_DISTANCE_M = 100.0
"""No coordinate of a result is larger: depth cameras measure less far."""

Array = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class HandPose:
    """
    A hand in one frame; metres, camera optical frame, joints in the order of HAND_21.

    joints (21, 3); confidence (21,) in [0, 1]; spread (21,): root mean square distance of a
    joint's votes; center (3,) and cube_size_m: the cube of the estimate; votes (21, K, 3) and
    vote_weights (21, K) in [0, 1]; stages_ms: localize, crop, network (with decoding) and total,
    of the whole frame. hand_id: the same number while the hand is tracked; side: 'left', 'right'
    or 'unknown', with side_score in [0, 1]; score in [0, 1]: the probability that it is a hand;
    frames_seen: number of frames in which this hand was estimated, 1 for a new hand and 0 without
    tracking, as around a given centre. fit: the hand as a mechanism if EstimatorConfig.fit is set;
    joints are then the fitted ones. raw_joints (21, 3): those of the network, always. raw_score in
    [0, 1]: the score before its calibration, with which EstimatorConfig.min_score and
    min_new_score are compared; detector_log_odds: the localizer's part of its log odds, 0 for a
    hand that is followed.
    Raises ValueError for a number that is not finite, or a coordinate beyond MAX_DISTANCE_M.
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
    fit: FittedHand | None = None
    network_joints: Array | None = None
    raw_score: float = 0.0
    detector_log_odds: float = 0.0

    def __post_init__(self) -> None:
        """Check the numbers: all that is published or written comes from here."""
        for name in ('joints', 'spread', 'center', 'votes'):
            values = getattr(self, name)
            if not (np.abs(values) <= MAX_DISTANCE_M).all():  # false for NaN
                raise ValueError(f'a hand with {name} beyond {MAX_DISTANCE_M:g} m, or not finite')
        for name in (
            'confidence',
            'vote_weights',
            'score',
            'side_score',
            'raw_score',
            'detector_log_odds',
        ):
            if not np.isfinite(getattr(self, name)).all():
                raise ValueError(f'a hand with a {name} that is not finite')

    @property
    def raw_joints(self) -> Array:
        """Return the joints (21, 3) of the network, with or without a fit."""
        return self.joints if self.network_joints is None else self.network_joints

    @property
    def joint_quaternions(self) -> Floats | None:
        """Return OpenXR's orientations (21, 4), x y z w, of the joints; None without a fit."""
        return None if self.fit is None else self.fit.joint_quaternions

    @property
    def palm(self) -> Floats | None:
        """Return the pose (4, 4) of OpenXR's palm in the camera's frame; None without a fit."""
        return None if self.fit is None else self.fit.palm

    @property
    def angles(self) -> Floats | None:
        """Return radians (21,) in the order of anatomy.ANGLE_NAMES; None without a fit."""
        return None if self.fit is None else self.fit.angles

    @property
    def bone_lengths_m(self) -> Floats | None:
        """Return the lengths (20,) from parent to joint, wrist left out; None without a fit."""
        return None if self.fit is None else self.fit.bone_lengths_m


def hand_pose(
    estimate: CropEstimate,
    frame: DepthFrame,
    track: Track | None = None,
    fit: FittedHand | None = None,
    scores: ScoreSettings | None = None,
) -> HandPose:
    """
    Return an estimate as a hand, with number and fused side of its track, and its fit.

    scores: the calibration of the published score.
    """
    maps = scores or ScoreSettings()
    calibrated = maps.fused if estimate.detector_log_odds else maps.network
    result, i = estimate.result, estimate.index
    odds = estimate.side_log_odds if track is None else track.side_log_odds
    side, side_score = side_of(odds)
    return HandPose(
        joints=estimate.joints_m if fit is None else _before_camera(fit.joints),
        confidence=result.confidence[i],
        spread=result.spread_m[i],
        center=estimate.cube_m,
        cube_size_m=frame.config.cube_size_m,
        votes=result.votes_m[i],
        vote_weights=result.vote_weights[i],
        stages_ms=frame.clock.stages_ms(),
        hand_id=0 if track is None else track.hand_id,
        side=side,
        side_score=side_score,
        score=calibrated(estimate.score),
        raw_score=estimate.score,
        detector_log_odds=estimate.detector_log_odds,
        frames_seen=0 if track is None else track.frames,
        fit=fit,
        network_joints=None if fit is None else estimate.joints_m,
    )


def _before_camera(joints_m: Floats) -> Array:
    """Return joints (21, 3) with depths that can be projected, as CropEstimate.joints_m has."""
    out = joints_m.astype(np.float32)
    out[:, 2] = np.maximum(out[:, 2], MIN_Z_M)
    return out
