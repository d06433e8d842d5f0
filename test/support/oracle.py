# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""An oracle in place of networks: things with known places and scores before a wall."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.detection.proposals import Candidate, TileCandidates, TileSet, WHOLE
from dense_hand_pose.estimation.config import EstimatorConfig
from dense_hand_pose.estimation.hand_score import MEAN_BONES_M
from dense_hand_pose.estimator import HandPose, HandPoseEstimator
from dense_hand_pose.skeleton import HAND_21
import numpy as np

K = Intrinsics(120.0, 120.0, 79.5, 59.5)
WALL_M = 1.15
_CUBE_HALF_M = 0.13
_SCORE_WEIGHT, _SCORE_BIAS = 22.9, -7.1  # of estimation/hand_score.py for a mean hand
_NOTHING = 0.005


def mean_hand() -> np.ndarray:
    """Return joints (21, 3) about their mean with the mean bones, folded to a ball."""
    directions = np.random.default_rng(5).normal(size=(20, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    joints = np.zeros((21, 3))
    for bone, (parent, child) in enumerate(HAND_21.bones):
        joints[child] = joints[parent] + MEAN_BONES_M[bone] * directions[bone]
    centred: np.ndarray = joints - joints.mean(axis=0)
    return centred


JOINTS = mean_hand()


def log_odds(score: float) -> float:
    """Return the log odds of a score."""
    return float(np.log(score / (1.0 - score)))


@dataclass
class Thing:
    """
    Something that the networks take for a hand with a score.

    detected: the log odds that the localizer adds, None where it does not detect it; tiles: the
    numbers of the tiles that detect it, WHOLE among them.
    """

    center_m: np.ndarray
    score: float = 0.98
    detected: float | None = 1.0
    tiles: Sequence[int] = (WHOLE, 0, 1, 2, 3)
    name: str = 'hand'


@dataclass
class OracleBackend:
    """Estimates the thing nearest to the middle of a cube, with its score."""

    things: list[Thing] = field(default_factory=list)
    batches: list[np.ndarray] = field(default_factory=list)
    name: str = 'oracle'
    precision: str = 'float32'

    def run(
        self, crops: np.ndarray, centers: np.ndarray, _: np.ndarray, decoding: DecodingConfig
    ) -> Result:
        """Answer from the truth."""
        self.batches.append(centers)
        count = len(crops)
        joints = np.repeat(JOINTS[None].astype(np.float32), count, axis=0) + centers[:, None]
        confidence = np.full((count, 21), self._confidence(_NOTHING), np.float32)
        for row, center in enumerate(centers):
            inside = [t for t in self.things if abs(t.center_m - center).max() < _CUBE_HALF_M]
            if inside:
                near = min(inside, key=lambda t: float(np.linalg.norm(t.center_m - center)))
                joints[row] = JOINTS + near.center_m
                confidence[row] = self._confidence(near.score)
        nothing = np.zeros((count, 21), np.float32)
        votes = np.repeat(joints[:, :, None], decoding.candidates, axis=2)
        return Result(joints, confidence, nothing, votes, np.ones(votes.shape[:3], np.float32))

    @staticmethod
    def _confidence(score: float) -> float:
        return (log_odds(score) - _SCORE_BIAS) / _SCORE_WEIGHT


@dataclass
class OracleLocalizer:
    """Proposes the things that it detects, tile by tile, and counts the tiles."""

    things: list[Thing] = field(default_factory=list)
    tile_count: int = 4
    check_every: int = 30
    missing_log_odds: float = -1.1
    offset_m: float = 0.02
    searched: list[TileSet] = field(default_factory=list)

    def search(self, *arguments: object) -> list[TileCandidates]:
        """Return the things of each tile."""
        tiles = next(one for one in arguments if isinstance(one, TileSet))
        self.searched.append(tiles)
        numbers = ([WHOLE] if tiles.whole else []) + list(tiles.tiles)
        return [TileCandidates(number, lambda _: True, self._of(number)) for number in numbers]

    def fuse(self, found: Sequence[TileCandidates]) -> list[Candidate]:
        """Return one candidate for each thing in any tile; its log odds are the tiles' mean."""
        distinct: list[Candidate] = []
        for one in (one for tile in found for one in tile.candidates):
            if all(np.linalg.norm(one.center_m - other.center_m) > 0.03 for other in distinct):
                distinct.append(one)
        return [one._replace(log_odds=self._mean(one, found)) for one in distinct]

    def _of(self, number: int) -> list[Candidate]:
        aside = np.array([self.offset_m, 0.0, 0.0])
        return [
            Candidate(thing.center_m + aside, 0.9, thing.detected)
            for thing in self.things
            if thing.detected is not None and number in thing.tiles
        ]

    def _mean(self, candidate: Candidate, found: Sequence[TileCandidates]) -> float:
        odds = [
            max(
                (
                    other.log_odds
                    for other in tile.candidates
                    if np.linalg.norm(candidate.center_m - other.center_m) <= 0.03
                ),
                default=self.missing_log_odds,
            )
            for tile in found
        ]
        return float(np.mean(odds))


class OracleScene:
    """An estimator before a wall; the things in it change from frame to frame."""

    def __init__(self, tile_count: int = 4, **settings: object) -> None:
        self.backend, self.localizer = OracleBackend(), OracleLocalizer(tile_count=tile_count)
        config = EstimatorConfig(**{'max_hands': 2, **settings})  # type: ignore[arg-type]
        self.estimator = HandPoseEstimator(self.backend, config, self.localizer)
        self.frames = 0

    def frame(self, *things: Thing, arms: Sequence[np.ndarray] = ()) -> list[HandPose]:
        """Estimate a frame at 30 Hz that shows the wall, these things as discs, and forearms."""
        self.backend.things = self.localizer.things = list(things)
        self.frames += 1
        depth = depth_of([*(thing.center_m for thing in things), *forearms(arms)])
        return self.estimator.estimate_hands(depth, K, stamp_s=self.frames / 30.0)

    def names(self, *things: Thing, arms: Sequence[np.ndarray] = ()) -> list[str]:
        """Return the names of the things that a frame reports as hands."""
        names = []
        for pose in self.frame(*things, arms=arms):
            center = pose.joints.mean(axis=0)
            near = min(things, key=lambda t: float(np.linalg.norm(t.center_m - center)))
            names.append(near.name)
        return names


def forearms(hands: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the places of discs that make a forearm of 30 cm below each hand (3,)."""
    return [hand + at(0.0, 0.03 * step, 0.0) for hand in hands for step in range(11)]


def depth_of(places: Sequence[np.ndarray]) -> np.ndarray:
    """Return depth (120, 160) of the wall, with a disc of 4 cm radius at each place."""
    depth = np.full((120, 160), WALL_M, np.float32)
    v, u = np.mgrid[:120, :160].astype(np.float64)
    for x, y, z in places:
        away = np.hypot((u - K.cx) * z / K.fx - x, (v - K.cy) * z / K.fy - y)
        depth[(away < 0.04) & (depth > z)] = z
    return depth


def at(x: float, y: float = 0.0, z: float = 0.6) -> np.ndarray:
    """Return a place (3,), metres."""
    return np.array([x, y, z])
