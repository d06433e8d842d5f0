# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The part of ``evaluate frames`` that measures a model on recorded depth frames."""

import argparse
import csv
from pathlib import Path
from typing import Any, TYPE_CHECKING

from dense_hand_pose.safe_output import text_file, write_file

from .model import load_model, prepare_folder
from ..common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.evaluation.frames.recorded import RecordedResult

CENTERS = {'truth': ('truth',), 'detected': ('detected',), 'both': ('truth', 'detected')}
SKELETONS = ('hand21', 'msra21')


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
        _write(args.out, document, results)
        print(f'results in {args.out}/')
    return 0


def _write(
    out: Path, document: dict[str, Any], results: 'dict[str, list[RecordedResult]]'
) -> None:
    """Write metrics.json, per_frame.csv and the sheets, or raise CommandError."""
    from dense_hand_pose.evaluation.frames.recorded_sheet import sheet
    from dense_hand_pose.evaluation.frames.report import write_metrics
    from dense_hand_pose.visualization import png_bytes

    try:
        write_metrics(out / 'metrics.json', document)
        with text_file(out / 'per_frame.csv') as file:
            _write_rows(csv.writer(file, lineterminator='\n'), results)
        for center, found in results.items():
            if found:
                write_file(out / f'worst_{center}.png', png_bytes(sheet(found)))
    except OSError as error:
        raise CommandError(f'cannot write the results: {error}') from error


def _write_rows(writer: Any, results: 'dict[str, list[RecordedResult]]') -> None:
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
