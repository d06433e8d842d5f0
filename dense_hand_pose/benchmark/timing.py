# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The run: all contenders in turns, a few frames each, so that whatever else happens hits them all.

The frames are those of a synthetic hand in motion, rendered beforehand. All contenders get the
same cubes, around the true hand, and report whatever the confidence: the work is the same. The
cost of a search is timed apart, once a turn.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
import time

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.synthesis.hand_stream import GestureSequence
import numpy as np
import numpy.typing as npt

from .contenders import Contender
from .machine import MatrixProduct

RATE_HZ = 30.0
_KEPT = 300
"""Pictures in memory (184 MB); a longer run shows them again."""


@dataclass(frozen=True)
class TimedFrame:
    """A raw frame (480, 640) in millimetres, and the mean of the true joints (3,), metres."""

    depth_mm: npt.NDArray[np.uint16]
    intrinsics: Intrinsics
    center_m: npt.NDArray[np.float64]


class Film:
    """``count`` frames of a gesture sequence at 30 Hz."""

    def __init__(self, count: int, seed: int = 0) -> None:
        sequence = GestureSequence(seed=seed)
        frames = [sequence.frame(i / RATE_HZ) for i in range(min(count, _KEPT))]
        self.count = count
        self._frames = [
            TimedFrame(f.depth_mm, f.intrinsics, f.joints_m.mean(axis=0)) for f in frames
        ]

    def part(self, begin: int, length: int) -> Iterator[TimedFrame]:
        """Yield some frames; after the last one the first follows."""
        for i in range(begin, begin + length):
            yield self._frames[i % len(self._frames)]


WARM_UP = 3
"""Frames at the beginning of each turn that do not count: caches and threads come back to it."""
_MM = 0.001
_STAGES = ('crop', 'network', 'total')


@dataclass
class Times:
    """The times of a contender by stage, milliseconds, and frames in which it saw nothing."""

    by_stage: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    frames: int = 0
    without_hand: int = 0


def run_in_turns(
    contenders: Sequence[Contender],
    film: Film,
    products: Sequence[MatrixProduct],
    turn: int,
    say: Callable[[str], None],
) -> list[Times]:
    """Return the times of every contender over the film, ``turn`` frames at a time."""
    estimators = [_estimator(contender) for contender in contenders]
    times = [Times() for _ in contenders]
    for estimator in estimators:  # whatever is compiled on first use
        for frame in film.part(0, WARM_UP):
            _look(estimator, frame)
        _search(estimator, frame)
    rounds = range(0, film.count, turn)
    for begin in rounds:
        length = min(turn, film.count - begin)
        for i in _rotated(len(contenders), begin // turn):
            _take_turn(estimators[i], film, begin, length, times[i])
        for product in products:
            product.measure()
        if begin // turn % 10 == 0:
            say(f'round {begin // turn + 1} of {len(rounds)}')
    return times


def _take_turn(
    estimator: HandPoseEstimator, film: Film, begin: int, length: int, times: Times
) -> None:
    """Time some frames of one contender, after a few that do not count, and one search."""
    for frame in film.part(begin, WARM_UP):
        _look(estimator, frame)
    for frame in film.part(begin, length):
        begin_s = time.perf_counter()
        pose = _look(estimator, frame)
        spent_ms = 1000.0 * (time.perf_counter() - begin_s)
        times.frames += 1
        if pose is None:
            times.without_hand += 1
            continue
        for stage in _STAGES:
            times.by_stage[stage].append(pose.stages_ms[stage])
        times.by_stage['end_to_end'].append(spent_ms)
        times.by_stage['beside_network'].append(spent_ms - pose.stages_ms['network'])
    begin_s = time.perf_counter()
    pose = _search(estimator, frame)
    if pose is not None:
        times.by_stage['search'].append(1000.0 * (time.perf_counter() - begin_s))
        times.by_stage['localize'].append(pose.stages_ms['localize'])


def _estimator(contender: Contender) -> HandPoseEstimator:
    return HandPoseEstimator(
        contender.backend, EstimatorConfig(min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    )


def _look(estimator: HandPoseEstimator, frame: TimedFrame) -> HandPose | None:
    return estimator.estimate(frame.depth_mm, frame.intrinsics, frame.center_m, unit_m=_MM)


def _search(estimator: HandPoseEstimator, frame: TimedFrame) -> HandPose | None:
    estimator.reset()
    pose = estimator.estimate(frame.depth_mm, frame.intrinsics, unit_m=_MM)
    estimator.reset()
    return pose


def _rotated(count: int, by: int) -> list[int]:
    """Return 0 .. count - 1, beginning elsewhere in each round."""
    return [(i + by) % count for i in range(count)]
