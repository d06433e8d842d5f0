# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure a model on a bag or on held-out synthetic frames, or prediction files against labels.

--bag PATH: every depth frame of a rosbag2 bag goes through the estimator that the node uses, and
is measured against the bag's ground truth, or without one by how still and how often a hand is
seen. Exit status 2 for a damaged bag: what could be read is measured all the same.
--dataset synthetic-test: every frame is a whole, noisy image of one of the camera models and is
taken by itself, once with the cube around the mean of the true joints, once with the estimator's
own search. --dataset nyu, icvl, msra: text files with one frame a line, three numbers a joint.
All print a table; --out adds metrics, CSV and plots, for a bag a report in one HTML page.
"""

import argparse
from pathlib import Path
from typing import Any, TYPE_CHECKING

from ._bags import add_bag_arguments, measure_bag_file
from ._bags import OPTIONS as _FOR_BAGS
from ._common import CommandError, whole_number
from ._prediction_files import measure_files

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.evaluation.synthetic import Answer

SYNTHETIC = 'synthetic-test'
DATASETS = (SYNTHETIC, 'nyu', 'icvl', 'msra')
_CENTERS = {'truth': ('truth',), 'detected': ('detected',), 'both': ('truth', 'detected')}

# The options of one kind of data set and their defaults. The parser's own defaults are None, so
# that an option given with the other kind is noticed.
_FOR_MODELS: dict[str, Any] = {
    'frames': 2000,
    'model': 'default',
    'backend': 'auto',
    'precision': 'auto',
    'center': 'both',
}
_FOR_FILES: dict[str, Any] = {
    'predictions': None,
    'labels': None,
    'format': 'uvd',
    'labels_format': None,
    'paper_thresholds': False,
    'images': None,
    'part': None,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--dataset', choices=DATASETS, help='what to measure on')
    what.add_argument('--bag', type=Path, metavar='PATH', help='rosbag2 folder, .mcap or .db3')
    parser.add_argument(
        '--out', type=Path, metavar='DIR', help='folder for metrics.json, CSV and pictures'
    )
    add_bag_arguments(parser.add_argument_group('with --bag'))
    _add_model_arguments(
        parser.add_argument_group(
            f'with --dataset {SYNTHETIC} (--model, --backend and --precision with --bag, too)'
        )
    )
    _add_file_arguments(parser.add_argument_group('with --dataset nyu, icvl or msra'))


def _add_model_arguments(group: 'argparse._ArgumentGroup') -> None:
    """Declare what says which model is measured, and how."""
    frames = whole_number('a number of frames from 1 to 1000000', low=1, high=1_000_000)
    defaults = _FOR_MODELS
    group.add_argument(
        '--frames', type=frames, metavar='N', help=f'frames (default: {defaults["frames"]})'
    )
    group.add_argument(
        '--model', help=f'model name or .safetensors file (default: {defaults["model"]})'
    )
    group.add_argument('--backend', help=f'what runs the network (default: {defaults["backend"]})')
    group.add_argument(
        '--precision',
        help='what the network computes in, or auto: the fastest that agrees with float32 '
        f'(default: {defaults["precision"]})',
    )
    group.add_argument(
        '--center',
        choices=tuple(_CENTERS),
        help=f'true centre of the hand, detected, or both (default: {defaults["center"]})',
    )


def _add_file_arguments(group: 'argparse._ArgumentGroup') -> None:
    """Declare what says which files are measured, and how."""
    group.add_argument(
        '--predictions', type=Path, nargs='+', metavar='FILE', help='files to measure'
    )
    group.add_argument('--labels', type=Path, metavar='FILE', help='file of the ground truth')
    group.add_argument(
        '--format',
        choices=('uvd', 'xyz'),
        help='numbers of a joint: px px mm, or mm mm mm on the axes of the data set '
        f'(default: {_FOR_FILES["format"]})',
    )
    group.add_argument(
        '--labels-format', choices=('uvd', 'xyz'), help='the same for the labels, where it differs'
    )
    group.add_argument(
        '--paper-thresholds',
        action='store_true',
        default=None,
        help='add the share of frames at <= T + 0.5 mm, as the paper counted',
    )
    group.add_argument(
        '--images', type=Path, metavar='ROOT', help='folder of the data set, for poses.png'
    )
    group.add_argument(
        '--part', help='the frames of the labels: a split or an MSRA subject (default: test)'
    )


def run(args: argparse.Namespace) -> int:
    """Measure, print the table and write the files."""
    synthetic = args.dataset == SYNTHETIC
    own = _FOR_BAGS if args.bag is not None else _FOR_MODELS if synthetic else _FOR_FILES
    for name in _FOR_MODELS | _FOR_FILES | _FOR_BAGS:
        if name not in own and getattr(args, name) is not None:
            said = '--bag' if args.bag is not None else f'--dataset {args.dataset}'
            raise CommandError(f'{_option(name)} does not go with {said}', 2)
    for name, default in own.items():
        if getattr(args, name) is None:
            setattr(args, name, default)
    if args.bag is not None:
        return measure_bag_file(args)
    if synthetic:
        return _measure_model(args)
    for name in ('predictions', 'labels'):
        if getattr(args, name) is None:
            raise CommandError(f'--dataset {args.dataset} needs {_option(name)} FILE', 2)
    return measure_files(args)


def _option(name: str) -> str:
    """Return an option as it is written on the command line."""
    return '--' + name.replace('_', '-')


def _measure_model(args: argparse.Namespace) -> int:
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


def _set_up(args: argparse.Namespace) -> 'tuple[HandPoseEstimator, str]':
    """Return the estimator and the digest of its weights; CommandError for what cannot work."""
    import hashlib

    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.network.weight_file import find_weights

    try:
        estimator = HandPoseEstimator.load(
            args.model, backend=args.backend, precision=args.precision
        )
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
