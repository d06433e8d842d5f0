# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Build the TensorRT engines of a model for this machine's GPU, so that the node starts with it.

Takes minutes, needs the GPU. The engine is checked against float32 PyTorch and kept in
~/.cache/dense_hand_pose/engines; it fits this GPU and these versions only. Exit status 1, with
the reason, when there is none in the end.
"""

import argparse

from .common import CommandError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--model', default='auto', help='model name or .safetensors file, or auto')
    parser.add_argument(
        '--precision',
        choices=('auto', 'float16', 'float32'),
        default='auto',
        help='auto: float16 if its joints agree with float32, else float32 (default: auto)',
    )
    parser.add_argument(
        '--batch',
        type=int,
        choices=(1, 4),
        action='append',
        help='crops at a time: 1 follows a hand, 4 follows several and searches (default: both)',
    )
    parser.add_argument(
        '--force', action='store_true', help='build again, also where an earlier build failed'
    )


def run(args: argparse.Namespace) -> int:
    """Build the engine and say where it is."""
    from dense_hand_pose.network.weight_file import WeightsError
    from dense_hand_pose.runtimes.base import BackendError, Wanted
    from dense_hand_pose.runtimes.host import why_no_tensorrt
    from dense_hand_pose.runtimes.registry import find_model

    try:
        model = find_model(args.model, 'tensorrt')
        wanted = Wanted(model=model, precision=args.precision)
        _ = model.config  # a file that is no model is named first
    except WeightsError as error:
        raise CommandError(str(error), status=2) from error
    missing = why_no_tensorrt()
    if missing is not None:
        raise CommandError(f'no TensorRT engine can be built here: {missing}')
    from dense_hand_pose.runtimes.tensorrt.backend import BATCHES, build

    try:
        print(build(wanted, _say, batches=args.batch or BATCHES, force=args.force))
    except BackendError as error:
        raise CommandError(str(error)) from error
    return 0


def _say(text: str) -> None:
    print(text, flush=True)
