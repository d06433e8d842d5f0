# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure prediction files of any method against the labels of NYU, ICVL or MSRA.

The files are text: one frame a line, three numbers a joint.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from dense_hand_pose.safe_output import write_file

from ..common import add_out_argument, CommandError, prepare_folder

if TYPE_CHECKING:
    from dense_hand_pose.datasets.facts import DatasetFacts
    from dense_hand_pose.evaluation.predictions.comparison import DepthOf, Floats
    from dense_hand_pose.visualization import Image

DATASETS = ('nyu', 'icvl', 'msra')
_SUSPICIOUS_MM = 150.0
"""A mean error about as large as a hand: the files hardly show the same frames."""
_SAME_LABELS_MM = 10.0
"""Labels of one frame in two files differ by rounding, those of two frames by more."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which files are measured, and how."""
    parser.add_argument(
        '--dataset', choices=DATASETS, required=True, help='camera, joints and axes of the files'
    )
    parser.add_argument(
        '--predictions',
        type=Path,
        nargs='+',
        required=True,
        metavar='FILE',
        help='files to measure',
    )
    parser.add_argument(
        '--labels', type=Path, required=True, metavar='FILE', help='file of the ground truth'
    )
    parser.add_argument(
        '--format',
        choices=('uvd', 'xyz'),
        default='uvd',
        help='numbers of a joint: px px mm, or mm mm mm on the axes of the data set '
        '(default: uvd)',
    )
    parser.add_argument(
        '--labels-format', choices=('uvd', 'xyz'), help='the same for the labels, where it differs'
    )
    parser.add_argument(
        '--paper-thresholds',
        action='store_true',
        help='add the share of frames at <= T + 0.5 mm, as the paper counted',
    )
    parser.add_argument(
        '--images', type=Path, metavar='ROOT', help='folder of the data set, for poses.png'
    )
    parser.add_argument(
        '--part', help='the frames of the labels: a split or an MSRA subject (default: test)'
    )
    add_out_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Read all files, print the table, write the results; CommandError for a wrong file."""
    from dense_hand_pose.datasets.facts import DATASETS

    facts = DATASETS[args.dataset]
    true_m, predicted_m, depth_of = _read(args, facts)
    prepare_folder(args.out)
    from dense_hand_pose.evaluation.metrics.joint_errors import joint_errors_m
    from dense_hand_pose.evaluation.predictions.comparison import summarise, table

    errors_m = {name: joint_errors_m(joints_m, true_m) for name, joints_m in predicted_m.items()}
    figures = {
        name: summarise(errors, facts.skeleton, args.paper_thresholds)
        for name, errors in errors_m.items()
    }
    print(f'{facts.title}: {len(true_m)} frames, {len(facts.skeleton)} joints')
    print(table(figures))
    _warn(facts, len(true_m), figures)
    if args.out is not None:
        from dense_hand_pose.evaluation.predictions.comparison import pose_sheet

        try:
            sheet = pose_sheet(facts, true_m, predicted_m, depth_of)
        except (OSError, ValueError) as error:  # an image that cannot be read
            raise CommandError(str(error), status=2) from error
        document = {'dataset': facts.name, 'frames': len(true_m), 'predictions': figures}
        _write(args.out, facts, document, errors_m, sheet)
        print(f'results in {args.out}/')
    return 0


def _names(paths: Sequence[Path]) -> list[str]:
    """Return a short name for each file: its stem, or its path where stems repeat."""
    if repeated := [path for path, count in Counter(paths).items() if count > 1]:
        raise CommandError(f'--predictions: {repeated[0]} is given twice', status=2)
    stems = Counter(path.stem for path in paths)
    return [path.stem if stems[path.stem] == 1 else str(path) for path in paths]


def _read(
    args: argparse.Namespace, facts: 'DatasetFacts'
) -> 'tuple[Floats, dict[str, Floats], DepthOf | None]':
    """Return labels (N, J, 3) and each file's joints in metres, and where depth comes from."""
    from dense_hand_pose.evaluation.predictions.text_files import read_poses_m

    names = _names(args.predictions)
    try:
        true_m = read_poses_m(args.labels, facts, args.labels_format or args.format)
        predicted_m = {
            name: read_poses_m(path, facts, args.format, len(true_m))
            for name, path in zip(names, args.predictions, strict=True)
        }
        return true_m, predicted_m, _open_images(args, facts, true_m)
    except (OSError, ValueError) as error:  # a missing file, a wrong line
        raise CommandError(str(error), status=2) from error


def _open_images(
    args: argparse.Namespace, facts: 'DatasetFacts', true_m: 'Floats'
) -> 'DepthOf | None':
    """Return what reads the depth of a frame, None without --images."""
    if args.images is None:
        if args.part is not None:
            raise CommandError('--part says which frames of --images ROOT: give both', 2)
        return None
    if args.out is None:
        raise CommandError('--images are shown in poses.png: give --out DIR', status=2)
    from dense_hand_pose.datasets.opening import open_part

    frames = open_part(facts.name, args.images, args.part or 'test')
    if len(frames) != len(true_m):
        said = f'{args.images} has {len(frames)} frames in {frames.split}'
        raise CommandError(f'{said}, {args.labels} has {len(true_m)}', status=2)
    apart_mm = 1000.0 * float(((frames.joints_m - true_m) ** 2).sum(axis=2).max() ** 0.5)
    if apart_mm > _SAME_LABELS_MM:
        said = f'joints of {args.labels} are up to {apart_mm:.0f} mm off those of {args.images}'
        raise CommandError(f'{said}: other frames, or another order?', status=2)
    return lambda frame: frames[frame].depth_m


def _warn(facts: 'DatasetFacts', frames: int, figures: Mapping[str, Any]) -> None:
    """Say on stderr what makes the figures doubtful."""
    if facts.test_frames not in (None, frames):
        said = f'the labels hold {frames} of the {facts.test_frames} test frames of {facts.title}'
        print(f'note: {said}: not comparable with published figures', file=sys.stderr)
    for name, entry in figures.items():
        mean_mm = entry['mean_joint_error_mm']
        if mean_mm == 0.0:
            print(f'note: {name} is the same as the labels', file=sys.stderr)
        if mean_mm > _SUSPICIOUS_MM:
            said = f'{name} is {mean_mm:.0f} mm off the labels on average'
            print(f'note: {said}: other frames, or another --format?', file=sys.stderr)


def _write(
    out: Path,
    facts: 'DatasetFacts',
    document: dict[str, Any],
    errors_m: 'dict[str, Floats]',
    sheet: 'Image',
) -> None:
    """Write all files, or raise CommandError for the one that cannot be written."""
    from dense_hand_pose.evaluation.predictions import comparison
    from dense_hand_pose.visualization import png_bytes

    try:
        comparison.write_metrics(out / 'metrics.json', document)
        comparison.write_summary(out / 'summary.csv', document['predictions'])
        comparison.write_per_frame(out / 'per_frame.csv', errors_m)
        comparison.success_curves(out / 'success_curve.png', errors_m)
        comparison.joint_bars(out / 'per_joint.png', errors_m, facts.skeleton)
        write_file(out / 'poses.png', png_bytes(sheet))
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error
