# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Following sequences: an estimator that knows the truth, and figures of known answers."""

from dataclasses import replace
from typing import Any

from dense_hand_pose.estimator import EstimatorConfig
from dense_hand_pose.evaluation.metrics.tracking import HandVisibility
from dense_hand_pose.evaluation.scenes.sequences import (
    follow_sequences,
    kind_of,
    open_sequence,
    SequencePart,
    sight_of,
)
from dense_hand_pose.evaluation.scenes.summary import summarise_tracks
from dense_hand_pose.synthesis.frames import SIDES
from dense_hand_pose.synthesis.scenes.motion_scripts import KINDS
import numpy as np
import pytest

FRAMES = 8


class Knowing:
    """An estimator that reads the truth and adds an error, and changes names when it is told."""

    def __init__(self, off_m: float = 0.0, switch_at: int = -1) -> None:
        self.config = EstimatorConfig()
        self.off_m, self.switch_at = off_m, switch_at
        self.sequence, self.frame, self.resets = -1, 0, 0

    def reset(self) -> None:
        """Go on to the next sequence."""
        self.resets += 1
        self.sequence, self.frame = self.sequence + 1, 0

    def estimate_hands(self, depth: Any, intrinsics: Any) -> list[Any]:
        """Return the hands of the next frame."""
        assert self.config.max_hands == 2 and depth.ndim == 2 and intrinsics.fx > 0.0
        hands = open_sequence(self.sequence).hands(self.frame)
        shift = 100 if 0 <= self.switch_at <= self.frame else 0
        self.frame += 1
        return [
            Answer(hand.joints_m + np.array([0, 0, self.off_m]), shift + i, SIDES[hand.side])
            for i, hand in enumerate(hands)
            if hand.visible > 0.1
        ]


class Answer:
    """What is read of a pose."""

    def __init__(self, joints_m: np.ndarray, hand_id: int, side: str) -> None:
        self.joints, self.hand_id, self.side = joints_m, hand_id, side


@pytest.fixture(scope='module')
def known() -> list[Any]:
    return follow_sequences(Knowing(0.01), len(KINDS), frames=FRAMES)  # type: ignore[arg-type]


def test_all_kinds_in_turn() -> None:
    assert [kind_of(i) for i in range(8)] == [*KINDS, 'alone']
    assert open_sequence(3).kind == 'cross'


def test_one_who_knows_makes_no_mistake(known: list[Any]) -> None:
    figures = summarise_tracks(known)
    assert (figures['sequences'], figures['frames']) == (7, 7 * FRAMES)
    assert figures['hands_seen'] > 5 * FRAMES
    for name in ('missed_share', 'false_positives_per_frame', 'false_tracks', 'switches'):
        assert figures[name] == 0, name
    assert figures['mean_joint_error_mm'] == pytest.approx(10.0)
    assert figures['jitter_mm'] == pytest.approx(0.0, abs=1e-9)
    assert figures['side_right'] == 1.0
    assert figures['first_found']['in_time_share'] == 1.0
    assert list(figures['per_kind']) == list(KINDS)
    assert np.isnan(figures['per_kind']['nobody']['missed_share'])


def test_one_who_changes_names_is_caught() -> None:
    estimator = Knowing(switch_at=4)
    answers = follow_sequences(estimator, 1, frames=FRAMES)  # type: ignore[arg-type]
    assert summarise_tracks(answers)['switches'] == 1
    assert estimator.config == EstimatorConfig()
    off = follow_sequences(Knowing(0.05), 1, frames=FRAMES)  # type: ignore[arg-type]
    figures = summarise_tracks(off)
    assert figures['missed_share'] == 1.0 and figures['false_positives_per_frame'] == 1.0
    assert (figures['first_found']['never'], figures['first_found']['most_frames']) == (1, None)


def test_an_interrupted_run_leaves_the_estimator_as_it_was() -> None:
    def stop(parts: Any) -> Any:
        yield next(iter(parts))
        raise KeyboardInterrupt

    estimator = Knowing()
    with pytest.raises(KeyboardInterrupt):
        follow_sequences(estimator, 1, stop, FRAMES)  # type: ignore[arg-type]
    assert estimator.config == EstimatorConfig() and estimator.resets == 2


def test_delays_count_hands_that_come_back(known: list[Any]) -> None:
    counts = replace(known[0].counts, reacquired=(0, 3, 4, None))
    back = summarise_tracks([replace(known[0], counts=counts)])['reacquired']
    assert (back['times'], back['never'], back['most_frames']) == (4, 1, 4)
    assert back['in_time_share'] == 0.5 and back['mean_frames'] == pytest.approx(7 / 3)


def test_states_of_a_hand() -> None:
    assert [sight_of(share) for share in (0.0, 0.1, 0.11, 0.49, 0.5, 1.0)] == [
        *[HandVisibility.HIDDEN] * 2,
        *[HandVisibility.PARTLY] * 2,
        *[HandVisibility.SEEN] * 2,
    ]
    assert SequencePart(1, 2).frame == 2
