# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The ``study`` command: train the paper's systems alike, compare them, explore the decoder."""

import argparse
from pathlib import Path
import shlex
import sys

from .common import CommandError

_SAMPLES, _CROPS = 20_000, 2_000
_QUICK = 4


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``study``."""
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR',
        help='folder for the trained networks; a broken study is carried on',
    )  # fmt: skip
    parser.add_argument(
        '--report', type=Path, metavar='FILE', help='page to write (default: DIR/study.md)'
    )
    parser.add_argument(
        '--samples', type=int, default=_SAMPLES, help='hands for each training (%(default)s)'
    )
    parser.add_argument(
        '--crops', type=int, default=_CROPS, help='held-out crops to measure on (%(default)s)'
    )
    parser.add_argument(
        '--network', choices=('paper', 'default'), default='paper', help='widths and stem'
    )
    parser.add_argument('--processes', type=int, default=1, metavar='N', help='of each training')
    parser.add_argument('--threads', type=int, default=0, metavar='N', help='of each process')
    parser.add_argument('--seed', type=int, default=1, help='of all trainings (%(default)s)')
    parser.add_argument(
        '--quick', action='store_true',
        help='tiny networks and a handful of hands: tries the command, shows nothing',
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Run the study; exit status 2 when the arguments are wrong."""
    from dense_hand_pose.runtimes.process import keep_memory, wait_passively

    wait_passively()
    keep_memory()
    from dense_hand_pose.study.run import run_study, StudyRequest
    from dense_hand_pose.training.config import TrainingConfig

    try:
        if args.crops < 1:
            raise ValueError(f'--crops {args.crops}: expected 1 or more')
        common = TrainingConfig(
            samples=_QUICK if args.quick else args.samples,
            batch_size=2 if args.quick else 32,
            warmup_steps=1 if args.quick else 50,
            validation_samples=_QUICK if args.quick else 400,
            optimiser='muon',
            learning_rate=3e-3,
            schedule='wsd',  # so that a larger study may carry a smaller one on
            processes=args.processes,
            threads=args.threads,
            seed=args.seed,
        )
    except ValueError as error:
        print(f'study: {error}', file=sys.stderr)
        return 2
    request = StudyRequest(
        out=args.out,
        report=args.report or args.out / 'study.md',
        common=common,
        network=args.network,
        crops=_QUICK if args.quick else args.crops,
        command=_command(args),
        tiny=args.quick,
    )
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        return run_study(request)
    except OSError as error:  # a folder or a page that cannot be written
        raise CommandError(str(error), status=2) from error


def _command(args: argparse.Namespace) -> str:
    """Return the command that makes the same study again."""
    names = ('out', 'report', 'samples', 'crops', 'network', 'processes', 'threads', 'seed')
    given = [f'--{n} {shlex.quote(str(v))}' for n in names if (v := getattr(args, n)) is not None]
    return ' '.join(['python -m dense_hand_pose study', *given, *['--quick'] * args.quick])
