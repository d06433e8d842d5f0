# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures of sequences as metrics.json holds them: of all, and of each kind."""

from collections.abc import Sequence
from typing import Any, Final

from dense_hand_pose.synthesis.scenes.motion_scripts import KINDS
import numpy as np

from .sequences import SequenceAnswer
from ..metrics.tracking import jitter_m

IN_TIME: Final = 3
"""Within so many frames a hand should be found that comes back."""


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
