# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure a model on held-out synthetic frames: a table, and with --out metrics, CSV and plots.

Every frame is a whole, noisy image of one of the camera models and is taken by itself: once with
the cube around the mean of the true joints, once with the estimator's own search.
"""

import argparse
from pathlib import Path
from typing import Any, TYPE_CHECKING

from ._common import CommandError, whole_number

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.evaluation.synthetic import Answer

DATASETS = ('synthetic-test',)
_CENTERS = {'truth': ('truth',), 'detected': ('detected',), 'both': ('truth', 'detected')}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    frames = whole_number('a number of frames from 1 to 1000000', low=1, high=1_000_000)
    parser.add_argument('--dataset', choices=DATASETS, required=True, help='what to measure on')
    parser.add_argument(
        '--frames', type=frames, default=2000, metavar='N', help='frames (default: %(default)s)'
    )
    parser.add_argument('--model', default='default', help='model name or .safetensors file')
    parser.add_argument('--backend', default='auto', help='what runs the network (default: auto)')
    parser.add_argument(
        '--center',
        choices=tuple(_CENTERS),
        default='both',
        help='true centre of the hand, detected, or both (default: %(default)s)',
    )
    parser.add_argument(
        '--out', type=Path, metavar='DIR', help='folder for metrics.json, CSV and pictures'
    )


def run(args: argparse.Namespace) -> int:
    """Estimate all frames, print the table and write the files."""
    from dense_hand_pose.process import wait_passively

    wait_passively()
    estimator, digest = _set_up(args)
    from dense_hand_pose.evaluation.report import table
    from dense_hand_pose.evaluation.summary import summarise
    from dense_hand_pose.evaluation.synthetic import estimate_frames, FIRST_SEED, tabulate
    from tqdm import tqdm

    answers = estimate_frames(
        estimator,
        args.frames,
        _CENTERS[args.center],
        lambda seeds: tqdm(seeds, unit='frame', dynamic_ncols=True),
    )
    figures = {center: summarise(tabulate(found)) for center, found in answers.items()}
    document = {
        'dataset': args.dataset,
        'frames': args.frames,
        'first_seed': FIRST_SEED,
        'weights_sha256': digest,
        'backend': estimator.backend_name,
        'cube_size_m': estimator.config.cube_size_m,
        'centers': figures,
    }
    print(f'{args.dataset}: {args.frames} frames, model {args.model}, errors in mm')
    print(table(figures))
    if args.out is not None:
        _write(args.out, document, answers)
        print(f'results in {args.out}/')
    return 0


def _set_up(args: argparse.Namespace) -> 'tuple[HandPoseEstimator, str]':
    """Return the estimator and the digest of its weights; CommandError for what cannot work."""
    import hashlib

    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.network.weights import find_weights

    try:
        estimator = HandPoseEstimator.load(args.model, backend=args.backend)
        digest = hashlib.sha256(find_weights(args.model).read_bytes()).hexdigest()
        if args.out is not None:
            import matplotlib  # noqa: F401 (missing: say so before the long part)

            args.out.mkdir(parents=True, exist_ok=True)
    except ImportError as error:
        raise CommandError(f'--out: {error}; pip install matplotlib', status=2) from error
    except (OSError, ValueError, RuntimeError) as error:  # a file, a value, a backend
        raise CommandError(str(error), status=2) from error
    return estimator, digest


def _write(out: Path, document: dict[str, Any], answers: 'dict[str, list[Answer]]') -> None:
    """Write all files, or raise CommandError for the one that cannot be written."""
    import cv2
    from dense_hand_pose.evaluation import plots, report
    from dense_hand_pose.evaluation.synthetic import tabulate
    from dense_hand_pose.evaluation.worst import worst_sheet

    columns = {center: tabulate(found) for center, found in answers.items()}
    try:
        report.write_metrics(out / 'metrics.json', document)
        report.write_per_frame(out / 'per_frame.csv', columns)
        plots.success_curve(out / 'success_curve.png', columns)
        plots.joint_bars(out / 'per_joint.png', document['centers'])
        plots.reliability(out / 'reliability.png', document['centers'])
        for center, found in answers.items():
            encoded = cv2.imencode('.png', worst_sheet(found))[1]
            (out / f'worst_{center}.png').write_bytes(encoded.tobytes())
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error
