# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The part of ``evaluate`` that measures a model on held-out synthetic hands."""

import argparse
from pathlib import Path
from typing import Any, TYPE_CHECKING

from .model import load_model, MODEL_OPTIONS, prepare_folder
from ..common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.evaluation.frames.protocol import Answer

CENTERS = {'truth': ('truth',), 'detected': ('detected',), 'both': ('truth', 'detected')}
"""The values of --center and the kinds of centre that they measure."""
OPTIONS: dict[str, Any] = {'frames': 2000, 'center': 'both', **MODEL_OPTIONS}
"""The options of this data set and their defaults; the parser's own are None (evaluate.py)."""


def measure_hands(args: argparse.Namespace) -> int:
    """Estimate all frames, print the table and write the files."""
    from dense_hand_pose.process import wait_passively

    wait_passively()
    estimator, digest = load_model(args)
    prepare_folder(args.out)
    from dense_hand_pose.evaluation.frames.protocol import estimate_frames, FIRST_SEED, tabulate
    from dense_hand_pose.evaluation.frames.report import table
    from dense_hand_pose.evaluation.frames.summary import summarise
    from tqdm import tqdm

    answers = estimate_frames(
        estimator,
        args.frames,
        CENTERS[args.center],
        lambda seeds: tqdm(seeds, unit='frame', dynamic_ncols=True, disable=None),
    )
    figures = {center: summarise(tabulate(found)) for center, found in answers.items()}
    document = {
        'dataset': args.dataset,
        'frames': args.frames,
        'first_seed': FIRST_SEED,
        'weights_sha256': digest,
        'backend': estimator.backend_name,
        'precision': estimator.precision,
        'cube_size_m': estimator.config.cube_size_m,
        'centers': figures,
    }
    print(f'{args.dataset}: {args.frames} frames, model {args.model}, errors in mm')
    print(table(figures))
    if args.out is not None:
        _write(args.out, document, answers)
        print(f'results in {args.out}/')
    return 0


def _write(out: Path, document: dict[str, Any], answers: 'dict[str, list[Answer]]') -> None:
    """Write all files, or raise CommandError for the one that cannot be written."""
    from dense_hand_pose.evaluation.frames import report
    from dense_hand_pose.evaluation.frames.protocol import tabulate
    from dense_hand_pose.evaluation.frames.report import worst_sheet
    from dense_hand_pose.visualization import png_bytes

    columns = {center: tabulate(found) for center, found in answers.items()}
    try:
        report.write_metrics(out / 'metrics.json', document)
        report.write_per_frame(out / 'per_frame.csv', columns)
        report.success_curve(out / 'success_curve.png', columns)
        report.joint_bars(out / 'per_joint.png', document['centers'])
        report.reliability(out / 'reliability.png', document['centers'])
        for center, found in answers.items():
            (out / f'worst_{center}.png').write_bytes(png_bytes(worst_sheet(found)))
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error
