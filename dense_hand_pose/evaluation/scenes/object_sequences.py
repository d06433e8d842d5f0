# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Held-out sequences of hands and an object: followed, and searched frame by frame without a past.

Sequence i is of kind OBJECT_KINDS[i % 4] and depends on i alone; its seed is
TEST_OBJECT_SEQUENCES[i]. Following must report all hands in at least as many frames as searching.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from dense_hand_pose.estimator import HandPose, HandPoseEstimator
from dense_hand_pose.synthesis.scenes.full_scene import SceneHand
from dense_hand_pose.synthesis.scenes.object_sequence import FRAMES, OBJECT_KINDS, ObjectSequence
from dense_hand_pose.synthesis.seeds import TEST_OBJECT_SEQUENCES

from .detection import MAX_HANDS
from .report import table_row
from .sequences import SequencePart
from ..figures import decimal, percent
from ..metrics.matching import score_frame

Figures = dict[str, Any]
PER_FRAMES: Final = 2000
"""False hands are told for this number of frames."""


@dataclass
class FoundCounts:
    """
    What was found in the frames of a sequence.

    complete: frames in which each hand that must be found was; busy: frames with such hands; seen
    and missed: hands over all frames; false: reported hands that are none.
    """

    busy: int = 0
    complete: int = 0
    seen: int = 0
    missed: int = 0
    false: int = 0

    def add(self, hands: Sequence[SceneHand], poses: Sequence[HandPose]) -> None:
        """Count a frame."""
        score = score_frame(
            [hand.joints_m.mean(axis=0) for hand in hands],
            [hand.present for hand in hands],
            [pose.joints.mean(axis=0) for pose in poses],
        )
        present = sum(hand.present for hand in hands)
        self.busy += present > 0
        self.complete += present > 0 and not score.missed
        self.seen += present
        self.missed += len(score.missed)
        self.false += len(score.false)


@dataclass
class ObjectAnswer:
    """A sequence: its number, kind, frames, and what was found by following and by searching."""

    index: int
    kind: str
    frames: int = 0
    followed: FoundCounts = field(default_factory=FoundCounts)
    searched: FoundCounts = field(default_factory=FoundCounts)


def object_kind_of(index: int) -> str:
    """Return the kind of a sequence of the test."""
    return list(OBJECT_KINDS)[index % len(OBJECT_KINDS)]


def open_object_sequence(index: int) -> ObjectSequence:
    """Return sequence ``index`` of the test."""
    return ObjectSequence(object_kind_of(index), TEST_OBJECT_SEQUENCES[index])


def follow_objects(
    estimator: HandPoseEstimator,
    sequences: int,
    progress: Callable[[Iterable[SequencePart]], Iterable[SequencePart]] = iter,
    frames: int = FRAMES,
) -> list[ObjectAnswer]:
    """Run the first sequences of the test in both ways, with room for MAX_HANDS hands."""
    given = estimator.config
    config = replace(given, max_hands=MAX_HANDS)
    follower, searcher = (estimator.without_past(config) for _ in range(2))
    answers = [ObjectAnswer(index, object_kind_of(index)) for index in range(sequences)]
    sequence = None
    for part in progress([SequencePart(s, f) for s in range(sequences) for f in range(frames)]):
        if part.frame == 0 or sequence is None:
            sequence = open_object_sequence(part.sequence)
            follower.reset()
        answer, scene = answers[part.sequence], sequence.frame(part.frame)
        searcher.reset()
        answer.frames += 1
        for counts, one in ((answer.followed, follower), (answer.searched, searcher)):
            counts.add(scene.hands, one.estimate_hands(scene.depth_m, scene.intrinsics))
    return answers


def summarise_objects(answers: Sequence[ObjectAnswer]) -> Figures:
    """Return the figures of all sequences and of each kind; NaN for nothing to measure."""
    kinds = {kind: [one for one in answers if one.kind == kind] for kind in OBJECT_KINDS}
    return {
        **_figures(answers),
        'per_kind': {kind: _figures(chosen) for kind, chosen in kinds.items() if chosen},
    }


def _figures(answers: Sequence[ObjectAnswer]) -> Figures:
    frames = sum(answer.frames for answer in answers)
    return {
        'sequences': len(answers),
        'frames': frames,
        'followed': _counted([answer.followed for answer in answers], frames),
        'searched': _counted([answer.searched for answer in answers], frames),
    }


def _counted(counts: Sequence[FoundCounts], frames: int) -> Figures:
    busy, seen = sum(one.busy for one in counts), sum(one.seen for one in counts)
    complete = sum(one.complete for one in counts)
    false = sum(one.false for one in counts)
    return {
        'complete_frames': complete,
        'complete_share': complete / busy if busy else float('nan'),
        'recall': 1.0 - sum(one.missed for one in counts) / seen if seen else float('nan'),
        'false_hands': false,
        'false_per_2000_frames': PER_FRAMES * false / frames if frames else float('nan'),
    }


def object_lines(figures: Figures) -> list[str]:
    """Return the lines that are printed of summarise_objects."""
    frames = figures['frames']
    lines = [f'sequences with an object: {figures["sequences"]}, {frames} frames']
    names = ('all f.', 'searched', 'found', 'searched', 'false/2k', 'searched')
    lines.append(table_row('followed, and searched alone', names))
    for name, one in [('all', figures), *figures['per_kind'].items()]:
        followed, searched = one['followed'], one['searched']
        cells = [
            form(way[key])
            for key, form in (
                ('complete_share', percent),
                ('recall', percent),
                ('false_per_2000_frames', decimal),
            )
            for way in (followed, searched)
        ]
        lines.append(table_row(f'  {name}', cells))
    return lines
