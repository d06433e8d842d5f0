# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Try everything on this machine's GPU in a few minutes, and write a report to paste into an issue.

What is there, TensorRT engine, joints of all runtimes and precisions against float32, tests, speed
and training. Each step has a time limit, and none keeps the others from running. Neither ROS nor a
package index is needed. Without a GPU the report says what could not be tried. Exit status 0.
"""

import argparse
from pathlib import Path
import sys

from .common import CommandError, number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR', help='folder of the report'
    )
    parser.add_argument(
        '--minutes',
        type=number('a number of minutes from 0.1 to 600', low=0.1, high=600.0),
        default=8.0,
        help='time for all steps together (default: 8)',
    )
    parser.add_argument('--model', default='default', help='model name or .safetensors file')
    parser.add_argument(
        '--quick', action='store_true', help='as little as shows that a step works'
    )
    parser.add_argument(
        '--dry-run',
        action='store_true',
        help="try the check itself: the CPU in the GPU's place, PyTorch in that of TensorRT",
    )


def run(args: argparse.Namespace) -> int:
    """Run the steps; exit status 1 where the report cannot be written."""
    from dense_hand_pose.gpu_check.plan import Check
    from dense_hand_pose.gpu_check.run import run_check
    from dense_hand_pose.network.weight_file import find_weights, WeightsError

    try:
        find_weights(args.model)
    except WeightsError as error:
        raise CommandError(str(error), status=2) from error
    check = Check(str(args.out.resolve()), args.model, dry=args.dry_run, quick=args.quick)
    try:
        run_check(check, args.minutes, _say)
    except OSError as error:
        raise CommandError(f'{args.out}: the report cannot be written ({error})') from error
    print(f'{args.out / "report.md"}: paste it into an issue (report.json has every figure)')
    return 0


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
