# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Held-out sequences of whole scenes, and how the estimator follows the hands in them.

Sequence i is of kind KINDS[i % 7] and depends on i alone (synthesis/seeds.py).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dense_hand_pose.estimator import HandPoseEstimator
from dense_hand_pose.synthesis.frames import SIDES
from dense_hand_pose.synthesis.scenes.full_scene import PRESENT_SHARE
from dense_hand_pose.synthesis.scenes.motion_scripts import KINDS
from dense_hand_pose.synthesis.scenes.scene_sequence import FRAMES, SceneFrame, SceneSequence
from dense_hand_pose.synthesis.seeds import TEST_SEQUENCES
import numpy as np
import numpy.typing as npt

from .detection import MAX_HANDS
from ..metrics.tracking import count_tracks, HandVisibility, pair_tracks, TrackCounts, TrackFrame

Floats = npt.NDArray[np.float64]
_HIDDEN_SHARE: Final = 0.1


class SequencePart(NamedTuple):
    """A frame of a sequence: its place in the test and in the sequence."""

    sequence: int
    frame: int


@dataclass(frozen=True)
class SequenceAnswer:
    """
    A sequence without its depth, and what was made of it.

    errors_m: for each hand and frame the differences (21, 3) of estimated and true joints, None
    where the hand was not found; sides: for each frame in which a hand was found with a side
    whether it was the right one.
    """

    index: int
    kind: str
    camera: str
    counts: TrackCounts
    errors_m: tuple[tuple[Floats | None, ...], ...]
    sides: tuple[bool, ...]


def kind_of(index: int) -> str:
    """Return the kind of a sequence of the test."""
    return list(KINDS)[index % len(KINDS)]


def open_sequence(index: int) -> SceneSequence:
    """Return sequence ``index`` of the test."""
    return SceneSequence(kind_of(index), TEST_SEQUENCES[index])


def follow_sequences(
    estimator: HandPoseEstimator,
    sequences: int,
    progress: Callable[[Iterable[SequencePart]], Iterable[SequencePart]] = iter,
    frames: int = FRAMES,
) -> list[SequenceAnswer]:
    """
    Run the first sequences of the test frame by frame, with room for MAX_HANDS hands.

    ``frames``: number of each; ``progress`` may wrap the parts, as tqdm does.
    """
    given = estimator.config
    estimator.config = replace(given, max_hands=MAX_HANDS)
    parts = [SequencePart(s, f) for s in range(sequences) for f in range(frames)]
    out: list[SequenceAnswer] = []
    follower: _Follower | None = None
    try:
        for part in progress(parts):
            if follower is None:
                follower = _Follower(estimator, part.sequence)
            follower.look(part.frame)
            if part.frame == frames - 1:
                out.append(follower.answer())
                follower = None
    finally:
        estimator.config = given
        estimator.reset()
    return out


class _Follower:
    """Runs an estimator over a sequence and keeps its results."""

    def __init__(self, estimator: HandPoseEstimator, index: int) -> None:
        self._estimator, self._index = estimator, index
        self._sequence = open_sequence(index)
        self._frames: list[TrackFrame] = []
        self._joints: list[list[Floats]] = []
        self._said: list[list[str]] = []
        self._truth: list[SceneFrame] = []
        estimator.reset()

    def look(self, frame: int) -> None:
        """Show the next frame."""
        scene = self._sequence.frame(frame)
        poses = self._estimator.estimate_hands(scene.depth_m, scene.intrinsics)
        joints = [pose.joints.astype(np.float64) for pose in poses]
        self._frames.append(
            TrackFrame(
                true_m=_centres([hand.joints_m for hand in scene.hands]),
                sight=tuple(sight_of(hand.visible) for hand in scene.hands),
                found_m=_centres(joints),
                found_ids=tuple(pose.hand_id for pose in poses),
            )
        )
        self._joints.append(joints)
        self._said.append([pose.side for pose in poses])
        self._truth.append(replace(scene, depth_m=np.empty((0, 0), np.float32)))

    def answer(self) -> SequenceAnswer:
        """Return what was made of the frames."""
        hands = len(self._truth[0].hands)
        errors: list[list[Floats | None]] = [[None] * len(self._frames) for _ in range(hands)]
        sides = []
        for i, pairs in enumerate(pair_tracks(self._frames)):
            for hand, found in pairs:
                true = self._truth[i].hands[hand]
                errors[hand][i] = self._joints[i][found] - true.joints_m
                if self._said[i][found] in SIDES.values():
                    sides.append(self._said[i][found] == SIDES[true.side])
        return SequenceAnswer(
            index=self._index,
            kind=self._sequence.kind,
            camera=self._sequence.camera,
            counts=count_tracks(self._frames),
            errors_m=tuple(map(tuple, errors)),
            sides=tuple(sides),
        )


def sight_of(visible: float) -> HandVisibility:
    """Return the state of a hand of which a share is seen."""
    if visible >= PRESENT_SHARE:
        return HandVisibility.SEEN
    return HandVisibility.HIDDEN if visible <= _HIDDEN_SHARE else HandVisibility.PARTLY


def _centres(joints_m: Sequence[Floats]) -> Floats:
    """Return the means (N, 3) of the joints of N hands."""
    return np.array([joints.mean(axis=0) for joints in joints_m]).reshape(-1, 3)
