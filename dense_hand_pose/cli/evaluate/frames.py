# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure a model on whole depth frames, one by one: held-out synthetic ones or recorded ones.

Without FILE every frame is a whole, noisy image of one of the camera models. With FILE the frames
are those of the .npz files, or of all .npz files in a folder. Each frame is estimated by itself,
once with the cube around the mean of the true joints, once with the estimator's own search.
"""

import argparse
import csv
from pathlib import Path
from typing import Any, TYPE_CHECKING

from dense_hand_pose.safe_output import text_file, write_file
from dense_hand_pose.synthesis.seeds import TEST_FRAMES

from ..common import (
    add_model_arguments,
    add_out_argument,
    CommandError,
    load_model,
    prepare_folder,
    whole_number,
)

if TYPE_CHECKING:
    from dense_hand_pose.evaluation.frames.protocol import FrameEstimate
    from dense_hand_pose.evaluation.frames.recorded import RecordedResult

CENTERS = {'truth': ('truth',), 'detected': ('detected',), 'both': ('truth', 'detected')}
DATASET = 'synthetic-test'
"""The name of the synthetic frames in metrics.json."""
SKELETONS = ('hand21', 'msra21')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which frames are measured, and how."""
    parser.add_argument(
        'files', nargs='*', type=Path, metavar='FILE', help='recorded frames (default: synthetic)'
    )
    parser.add_argument(
        '--frames',
        type=whole_number('a number of frames from 1 to 1000000', low=1, high=1_000_000),
        metavar='N',
        help='number of synthetic frames (default: 2000)',
    )
    parser.add_argument(
        '--center',
        choices=tuple(CENTERS),
        default='both',
        help='true centre of the hand, detected, or both (default: both)',
    )
    parser.add_argument(
        '--skeleton',
        choices=SKELETONS,
        help='order of the joints in the files (default: hand21)',
    )
    add_out_argument(parser)
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Measure recorded frames where files are given, synthetic ones elsewhere."""
    if args.files:
        if args.frames is not None:
            raise CommandError('--frames is the number of synthetic frames: leave out FILE', 2)
        return measure_recorded(args, args.files, args.skeleton or SKELETONS[0])
    if args.skeleton is not None:
        raise CommandError('--skeleton is the order of joints in files: name a FILE', 2)
    args.frames = 2000 if args.frames is None else args.frames
    return _measure_synthetic(args)


def _measure_synthetic(args: argparse.Namespace) -> int:
    """Estimate all frames, print the table and write the files."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    estimator, digest = load_model(args)
    prepare_folder(args.out)
    from dense_hand_pose.evaluation.frames.protocol import estimate_frames, tabulate
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
        'dataset': DATASET,
        'frames': args.frames,
        'first_seed': TEST_FRAMES.start,
        'weights_sha256': digest,
        'backend': estimator.backend_name,
        'precision': estimator.precision,
        'cube_size_m': estimator.config.cube_size_m,
        'centers': figures,
    }
    print(f'{DATASET}: {args.frames} frames, model {args.model}, errors in mm')
    print(table(figures))
    if args.out is not None:
        _write_synthetic(args.out, document, answers)
        print(f'results in {args.out}/')
    return 0


def _write_synthetic(
    out: Path, document: dict[str, Any], answers: 'dict[str, list[FrameEstimate]]'
) -> None:
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
            write_file(out / f'worst_{center}.png', png_bytes(worst_sheet(found)))
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error


def measure_recorded(args: argparse.Namespace, paths: list[Path], skeleton: str) -> int:
    """Estimate the frames of all files, print the table and write the files; status 0."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    estimator, digest = load_model(args)
    prepare_folder(args.out)
    from dense_hand_pose.evaluation.frames import recorded
    from dense_hand_pose.evaluation.frames.depth_frames import (
        frame_files,
        FrameFileError,
        read_frames,
    )

    try:
        files = frame_files(paths)
        frames = (frame for file in files for frame in read_frames(file, skeleton))
        results = recorded.estimate_recorded(estimator, frames, CENTERS[args.center])
    except FrameFileError as error:
        raise CommandError(str(error), 2) from error
    figures = {center: recorded.summarise(found) for center, found in results.items()}
    print(f'{len(files)} files, model {args.model}, errors in mm')
    print(recorded.table(figures))
    if args.out is not None:
        document = {
            'files': [str(file) for file in files],
            'skeleton': skeleton,
            'weights_sha256': digest,
            'backend': estimator.backend_name,
            'precision': estimator.precision,
            'centers': figures,
        }
        _write_recorded(args.out, document, results)
        print(f'results in {args.out}/')
    return 0


def _write_recorded(
    out: Path, document: dict[str, Any], results: 'dict[str, list[RecordedResult]]'
) -> None:
    """Write metrics.json, per_frame.csv and the sheets, or raise CommandError."""
    from dense_hand_pose.evaluation.frames.recorded import sheet
    from dense_hand_pose.evaluation.frames.report import write_metrics
    from dense_hand_pose.visualization import png_bytes

    try:
        write_metrics(out / 'metrics.json', document)
        with text_file(out / 'per_frame.csv') as file:
            _write_recorded_rows(csv.writer(file, lineterminator='\n'), results)
        for center, found in results.items():
            if found:
                write_file(out / f'worst_{center}.png', png_bytes(sheet(found)))
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error


def _write_recorded_rows(writer: Any, results: 'dict[str, list[RecordedResult]]') -> None:
    """Write a row a frame and centre; figures are empty where nothing was estimated."""
    from dense_hand_pose.evaluation.frames.recorded import mean_error_m

    writer.writerow(('frame', 'center', 'reported', 'score', 'side', 'mean_error_mm'))
    for center, found in results.items():
        for one in found:
            error = mean_error_m(one)
            score, side = (
                ('', '') if one.pose is None else (f'{one.pose.score:.4f}', one.pose.side)
            )
            text = '' if error is None else f'{1000.0 * error:.4f}'
            writer.writerow((one.frame.name, center, int(one.reported), score, side, text))
