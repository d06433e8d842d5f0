# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The figures of whole scenes and of sequences as metrics.json holds them.

Lengths are millimetres, shares run from 0 to 1, NaN stands for "nothing to measure". A hand is
found when the mean of the joints of a reported hand is within GATE_M of that of the true ones.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from dense_hand_pose.synthesis.scenes.motion_scripts import KINDS
import numpy as np
import numpy.typing as npt

from .detection import FoundHand, SceneAnswer, TrueHand
from .sequences import SequenceAnswer
from ..figures import mean
from ..metrics.matching import GATE_M, match_hands
from ..metrics.tracking import jitter_m

Figures = dict[str, Any]
Floats = npt.NDArray[np.float64]
GATES_MM: Final = tuple(range(10, 101, 5))
THRESHOLDS: Final = tuple(round(0.02 * step, 2) for step in range(51))
_DISTANCES_M: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


class Looked(NamedTuple):
    """A hand that had to be found, and what was found of it; None for nothing."""

    scene: SceneAnswer
    hand: TrueHand
    found: FoundHand | None
    at_truth: FoundHand | None


def summarise_scenes(answers: Sequence[SceneAnswer]) -> Figures:
    """Return all figures of the scenes."""
    looked = hands_of(answers)
    without = [answer for answer in answers if not answer.hands]
    false = sum(len(answer.score().false) for answer in answers)
    return {
        'scenes': len(answers),
        'gate_mm': 1000.0 * GATE_M,
        'one_hand': _recall([look for look in looked if look.scene.asked == 1]),
        'two_hands': _two_hands(answers, looked),
        'no_hand': {
            'scenes': len(without),
            'false_positive_share': mean([bool(answer.reported) for answer in without]),
        },
        'false_positives_per_scene': false / len(answers) if answers else float('nan'),
        'all_hands': _group(looked),
        'per_camera': _groups(looked, [look.scene.camera for look in looked]),
        'per_distance_m': _groups(looked, [_distance_name(look.hand) for look in looked]),
        'per_side': _groups(looked, [look.hand.side for look in looked]),
        'recall_under_mm': recall_curve(looked),
        'over_score': threshold_curve(answers),
    }


def hands_of(answers: Sequence[SceneAnswer]) -> list[Looked]:
    """Return every hand that had to be found."""
    out = []
    for answer in answers:
        reported, pairs = answer.reported, dict(answer.score().pairs)
        for place, hand in enumerate(answer.hands):
            if hand.present:
                found = reported[pairs[place]] if place in pairs else None
                out.append(Looked(answer, hand, found, answer.at_truth[place]))
    return out


def recall_curve(looked: Sequence[Looked]) -> dict[str, float]:
    """Return the share of the hands whose centre is found within each of GATES_MM."""
    scenes = {look.scene.index: look.scene for look in looked}
    counts = dict.fromkeys(GATES_MM, 0)
    for scene in scenes.values():
        true = [hand.center_m for hand in scene.hands if hand.present]
        found = [found.center_m for found in scene.reported]
        for gate in GATES_MM:
            counts[gate] += len(match_hands(true, found, gate / 1000.0))
    return {str(gate): _share(count, len(looked)) for gate, count in counts.items()}


def threshold_curve(answers: Sequence[SceneAnswer]) -> dict[str, list[float]]:
    """
    Return recall and false positives for each of THRESHOLDS of the hand's score.

    recall: of all hands; false_positive_share: of the scenes without a hand;
    false_positives_per_scene: in all scenes.
    """
    hands = sum(hand.present for answer in answers for hand in answer.hands)
    without = sum(not answer.hands for answer in answers)
    curve: dict[str, list[float]] = {
        'min_score': list(THRESHOLDS),
        'recall': [],
        'false_positive_share': [],
        'false_positives_per_scene': [],
    }
    for threshold in THRESHOLDS:
        scores = [(answer, answer.score(answer.above(threshold))) for answer in answers]
        found = sum(len(score.pairs) for _, score in scores)
        false = sum(len(score.false) for _, score in scores)
        empty = sum(bool(score.false) for answer, score in scores if not answer.hands)
        curve['recall'].append(_share(found, hands))
        curve['false_positive_share'].append(_share(empty, without))
        curve['false_positives_per_scene'].append(_share(false, len(answers)))
    return curve


def _two_hands(answers: Sequence[SceneAnswer], looked: Sequence[Looked]) -> Figures:
    """Return the figures of the scenes with two hands."""
    scenes = [answer for answer in answers if answer.asked == 2]
    both = [not answer.score().missed for answer in scenes]
    return {
        **_recall([look for look in looked if look.scene.asked == 2]),
        'scenes': len(scenes),
        'both_found': mean(both),
    }


def _recall(looked: Sequence[Looked]) -> Figures:
    """Return how many of the hands were found, and the share whose best answer is the hand."""
    first = [
        look.found is not None and look.found is look.scene.reported[0]
        for look in looked
        if look.scene.asked == 1
    ]
    figures = {'hands': len(looked), 'recall': mean([look.found is not None for look in looked])}
    return {**figures, 'recall_of_the_best': mean(first)} if first else figures


