# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The part of ``evaluate`` that measures prediction files against labels."""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from ._common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.datasets.facts import DatasetFacts
    from dense_hand_pose.evaluation.comparison import Errors

_SUSPICIOUS_MM = 150.0
"""A mean error about as large as a hand: the files hardly show the same frames."""


def measure_files(args: argparse.Namespace) -> int:
    """Read all files, print the table, write the results; CommandError for a wrong file."""
    from dense_hand_pose.datasets.facts import DATASETS

    facts = DATASETS[args.dataset]
    names = _names(args.predictions)
    try:
        errors_m = _read_errors(args, facts, names)
    except (OSError, ValueError) as error:  # a missing file, a wrong line
        raise CommandError(str(error), status=2) from error
    if args.out is not None:
        _prepare(args.out)
    from dense_hand_pose.evaluation.comparison import summarise, table

    figures = {
        name: summarise(errors, facts.skeleton, args.paper_thresholds)
        for name, errors in errors_m.items()
    }
    frames = len(next(iter(errors_m.values())))
    print(f'{facts.title}: {frames} frames, {len(facts.skeleton)} joints')
    print(table(figures))
    _warn(facts, frames, figures)
    if args.out is not None:
        document = {'dataset': facts.name, 'frames': frames, 'predictions': figures}
        _write(args.out, facts, document, errors_m)
        print(f'results in {args.out}/')
    return 0


def _names(paths: Sequence[Path]) -> list[str]:
    """Return a short name for each file: its stem, or its path where stems repeat."""
    if repeated := [path for path, count in Counter(paths).items() if count > 1]:
        raise CommandError(f'--predictions: {repeated[0]} is given twice', status=2)
    stems = Counter(path.stem for path in paths)
    return [path.stem if stems[path.stem] == 1 else str(path) for path in paths]


def _prepare(out: Path) -> None:
    """Make the folder of the results, and see that plots can be drawn."""
    try:
        import matplotlib  # noqa: F401 (missing: say so before anything is printed)

        out.mkdir(parents=True, exist_ok=True)
    except ImportError as error:
        raise CommandError(f'--out: {error}; pip install matplotlib', status=2) from error
    except OSError as error:
        raise CommandError(str(error), status=2) from error


def _read_errors(
    args: argparse.Namespace, facts: 'DatasetFacts', names: Sequence[str]
) -> 'dict[str, Errors]':
    """Return the joint errors (N, J) in metres of each prediction file."""
    from dense_hand_pose.evaluation.metrics import joint_errors_m
    from dense_hand_pose.evaluation.text_files import read_poses_m

    true_m = read_poses_m(args.labels, facts, args.labels_format or args.format)
    return {
        name: joint_errors_m(read_poses_m(path, facts, args.format, len(true_m)), true_m)
        for name, path in zip(names, args.predictions, strict=True)
    }


def _warn(facts: 'DatasetFacts', frames: int, figures: Mapping[str, Any]) -> None:
    """Say on stderr what makes the figures doubtful."""
    if facts.test_frames not in (None, frames):
        said = f'the labels hold {frames} of the {facts.test_frames} test frames of {facts.title}'
        print(f'note: {said}: not comparable with published figures', file=sys.stderr)
    for name, entry in figures.items():
        mean_mm = entry['mean_joint_error_mm']
        if mean_mm > _SUSPICIOUS_MM:
            said = f'{name} is {mean_mm:.0f} mm off the labels on average'
            print(f'note: {said}: other frames, or another --format?', file=sys.stderr)


def _write(
    out: Path, facts: 'DatasetFacts', document: dict[str, Any], errors_m: 'dict[str, Errors]'
) -> None:
    """Write all files, or raise CommandError for the one that cannot be written."""
    from dense_hand_pose.evaluation import comparison, comparison_plots

    try:
        comparison.write_metrics(out / 'metrics.json', document)
        comparison.write_summary(out / 'summary.csv', document['predictions'])
        comparison.write_per_frame(out / 'per_frame.csv', errors_m)
        comparison_plots.success_curves(out / 'success_curve.png', errors_m)
        comparison_plots.joint_bars(out / 'per_joint.png', errors_m, facts.skeleton)
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error
