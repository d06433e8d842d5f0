# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Train a network on synthetic hands or on a data set, as a YAML file says.

With config/train/presence.yaml: train the head that classifies whether a crop shows a hand,
and which; the weights of --init stay as they are. --init may be the folder of a training, of which
the running average is taken.
"""

import argparse
from dataclasses import replace
from pathlib import Path
import sys

from .common import CommandError, configuration, weights


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``train``."""
    parser.add_argument(
        '--config',
        type=Path,
        required=True,
        metavar='YAML',
        help='a file, or a name of config/train/ (default, detector, verdict)',
    )
    parser.add_argument(
        '--out', type=Path, required=True, metavar='DIR',
        help='folder for checkpoint, log.csv and weights.safetensors',
    )  # fmt: skip
    parser.add_argument(
        '--resume', action='store_true', help='carry on with the checkpoint in DIR'
    )
    parser.add_argument(
        '--init', type=Path, metavar='WEIGHTS',
        help='start from these weights, a file or a shipped name, with a fresh optimiser',
    )  # fmt: skip
    parser.add_argument(
        '--data', type=Path, metavar='ROOT',
        help='folder of the data set, where the YAML names one; with data: searched, of the '
        'places, which are gathered there at first by the weights of --init; with data: '
        'unlabelled, of the bags, whose hands are cut out at first by the teacher',
    )  # fmt: skip
    parser.add_argument(
        '--shards', type=Path, metavar='DIR',
        help='crops that `render-shards` has rendered; what the folder lacks is rendered here',
    )  # fmt: skip
    parser.add_argument(
        '--held-out', metavar='SUBJECT', help='of MSRA, P0 to P8 (default: as the YAML says)'
    )
    parser.add_argument(
        '--processes', type=int, metavar='N',
        help='share every batch among N processes of this machine (default: as the YAML says)',
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """Train; exit status 2 when the arguments or the configuration are wrong."""
    from dense_hand_pose.runtimes.process import keep_memory, wait_passively

    wait_passively()
    keep_memory()
    from dense_hand_pose.training.config import load_config
    from dense_hand_pose.training.presence.config import trains_presence

    args.config = configuration(args.config)
    if trains_presence(args.config):
        return _train_presence(args)
    if args.resume and args.init is not None:
        raise CommandError('--resume and --init exclude each other: choose one', 2)
    args.init = None if args.init is None else weights(args.init)
    from dense_hand_pose.runtimes.base import BackendError
    from dense_hand_pose.training.data.unlabelled import ensure_unlabelled_crops
    from dense_hand_pose.training.launch import launch, TrainingRequest
    from dense_hand_pose.training.mining.places import ensure_mined_crops

    try:
        config = load_config(args.config)
        given = {'processes': args.processes, 'held_out': args.held_out}
        config = replace(config, **{k: v for k, v in given.items() if v is not None})
        if config.data == 'searched':
            ensure_mined_crops(args.data, config, args.init, args.resume)
        if config.data == 'unlabelled':
            ensure_unlabelled_crops(args.data, config)
    except (OSError, ValueError, BackendError) as error:
        print(f'train: {error}', file=sys.stderr)
        return 2
    return launch(
        TrainingRequest(
            config=config,
            out=args.out,
            resume=args.resume,
            init=args.init,
            root=args.data,
            shards=args.shards,
        )
    )


def _train_presence(args: argparse.Namespace) -> int:
    """Train the presence and handedness head; CommandError with status 2 for wrong arguments."""
    for name in ('resume', 'data', 'held_out', 'processes', 'shards'):
        if getattr(args, name):
            raise CommandError(
                f'--{name.replace("_", "-")} does not go with the training of a presence head', 2
            )
    if args.init is None:
        raise CommandError('a presence head is trained on weights: add --init WEIGHTS', 2)
    from dense_hand_pose.training.presence.train import train_presence

    try:
        tables = train_presence(args.config, weights(args.init), args.out)
    except (OSError, ValueError) as error:
        raise CommandError(str(error), 2) from error
    print(tables)
    print(f'weights, card and figures in {args.out}/')
    return 0
