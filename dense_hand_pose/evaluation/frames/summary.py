# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The figures of a test as metrics.json holds them: as a whole, per joint, per camera, per side.

The names are those of evaluation/streams.py where they mean the same. Lengths are
millimetres, shares run from 0 to 1, null stands for "nothing to measure".
"""

from collections.abc import Sequence
import math
from typing import Any

from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt

from .protocol import FrameEstimates
from ..figures import error_figures, rounded
from ..metrics import joint_errors
from ..metrics.calibration import Bin, confidence_bins, CONFIDENT, split_by_confidence

Floats = npt.NDArray[np.float64]
Figures = dict[str, Any]


def summarise(answers: FrameEstimates) -> Figures:
    """Return all figures of the answers with one kind of centre."""
    errors, found = answers.errors_m, answers.found
    whole = figures(errors, found)
    overall_mm = whole['mean_joint_error_mm']
    return {
        **whole,
        'other_hand_share': rounded(float((answers.other & found).mean())),
        'per_joint': _joints(errors[found]),
        'per_camera': _groups(answers, answers.cameras, overall_mm),
        'per_side': _groups(answers, answers.sides, overall_mm),
        'reliability': _reliability(answers),
    }


def figures(errors_m: Floats, found: npt.NDArray[np.bool_]) -> Figures:
    """
    Return the figures of errors (N, J) in metres, inf where nothing was estimated.

    Errors are those of the reported hands, found (N,); under ``refused_too`` those of all
    estimates. ``frames_under_mm`` is a share of all frames.
    """
    reported = np.where(found[:, None], errors_m, np.inf)
    return {
        'frames': len(found),
        'frames_with_hand': int(found.sum()),
        'no_hand_share': rounded(1.0 - found.mean()),
        **_errors(errors_m[found]),
        'frames_under_mm': {
            threshold: rounded(share)
            for threshold, share in joint_errors.frames_under_mm(reported).items()
        },
        'refused_too': _errors(errors_m[np.isfinite(errors_m).all(axis=1)]),
    }


def _errors(errors_m: Floats) -> Figures:
    """Return mean, median and 95th percentile of errors (N, J), None of nothing."""
    return dict(rounded(error_figures(errors_m)))


def _joints(errors_m: Floats) -> Figures:
    """Return the figures of each joint's errors (N, J)."""
    return {name: _errors(errors_m[:, [j]]) for j, name in enumerate(HAND_21.joints)}


def _groups(answers: FrameEstimates, labels: Sequence[str], overall_mm: float | None) -> Figures:
    """Return the figures of the frames of each label, and how far each mean is from all."""
    named = np.array(labels)
    groups = {}
    for label in sorted(set(labels)):
        chosen = named == label
        groups[label] = figures(answers.errors_m[chosen], answers.found[chosen])
    for group in groups.values():
        own_mm = group['mean_joint_error_mm']
        known = own_mm is not None and overall_mm
        group['mean_against_all'] = rounded(own_mm / overall_mm - 1.0) if known else None
    return groups


def _reliability(answers: FrameEstimates) -> Figures:
    """Return the errors of joints by their confidence."""
    columns = answers.confidence[answers.found], answers.errors_m[answers.found]
    others, confident = split_by_confidence(*columns)
    ratio = confident.mean_error_m / others.mean_error_m if others.joints else math.nan
    return {
        'threshold': CONFIDENT,
        'confident': _of_bin(confident),
        'others': _of_bin(others),
        'error_ratio': rounded(ratio),
        'bins': [_of_bin(entry) for entry in confidence_bins(*columns)],
    }


def _of_bin(entry: Bin) -> Figures:
    """Return a bin under the names of metrics.json."""
    return {
        'low': rounded(entry.low),
        'high': rounded(entry.high),
        'joints': entry.joints,
        'mean_confidence': rounded(entry.mean_confidence),
        'mean_joint_error_mm': rounded(1000.0 * entry.mean_error_m),
    }
