# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The held-out synthetic frames and what the estimator makes of them.

Legend: N frames, J joints. Frame i is that of seed TEST_FRAMES[i] (synthesis/seeds.py): no hand,
pose, view or noise of the test is trained on.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.synthesis.frames import render_frame, SensorFrame
from dense_hand_pose.synthesis.seeds import TEST_FRAMES
import numpy as np
import numpy.typing as npt

from ..metrics.joint_errors import joint_errors_m

CENTERS = {'truth': 'true centre', 'detected': 'detected centre'}
"""
Kinds of centre, and in words.

The cube lies around the mean of the true joints, or where the estimator's own search puts it.
"""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FrameEstimate:
    """
    A frame of the test without its depth, and what was estimated in it.

    pose: the estimate however uncertain, None where the cube was empty or nothing was found to
    look at. found: whether the estimator would report it, by its min_confidence and min_score, and
    by its min_new_score where it searched. other: whether the frame's second hand was found; side
    and true_joints_m are those of the hand by which the estimate is measured.
    """

    seed: int
    camera: str
    side: str
    true_joints_m: Floats
    pose: HandPose | None
    found: bool
    other: bool = False


@dataclass(frozen=True)
class FrameEstimates:
    """
    The answers to N frames with one kind of centre, as columns.

    found (N,): whether a hand was reported; other (N,): whether it was the frame's second hand;
    errors_m (N, J) metres of every estimate, however uncertain, inf where there was none;
    confidence (N, J), 0 where there was none.
    """

    seeds: tuple[int, ...]
    cameras: tuple[str, ...]
    sides: tuple[str, ...]
    found: npt.NDArray[np.bool_]
    other: npt.NDArray[np.bool_]
    errors_m: Floats
    confidence: Floats

    @property
    def reported_errors_m(self) -> Floats:
        """Return the errors (N, J), inf in frames without a hand: they are under no threshold."""
        return np.where(self.found[:, None], self.errors_m, np.inf)


def estimate_frames(
    estimator: HandPoseEstimator,
    frames: int,
    centers: Sequence[str] = tuple(CENTERS),
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> dict[str, list[FrameEstimate]]:
    """
    Render the first frames of the test and estimate each by itself, once per kind of centre.

    What the estimator refuses by its thresholds is estimated too: an average over reported hands
    alone would reward a model that refuses the difficult ones. ``progress``
    may wrap the seeds, as tqdm does. Raises ValueError for an unknown centre.
    """
    if unknown := [center for center in centers if center not in CENTERS]:
        raise ValueError(f'center {unknown[0]!r}: expected {" or ".join(CENTERS)}')
    answers: dict[str, list[FrameEstimate]] = {center: [] for center in centers}
    seeds = TEST_FRAMES[:frames]
    config = estimator.config
    estimator.config = replace(config, min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    try:
        for seed in progress(seeds):
            frame = render_frame(seed)
            for center, column in answers.items():
                pose = _estimate(estimator, frame, center)
                found = pose is not None and _is_reported(pose, config, center)
                column.append(_judged(seed, frame, pose, found, center))
    finally:
        estimator.config = config
    return answers


def _judged(
    seed: int, frame: SensorFrame, pose: HandPose | None, found: bool, center: str
) -> FrameEstimate:
    """
    Return an answer, measured by the frame's first hand.

    A search may find either of two hands: the nearest one counts.
    """
    hands = [(frame.joints_m, frame.side)]
    if center == 'detected':
        hands += frame.others
    gaps = [0.0] * len(hands)
    if pose is not None:
        middle = pose.joints.mean(axis=0)
        gaps = [float(np.linalg.norm(joints.mean(axis=0) - middle)) for joints, _ in hands]
    which = int(np.argmin(gaps))
    joints_m, side = hands[which]
    return FrameEstimate(seed, frame.camera, side, joints_m, pose, found, which > 0)


def _is_reported(pose: HandPose, config: EstimatorConfig, center: str) -> bool:
    """Return what the estimator would say: what its search finds is new to it in each frame."""
    searched = center == 'detected'
    least = max(config.min_score, config.min_new_score) if searched else config.min_score
    return float(pose.confidence.mean()) >= config.min_confidence and pose.raw_score >= least


def tabulate(answers: Sequence[FrameEstimate]) -> FrameEstimates:
    """Return the columns of N > 0 answers; ValueError for none."""
    if not answers:
        raise ValueError('no answers: expected at least one frame')
    posed = np.array([answer.pose is not None for answer in answers])
    true = np.stack([answer.true_joints_m for answer in answers])
    errors = np.full(true.shape[:2], np.inf)
    confidence = np.zeros(true.shape[:2])
    poses = [answer.pose for answer in answers if answer.pose is not None]
    if poses:
        errors[posed] = joint_errors_m(np.stack([pose.joints for pose in poses]), true[posed])
        confidence[posed] = [pose.confidence for pose in poses]
    return FrameEstimates(
        seeds=tuple(answer.seed for answer in answers),
        cameras=tuple(answer.camera for answer in answers),
        sides=tuple(answer.side for answer in answers),
        found=np.array([answer.found for answer in answers]),
        other=np.array([answer.other for answer in answers]),
        errors_m=errors,
        confidence=confidence,
    )


def _estimate(estimator: HandPoseEstimator, frame: SensorFrame, center: str) -> HandPose | None:
    """Return the pose of a frame, taken by itself."""
    estimator.reset()
    at = frame.joints_m.mean(axis=0) if center == 'truth' else None
    return estimator.estimate(frame.depth_m, frame.intrinsics, at)
