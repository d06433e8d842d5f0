# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure a model, or recorded results, on the depth frames of a bag.

Every depth frame passes the estimator that the node uses, and is compared with the bag's ground
truth; without ground truth the figures say how still a resting hand is and how often a hand is
found. --results: the results that a bag holds are measured instead. Exit status 2 for a damaged
bag: what could be read is measured all the same.
"""

import argparse
from collections.abc import Iterable
import math
from pathlib import Path
import sys
from typing import Any, TYPE_CHECKING

from dense_hand_pose.safe_output import printable

from .bag_runs import (
    estimator_config,
    frame_options,
    measure_bags,
    model_choice,
    node_values,
    parameter_facts,
    topic_overrides,
)
from .parameters import sweep
from ..common import add_model_arguments, add_out_argument, CommandError, number, whole_number

if TYPE_CHECKING:
    from dense_hand_pose.bags.frames import BagFrame
    from dense_hand_pose.evaluation.recordings.evaluate import Evaluation, OpenBag


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which parts of a bag are measured, and how."""
    parser.add_argument(
        'bag',
        type=Path,
        nargs='+',
        metavar='PATH',
        help='rosbag2 folder, .mcap, .db3 (also .zstd) or ROS 1 .bag',
    )
    add_out_argument(parser)
    _add_reading_arguments(parser)
    _add_estimator_arguments(parser)
    add_model_arguments(parser)


def _add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which topics and which part of a bag are read, and how."""
    seconds = number('a number of seconds that is not negative', low=0.0)
    parser.add_argument(
        '--results',
        type=Path,
        metavar='BAG',
        help='measure the answers that this bag holds (it may be the same) instead of estimating',
    )
    for name, what in (
        ('depth', 'sensor_msgs/Image or CompressedImage (compressedDepth)'),
        ('camera-info', 'sensor_msgs/CameraInfo'),
        ('truth', 'geometry_msgs/PoseArray with 21 joints; default: /ground_truth/joints'),
        ('results', 'geometry_msgs/PoseArray of the answers'),
    ):
        parser.add_argument(f'--{name}-topic', metavar='NAME', help=f'topic of {what}')
    parser.add_argument(
        '--sync',
        choices=('exact', 'latest_info'),
        default='exact',
        help='camera_info of the same stamp, or the newest before the image (default: exact)',
    )
    parser.add_argument(
        '--image-kind',
        choices=('auto', 'rectified', 'raw'),
        default='auto',
        help='whether a lens bends the images; auto: by the name of the topic (default: auto)',
    )
    parser.add_argument(
        '--depth-unit-mm',
        type=number('a positive length', low=0.0, above=True),
        metavar='U',
        help='millimetres of one unit of depth (default: as the encoding or the bag says)',
    )
    parser.add_argument(
        '--start',
        type=seconds,
        default=-math.inf,
        metavar='S',
        help='seconds after the first stamp (default: all)',
    )
    parser.add_argument(
        '--end',
        type=seconds,
        default=math.inf,
        metavar='S',
        help='seconds after the first stamp (default: the end)',
    )


def _add_estimator_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the settings of the estimator, and what is written beside the report."""
    parser.add_argument(
        '--params-file',
        type=Path,
        metavar='YAML',
        help="the node's parameters, as for ros2 run (what concerns the estimator, model, sync)",
    )
    parser.add_argument(
        '--max-hands',
        type=whole_number('a number of hands from 1 to 4', low=1, high=4),
        metavar='N',
        help='hands that are followed (default: 1, or as the parameters say)',
    )
    parser.add_argument(
        '--sweep',
        action='append',
        type=sweep,
        metavar='NAME=V,V,...',
        help='run once for each value of a parameter (again: for each combination), and compare',
    )
    parser.add_argument(
        '--rerun', type=Path, metavar='FILE', help='write a file for the Rerun viewer (.rrd)'
    )


