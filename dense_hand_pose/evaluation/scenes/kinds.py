# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Held-out scenes of named kinds (synthesis/scenes/situations.py), and the rates of each kind.

Scene i of a kind depends on kind and i alone; its seed is TEST_SITUATIONS[i]. The reliability of
the published score is measured on these and on the random scenes together.
"""

from collections.abc import Callable, Iterable, Sequence
import csv
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from dense_hand_pose.estimator import HandPoseEstimator
from dense_hand_pose.safe_output import text_file
from dense_hand_pose.synthesis.scenes.full_scene import render_full_frame, sample_situation
from dense_hand_pose.synthesis.scenes.situations import EMPTY, SITUATIONS
from dense_hand_pose.synthesis.seeds import TEST_SITUATIONS
import numpy as np

from .detection import answer_scene, MAX_HANDS, SceneAnswer, TestScene, with_truth
from .report import table_row
from ..figures import decimal, percent
from ..metrics.calibration import expected_calibration_error, reliability_bins

Figures = dict[str, Any]
_STREAM: Final = 11
GROUPS: Final = {
    'empty': tuple(EMPTY),
    'holding': tuple(name for name in SITUATIONS if name.startswith('holding_')),
    'camera': tuple(name for name in SITUATIONS if name.startswith('camera_')),
    'cut': ('cut',),
    'two': tuple(name for name in SITUATIONS if name.startswith('two_')),
}
"""Kinds that are counted together, too."""


_SHARES: Final = ('recall', 'all_found', 'false_scenes')


class KindPart(NamedTuple):
    """A scene of the test: its kind, and its number among those of the kind."""

    kind: str
    number: int


def render_kind(kind: str, index: int) -> TestScene:
    """Render scene ``index`` of a kind; ValueError for an unknown kind or a negative number."""
    if index < 0:
        raise ValueError(f'index = {index}: must not be negative')
    number = list(SITUATIONS).index(kind) if kind in SITUATIONS else 0
    rng = np.random.default_rng([TEST_SITUATIONS[index], number, _STREAM])
    scene = sample_situation(rng, kind)
    return with_truth(scene, render_full_frame(scene, rng))


def estimate_kinds(
    estimator: HandPoseEstimator,
    each: int,
    progress: Callable[[Iterable[KindPart]], Iterable[KindPart]] = iter,
) -> list[SceneAnswer]:
    """Estimate the first ``each`` scenes of every kind, each by itself, as estimate_scenes."""
    given = estimator.config
    config = replace(given, max_hands=MAX_HANDS)
    estimator.config = replace(config, min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    parts = [KindPart(kind, index) for kind in SITUATIONS for index in range(each)]
    try:
        return [
            answer_scene(estimator, render_kind(*part), config, part.number, part.kind)
            for part in progress(parts)
        ]
    finally:
        estimator.config = given
        estimator.reset()


def summarise_kinds(answers: Sequence[SceneAnswer]) -> Figures:
    """Return the figures of each kind, and of the kinds of each of GROUPS together."""
    present = [kind for kind in SITUATIONS if any(answer.kind == kind for answer in answers)]
    return {
        'per_kind': {
            kind: kind_figures([one for one in answers if one.kind == kind]) for kind in present
        },
        'per_group': {
            group: kind_figures([one for one in answers if one.kind in kinds])
            for group, kinds in GROUPS.items()
            if set(kinds) & set(present)
        },
    }


def kind_figures(answers: Sequence[SceneAnswer]) -> Figures:
    """
    Return the rates of some scenes, NaN for nothing to measure.

    recall: of the hands that must be found; all_found: share of the scenes with hands in which
    each of them was; false_scenes: share of the scenes with a false hand.
    """
    scores = [answer.score() for answer in answers]
    hands = sum(hand.present for answer in answers for hand in answer.hands)
    found = sum(len(score.pairs) for score in scores)
    complete = [
        not score.missed for answer, score in zip(answers, scores, strict=True) if answer.hands
    ]
    return {
        'scenes': len(answers),
        'hands': hands,
        'recall': found / hands if hands else float('nan'),
        'all_found': float(np.mean(complete)) if complete else float('nan'),
        'false_scenes': float(np.mean([bool(s.false) for s in scores])) if scores else np.nan,
        'false_hands': sum(len(score.false) for score in scores),
    }


def summarise_reliability(answers: Sequence[SceneAnswer]) -> Figures:
    """
    Return the reliability of the published scores: of reported hands, and of all candidates.

    A hand beside one that need not be found is left out. error: the expected calibration error.
    """
    return {
        'reported': _reliability([(one, one.reported) for one in answers]),
        'candidates': _reliability([(one, one.found) for one in answers]),
    }


def _reliability(chosen: Sequence[tuple[SceneAnswer, Sequence[Any]]]) -> Figures:
    scores, right = [], []
    for answer, found in chosen:
        outcome = answer.score(found)
        for place, is_right in [
            *((place, True) for _, place in outcome.pairs),
            *((place, False) for place in outcome.false),
        ]:
            scores.append(found[place].score)
            right.append(is_right)
    bins = reliability_bins(scores, right)
    return {
        'hands': len(scores),
        'error': expected_calibration_error(bins),
        'bins': [asdict(one) for one in bins],
    }


def kind_lines(kinds: Figures, reliability: Figures) -> list[str]:
    """Return the lines that are printed of summarise_kinds and summarise_reliability."""
    names = ('hands', 'found', 'all found', 'false sc.')
    lines = [table_row('by kind of scene', names)]
    for name, one in [*kinds['per_group'].items(), *kinds['per_kind'].items()]:
        cells = (str(one['hands']), *(percent(one[key]) for key in _SHARES))
        lines.append(table_row(f'  {name} ({one["scenes"]})', cells))
    error = {name: decimal(one['error'], 3) for name, one in reliability.items()}
    said = f'{error["reported"]} (reported), {error["candidates"]} (all candidates)'
    return [*lines, f'calibration error of the score: {said}']


def write_kinds(path: Path, kinds: Figures) -> None:
    """Write a row per kind of scene; a cell is empty where there is nothing to measure."""
    with text_file(path) as file:
        writer = csv.writer(file, lineterminator='\n')
        writer.writerow(('kind', 'scenes', 'hands', *_SHARES, 'false_hands'))
        for kind, one in kinds['per_kind'].items():
            shares = [f'{one[key]:.4f}' if one[key] == one[key] else '' for key in _SHARES]
            writer.writerow([kind, one['scenes'], one['hands'], *shares, one['false_hands']])
