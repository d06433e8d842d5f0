# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Held-out whole scenes with none, one or two hands, and what the estimator finds in them.

Scene i depends on i alone: its seed is TEST_SCENES[i] (synthesis/seeds.py), so that no hand,
person, room, view or noise of the test is trained on.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.synthesis.frames import SIDES
from dense_hand_pose.synthesis.scenes.full_scene import (
    FullScene,
    render_full_frame,
    sample_full_scene,
)
from dense_hand_pose.synthesis.seeds import TEST_SCENES
import numpy as np
import numpy.typing as npt

from ..metrics.matching import FrameScore, score_frame

Floats = npt.NDArray[np.float64]
_STREAM: Final = 7  # the last word of a seed; NumPy fills up with zeros, which it must not be
MAX_HANDS: Final = 2
_PATTERN: Final = (1, 0, 1, 1, 2, 1, 0, 1, 1, 2, 1, 0, 1, 0, 1, 2, 1, 0)
"""Hands of the scenes in turn: ten with one, five without and three with two, of 18."""


class TrueHand(NamedTuple):
    """A hand of the scene: joints_m (21, 3), 'right' or 'left', whether it must be found."""

    joints_m: Floats
    side: str
    present: bool

    @property
    def center_m(self) -> Floats:
        """Return the mean of the joints (3,)."""
        mean: Floats = self.joints_m.mean(axis=0)
        return mean


class TestScene(NamedTuple):
    """A rendered scene: depth_m (H, W) float32 metres, 0 = no measurement, and its truth."""

    depth_m: npt.NDArray[np.float32]
    intrinsics: Intrinsics
    camera: str
    hands: tuple[TrueHand, ...]


class FoundHand(NamedTuple):
    """
    What is kept of an estimate: joints_m (21, 3), cube_m (3,) and its scores.

    score: the published one; raw_score: before its calibration, for the thresholds.
    """

    joints_m: Floats
    cube_m: Floats
    score: float
    confidence: float
    side: str
    raw_score: float

    @property
    def center_m(self) -> Floats:
        """Return the mean of the joints (3,)."""
        mean: Floats = self.joints_m.mean(axis=0)
        return mean


@dataclass(frozen=True)
class SceneAnswer:
    """
    A scene without its depth, and what was found in it.

    kind: its name, '' for a random scene; asked: the number of hands that it was drawn with.
    found: all candidates, the best score first, those below the thresholds, too; ``reported``:
    those that the estimator reports.
    at_truth: for each true hand the estimate with the cube around its true centre, None where the
    cube was empty or the hand need not be found.
    """

    index: int
    asked: int
    camera: str
    hands: tuple[TrueHand, ...]
    found: tuple[FoundHand, ...]
    at_truth: tuple[FoundHand | None, ...]
    config: EstimatorConfig
    kind: str = ''

    @property
    def reported(self) -> tuple[FoundHand, ...]:
        """Return what the estimator reports of a scene that it sees for the first time."""
        return self.above(max(self.config.min_score, self.config.min_new_score))

    def above(self, min_score: float) -> tuple[FoundHand, ...]:
        """Return what it would report with another threshold of the score."""
        least = self.config.min_confidence
        return tuple(f for f in self.found if f.confidence >= least and f.raw_score >= min_score)

    def score(self, found: Sequence[FoundHand] | None = None) -> FrameScore:
        """Match found hands (those reported) with the true ones, by the means of the joints."""
        chosen = self.reported if found is None else found
        return score_frame(
            [hand.center_m for hand in self.hands],
            [hand.present for hand in self.hands],
            [hand.center_m for hand in chosen],
        )


def hands_asked(index: int) -> int:
    """Return how many hands a scene is drawn with."""
    return _PATTERN[index % len(_PATTERN)]


def render_scene(index: int) -> TestScene:
    """Render scene ``index`` of the test, the same whenever it is called."""
    if index < 0:
        raise ValueError(f'index = {index}: must not be negative')
    rng = np.random.default_rng([TEST_SCENES[index], _STREAM])
    scene = sample_full_scene(rng, hands_asked(index))
    return with_truth(scene, render_full_frame(scene, rng))


def with_truth(scene: FullScene, depth_m: npt.NDArray[np.float32]) -> TestScene:
    """Return a scene with its image (H, W) and its truth."""
    hands = tuple(TrueHand(h.joints_m, SIDES[h.side], h.present) for h in scene.hands)
    return TestScene(depth_m, scene.intrinsics, scene.camera.name, hands)


def estimate_scenes(
    estimator: HandPoseEstimator,
    scenes: int,
    progress: Callable[[Iterable[int]], Iterable[int]] = iter,
) -> list[SceneAnswer]:
    """
    Estimate the first scenes of the test, each by itself, with room for MAX_HANDS hands.

    What the thresholds refuse is kept, so that other thresholds can be judged; the search does
    not depend on them. ``progress`` may wrap the numbers of the scenes, as tqdm does.
    """
    given = estimator.config
    config = replace(given, max_hands=MAX_HANDS)
    estimator.config = replace(config, min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    try:
        return [
            answer_scene(estimator, render_scene(index), config, index)
            for index in progress(range(scenes))
        ]
    finally:
        estimator.config = given
        estimator.reset()


def answer_scene(
    estimator: HandPoseEstimator,
    scene: TestScene,
    config: EstimatorConfig,
    index: int,
    kind: str = '',
) -> SceneAnswer:
    """Search a scene, and look where its hands truly are; ``config`` has the thresholds."""
    estimator.reset()
    poses = estimator.estimate_hands(scene.depth_m, scene.intrinsics)
    at_truth = [
        estimator.estimate(scene.depth_m, scene.intrinsics, hand.center_m)
        if hand.present
        else None
        for hand in scene.hands
    ]
    return SceneAnswer(
        index=index,
        asked=hands_asked(index) if not kind else len(scene.hands),
        camera=scene.camera,
        hands=scene.hands,
        found=tuple(sorted(map(_kept, poses), key=lambda found: -found.raw_score)),
        at_truth=tuple(None if pose is None else _kept(pose) for pose in at_truth),
        config=config,
        kind=kind,
    )


def _kept(pose: HandPose) -> FoundHand:
    """Return what is kept of an estimate."""
    return FoundHand(
        joints_m=pose.joints.astype(np.float64),
        cube_m=pose.center.astype(np.float64),
        score=float(pose.score),
        confidence=float(pose.confidence.mean()),
        side=pose.side,
        raw_score=float(pose.raw_score),
    )