def _group(looked: Sequence[Looked]) -> Figures:
    """Return the figures of some hands; errors are of those found and looked at in both ways."""
    both = [look for look in looked if look.found is not None and look.at_truth is not None]
    detected = _errors_mm([(look.hand, look.found) for look in both])
    at_truth = _errors_mm([(look.hand, look.at_truth) for look in both])
    found = [(look.hand, look.found) for look in looked if look.found is not None]
    everywhere = [(look.hand, look.at_truth) for look in looked if look.at_truth is not None]
    error_mm, best_mm = mean(detected), mean(at_truth)
    known = [f.side == hand.side for hand, f in found if f.side in ('left', 'right')]
    return {
        'hands': len(looked),
        'recall': mean([look.found is not None for look in looked]),
        'center_error_mm': mean(_apart_mm([(h.center_m, f.center_m) for h, f in found])),
        'cube_error_mm': mean(_apart_mm([(h.center_m, f.cube_m) for h, f in found])),
        'mean_joint_error_mm': error_mm,
        'at_true_center_mm': best_mm,
        'detection_costs_mm': error_mm - best_mm,
        'at_true_center_all_mm': mean(_errors_mm(everywhere)),
        'side_right': mean(known),
        'side_unknown': 1.0 - _share(len(known), len(found)),
    }


def _groups(looked: Sequence[Looked], labels: Sequence[str]) -> Figures:
    """Return the figures of the hands of each label."""
    return {
        label: _group([look for look, own in zip(looked, labels, strict=True) if own == label])
        for label in sorted(set(labels))
    }


def _distance_name(hand: TrueHand) -> str:
    """Return the range of distances that a hand is in."""
    place = int(np.searchsorted(_DISTANCES_M[1:-1], hand.center_m[2], side='right'))
    return f'{_DISTANCES_M[place]:.2f}-{_DISTANCES_M[place + 1]:.2f}'


def _errors_mm(pairs: Sequence[tuple[TrueHand, FoundHand | None]]) -> Floats:
    """Return the mean joint error of each estimate, millimetres."""
    return np.array(
        [
            1000.0 * np.linalg.norm(found.joints_m - hand.joints_m, axis=1).mean()
            for hand, found in pairs
            if found is not None
        ]
    )


def _apart_mm(pairs: Sequence[tuple[Floats, Floats]]) -> Floats:
    """Return the distance of the points (3,) of each pair, millimetres."""
    return np.array([1000.0 * np.linalg.norm(b - a) for a, b in pairs])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float('nan')


IN_TIME: Final = 3
"""Frames within which a returning hand should be found."""


def summarise_tracks(answers: Sequence[SequenceAnswer]) -> dict[str, Any]:
    """Return the figures of all sequences and of each kind; NaN for nothing to measure."""
    kinds = {kind: [a for a in answers if a.kind == kind] for kind in KINDS}
    return {
        **_figures(answers),
        'per_kind': {kind: _figures(chosen) for kind, chosen in kinds.items() if chosen},
    }


def _figures(answers: Sequence[SequenceAnswer]) -> dict[str, Any]:
    """Return the figures of some sequences."""
    counts = [answer.counts for answer in answers]
    seen, missed = sum(c.seen for c in counts), sum(c.missed for c in counts)
    frames, false = sum(c.frames for c in counts), sum(c.false_positives for c in counts)
    back = [delay for c in counts for delay in c.reacquired]
    first = [delay for c in counts for delay in c.first_found]
    found = [e for a in answers for hand in a.errors_m for e in hand if e is not None]
    steps = [step for a in answers for hand in a.errors_m for step in jitter_m(hand)]
    sides = [side for answer in answers for side in answer.sides]
    return {
        'sequences': len(answers),
        'frames': frames,
        'hands_seen': seen,
        'missed_share': missed / seen if seen else float('nan'),
        'false_positives_per_frame': false / frames if frames else float('nan'),
        'false_tracks': sum(c.false_tracks for c in counts),
        'switches': sum(c.switches for c in counts),
        'renamed': sum(c.renamed for c in counts),
        'handed_over': sum(c.handed_over for c in counts),
        'first_found': _delays(first),
        'reacquired': _delays(back),
        'mean_joint_error_mm': _mean_mm([np.linalg.norm(e, axis=1).mean() for e in found]),
        'jitter_mm': 1000.0 * float(np.sqrt(np.mean(np.square(steps)))) if steps else float('nan'),
        'side_right': float(np.mean(sides)) if sides else float('nan'),
    }


def _delays(delays: Sequence[int | None]) -> dict[str, Any]:
    """Return how often a hand came into sight, and how soon it was found."""
    known = [delay for delay in delays if delay is not None]
    return {
        'times': len(delays),
        'never': len(delays) - len(known),
        'in_time_share': sum(d <= IN_TIME for d in known) / len(delays) if delays else np.nan,
        'mean_frames': float(np.mean(known)) if known else float('nan'),
        'most_frames': max(known, default=None),
    }


def _mean_mm(values_m: Sequence[Any]) -> float:
    return 1000.0 * float(np.mean(values_m)) if len(values_m) else float('nan')
