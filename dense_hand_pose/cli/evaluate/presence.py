# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure a model's presence and handedness head on held-out synthetic crops.

As many crops without a hand are classified as with one.
"""

import argparse
import json

from ..common import add_out_argument, CommandError, whole_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare which model is measured, and on how many crops."""
    parser.add_argument(
        '--crops',
        '--frames',
        dest='crops',
        type=whole_number('a number of crops from 1 to 1000000', low=1, high=1_000_000),
        default=2000,
        metavar='N',
        help='number of crops with a hand (default: 2000)',
    )
    parser.add_argument(
        '--model', default='default', help='model name or .safetensors file (default: default)'
    )
    add_out_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Ask the network about all crops, print the tables and write metrics.json."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    from dense_hand_pose.evaluation.presence import measure_presence
    from dense_hand_pose.network.weight_file import find_weights, write_atomically
    from dense_hand_pose.network.weights import load_weights

    try:
        summary, tables = measure_presence(load_weights(find_weights(args.model)), args.crops)
        if args.out is not None:
            args.out.mkdir(parents=True, exist_ok=True)
            write_atomically(args.out / 'metrics.json', json.dumps(summary, indent=2).encode())
    except (OSError, ValueError) as error:
        raise CommandError(str(error), status=2) from error
    print(tables)
    return 0
