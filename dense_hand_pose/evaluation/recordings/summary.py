# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The figures of a recording as metrics.json holds them, and those of time as timing.json does.

The names are those of evaluation/streams.py where they mean the same. Nothing in
metrics.json depends on how fast the machine was.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt

from .records import FrameRecord, HAND, Recording, REMEDIES
from .stability import stability
from ..figures import error_figures, rate_hz, rounded
from ..metrics.joint_errors import frames_under_mm

Floats = npt.NDArray[np.float64]


def summarise_recording(recording: Recording) -> dict[str, Any]:
    """Return all figures that do not depend on time."""
    frames = recording.frames
    stamps = [frame.stamp_ns for frame in frames]
    drops = recording.drops
    return rounded(  # type: ignore[no-any-return]
        {
            'frames': len(frames),
            'frames_answered': sum(frame.answered for frame in frames),
            'frames_with_hand': len(recording.hands),
            'dropped': sum(drops.values()),
            'dropped_by_cause': drops,
            'drop_reasons': {
                cause: {'found': reason, 'remedy': REMEDIES.get(cause, '')}
                for cause, reason in recording.reasons.items()
            },
            'hands_per_frame': _hands_per_frame(frames),
            'camera_rate_hz': rate_hz(stamps),
            'presence': presence(frames),
            'confidence': _confidence(recording.hands),
            'stability': stability(frames),
            'accuracy': accuracy(recording),
        }
    )


def summarise_timing(frames: Sequence[FrameRecord]) -> dict[str, Any]:
    """Return latency and its stages in milliseconds, and the rate that one frame allows."""
    latencies = [frame.latency_ms for frame in frames if frame.latency_ms is not None]
    stages: dict[str, list[float]] = {}
    for frame in frames:
        for name, spent in frame.stages_ms.items():
            stages.setdefault(name, []).append(spent)
    median = np.median(latencies) if latencies else np.nan
    return rounded(  # type: ignore[no-any-return]
        {
            'answers': len(latencies),
            'latency_ms': _spread(latencies),
            'rate_hz_at_median': 1000.0 / median if median > 0.0 else np.nan,
            'stages_ms': {name: _spread(spent) for name, spent in stages.items()},
        },
        digits=3,
    )


def _hands_per_frame(frames: Sequence[FrameRecord]) -> dict[str, int]:
    """Return in how many answered frames there were no, one, two hands and so on."""
    counts = Counter(
        0 if frame.joints_m is None else 1 + len(frame.others)
        for frame in frames
        if frame.answered
    )
    return {str(hands): counts[hands] for hands in sorted(counts)}


def presence(frames: Sequence[FrameRecord]) -> dict[str, Any]:
    """Return how often a hand was reported, how often it was lost and for how long at most."""
    answered = [frame for frame in frames if frame.answered]
    shown = [frame.outcome == HAND for frame in answered]
    losses = sum(before and not now for before, now in pairwise(shown))
    longest_s, begin = 0.0, None
    for frame, hand in zip(answered, shown, strict=True):
        if hand:
            begin = None
            continue
        begin = frame.stamp_ns if begin is None else begin
        longest_s = max(longest_s, (frame.stamp_ns - begin) / 1e9)
    return {
        'share': float(np.mean(shown)) if shown else float('nan'),
        'losses': losses,
        'longest_absence_s': longest_s,
    }


def accuracy(recording: Recording) -> dict[str, Any] | None:
    """
    Return the errors against the ground truth, None without one.

    ``frames_under_mm`` is a share of the answered frames whose truth shows a hand; one without a
    reported hand is a miss.
    """
    known = [f for f in recording.frames if f.answered and f.stamp_ns in recording.truth]
    if not known:
        return None
    true = [f for f in known if recording.truth[f.stamp_ns] is not None]
    found = [e for e in (recording.errors_m(frame) for frame in true) if e is not None]
    errors = np.stack(found) if found else np.empty((0, len(HAND_21)))
    missing = np.full((len(true) - len(found), len(HAND_21)), np.inf)
    under = frames_under_mm(np.concatenate([errors, missing])) if true else None
    false = sum(f.outcome == HAND and recording.truth[f.stamp_ns] is None for f in known)
    return {
        'frames_with_truth': len(known),
        'missed_hands': len(missing),
        'false_hands': false,
        **error_figures(errors),
        'frames_under_mm': under,
        'per_joint': {
            name: error_figures(errors[:, [j]]) for j, name in enumerate(HAND_21.joints)
        },
    }


def _confidence(hands: Sequence[FrameRecord]) -> Mapping[str, float] | None:
    """Return mean and low end of the hands' mean confidences, None where none is known."""
    means = [frame.confidence.mean() for frame in hands if frame.confidence is not None]
    if not means:
        return None
    return {'mean': float(np.mean(means)), 'p5': float(np.percentile(means, 5))}


def _spread(values: Sequence[float]) -> dict[str, float]:
    """Return percentiles and the largest."""
    if not values:
        return dict.fromkeys(('p50', 'p95', 'p99', 'max'), float('nan'))
    p50, p95, p99 = (float(v) for v in np.percentile(values, (50, 95, 99)))
    return {'p50': p50, 'p95': p95, 'p99': p99, 'max': float(max(values))}
