# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The ``predict`` command: the test frames of NYU, ICVL or MSRA through a trained network."""

import argparse
from pathlib import Path

from .common import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``predict``."""
    parser.add_argument(
        '--run', type=Path, required=True, metavar='DIR', help='folder that `train` has filled'
    )
    parser.add_argument(
        '--data', type=Path, required=True, metavar='ROOT', help='folder of its data set'
    )
    parser.add_argument(
        '--out', type=Path, required=True, metavar='FILE', help='predictions, u v d per joint'
    )
    parser.add_argument(
        '--labels', type=Path, required=True, metavar='FILE', help='ground truth, the same way'
    )


def run(args: argparse.Namespace) -> int:
    """Write both files; CommandError for what cannot be read."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    from dense_hand_pose.training.runs import predict

    try:
        frames = predict(args.run, args.data, args.out, args.labels)
    except (OSError, ValueError) as error:
        raise CommandError(str(error), status=2) from error
    print(f'{frames} frames in {args.out}, their labels in {args.labels}')
    return 0
