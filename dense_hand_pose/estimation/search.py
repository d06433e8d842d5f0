# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A search of a whole frame: look at every place where a hand may be, then look again."""

from collections.abc import Iterable, Sequence

from dense_hand_pose.detection.proposals import Localizer, Proposal, Views, WHOLE
from dense_hand_pose.runtimes.base import Backend
from dense_hand_pose.tracking.tracker import SAME_HAND_M
import numpy as np
import numpy.typing as npt

from .config import EstimatorConfig
from .crop_estimate import Frame, look, Seen

Point = npt.NDArray[np.float64]

_REFINEMENTS = 2
_SPARE_FINALISTS = 2
"""So many more places than hands are looked at again."""
_HOPELESS_SCORE = 0.00125
"""What scores less, with the localiser's opinion of the place, is not looked at again. It belongs
to the shipped weights, as the score does that is neutral in that opinion."""


def propose(
    frame: Frame, localizer: Localizer, config: EstimatorConfig, views: Views = WHOLE
) -> list[Proposal]:
    """Return the places where the localiser expects hands, the most promising first."""
    near_m, far_m = config.depth_min_m, config.depth_max_m
    with frame.clock.stage('localize'):
        return localizer.propose(frame.depth, frame.unit_m, frame.intrinsics, near_m, far_m, views)


def search(
    backend: Backend,
    frame: Frame,
    localizer: Localizer,
    config: EstimatorConfig,
    max_hands: int,
    remembered: Sequence[Point] = (),
    views: Views = WHOLE,
) -> list[Seen]:
    """
    Return up to max_hands hands of a frame, the likeliest first.

    A cube that was put beside a hand shows where the hand is: a second look is centred on it.
    ``remembered``: where a hand is to be expected whatever the localiser says. ``views``: those
    that the localiser takes.
    """
    places = propose(frame, localizer, config, views)
    known = [place.center_m for place in places]
    reached = [place for place in remembered if is_in_range(place, config)]
    places += [Proposal(one, 0.0) for one in reached if is_apart(one, known, SAME_HAND_M)]
    seen = distinct(look_at(backend, frame, places, config))
    for _ in range(_REFINEMENTS):
        seen = seen[: max_hands + _SPARE_FINALISTS]
        if not seen:
            return []
        hopeful = [one for one in seen if not one.evidence or one.score >= _HOPELESS_SCORE]
        closer = [Proposal(one.center_m, one.score, one.evidence) for one in hopeful]
        seen = distinct([*seen, *look_at(backend, frame, closer, config)])
    return [one for one in seen[:max_hands] if one.is_hand(config)]


def look_at(
    backend: Backend, frame: Frame, places: Sequence[Proposal], config: EstimatorConfig
) -> list[Seen | None]:
    """Look at proposals, with what the localiser knows of them."""
    centers = [place.center_m for place in places]
    return look(backend, frame, centers, config, [place.evidence for place in places])


def distinct(seen: Iterable[Seen | None]) -> list[Seen]:
    """Return what was seen, the likeliest first, each hand once."""
    ordered = sorted((one for one in seen if one is not None), key=lambda one: -one.score)
    kept: list[Seen] = []
    for one in ordered:
        if is_apart(one.center_m, [other.center_m for other in kept], SAME_HAND_M):
            kept.append(one)
    return kept


def is_apart(point: Point, others: Sequence[Point], least_m: float) -> bool:
    """Say whether a point (3,) is farther than least_m from all others."""
    return all(float(np.linalg.norm(point - other)) >= least_m for other in others)


def is_in_range(point: Point, config: EstimatorConfig) -> bool:
    """Say whether a point (3,) lies between the depths that are looked at."""
    return bool(config.depth_min_m <= point[2] <= config.depth_max_m)