def run(args: argparse.Namespace) -> int:
    """Measure a bag, print the table, write the files; status 2 for a damaged bag."""
    from dense_hand_pose.bags.reader import BagError
    from dense_hand_pose.evaluation.recordings.evaluate import drop_lines

    bags: list[Path] = args.bag
    if len(bags) > 1 or args.sweep:
        return measure_bags(args, bags)
    args.bag = bags[0]
    _check(args)
    try:
        bag, evaluation = _evaluate(args)
    except BagError as error:
        raise CommandError(str(error), status=2) from error
    kind = 'estimated' if args.results is None else f'answers in {printable(args.results)}'
    print(f'{printable(args.bag)}: {printable(bag.topics.depth)}, {kind}')
    print(evaluation.table())
    _write(args, bag, evaluation)
    for note in bag.notes:
        print(f'note: {note}', file=sys.stderr)
    for line in drop_lines(evaluation.recording):
        print(line, file=sys.stderr)
    if evaluation.damage:
        raise CommandError(
            f'{evaluation.damage}; what could be read up to there was measured', status=2
        )
    return _status(args, evaluation)


def _check(args: argparse.Namespace) -> None:
    """Refuse what could not be done at the end, before the long part."""
    from dense_hand_pose.evaluation.recordings.evaluate import RESULT_BAG
    from dense_hand_pose.evaluation.recordings.tables import load_rerun, RerunMissingError

    if args.start >= args.end:
        raise CommandError(f'--start {args.start:g} is not before --end {args.end:g}', status=2)
    if args.results_topic is not None and args.results is None:
        raise CommandError('--results-topic is one of --results BAG: give both', status=2)
    try:
        if args.rerun is not None:
            load_rerun()
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
            if (args.out / RESULT_BAG).exists():
                raise CommandError(
                    f'{args.out / RESULT_BAG} exists: remove it or name another --out', status=2
                )
    except (RerunMissingError, OSError) as error:
        raise CommandError(str(error), status=2) from error


def _evaluate(args: argparse.Namespace) -> 'tuple[OpenBag, Evaluation]':
    """Open the bag and get its answers."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    from dense_hand_pose.evaluation.recordings import evaluate

    wishes = topic_overrides(args)
    values = node_values(args)
    bag = evaluate.open_bag(
        args.bag, wishes, frame_options(args, values), calibrated=args.results is None
    )
    if args.results is not None:
        return bag, evaluate.measure_bag(bag, args.results, wishes, _progress)
    return bag, _estimate(args, bag, values)


def _estimate(args: argparse.Namespace, bag: 'OpenBag', values: dict[str, Any]) -> 'Evaluation':
    """Run the estimator over the bag."""
    from dense_hand_pose.evaluation.recordings.batch import load_estimator
    from dense_hand_pose.evaluation.recordings.evaluate import estimate_bag

    try:
        estimator, facts = load_estimator(model_choice(args, values), estimator_config(values))
    except (OSError, ValueError, RuntimeError) as error:  # a file, a value, a backend
        raise CommandError(str(error), status=2) from error
    return estimate_bag(bag, estimator, _progress, {**facts, **parameter_facts(args)})


def _progress(frames: 'Iterable[BagFrame]', total: int) -> 'Iterable[BagFrame]':
    """Show a bar while frames are used."""
    from tqdm import tqdm

    bar: Iterable[BagFrame] = tqdm(
        frames, total=total, unit='frame', dynamic_ncols=True, disable=None
    )
    return bar


def _write(args: argparse.Namespace, bag: 'OpenBag', evaluation: 'Evaluation') -> None:
    """Write what was asked for, or raise CommandError."""
    from dense_hand_pose.evaluation.recordings.evaluate import write_evaluation
    from dense_hand_pose.evaluation.recordings.tables import write_rerun

    try:
        if args.out is not None:
            write_evaluation(args.out, bag, evaluation)
            print(f'results in {args.out}/, the report is report.html')
        if args.rerun is not None:
            write_rerun(args.rerun, evaluation.recording)
            print(f'{args.rerun}: open it with `rerun {args.rerun}`')
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error


def _status(args: argparse.Namespace, evaluation: 'Evaluation') -> int:
    """Return 1, with the reason, where not one frame was answered."""
    document = evaluation.document
    if document['frames_answered']:
        return 0
    causes = ', '.join(f'{cause} ({n})' for cause, n in document['dropped_by_cause'].items())
    remedy = ''
    if 'no_camera_info' in document['dropped_by_cause'] and args.sync == 'exact':
        remedy = '; do the stamps of camera_info differ? try --sync latest_info'
    print(f'{printable(args.bag)}: no frame was answered: {causes}{remedy}', file=sys.stderr)
    return 1
