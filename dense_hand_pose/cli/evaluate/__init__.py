# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Measure a model on a bag or on held-out synthetic frames, or prediction files against labels.

--bag PATH: every depth frame of a rosbag2 bag goes through the estimator that the node uses, and
is measured against the bag's ground truth, or without one by how still and how often a hand is
seen. Exit status 2 for a damaged bag: what could be read is measured all the same.
--dataset synthetic-test: every frame is a whole, noisy image of one of the camera models and is
taken by itself, once with the cube around the mean of the true joints, once with the estimator's
own search. --dataset synthetic-scenes: how hands are found in whole scenes with none, one or two
of them, and followed in sequences in which they come, go, hide and cross. --dataset verdict-test:
so many crops of hands and as many of other places are judged, whether there is a hand and which.
--dataset nyu, icvl, msra: text files with one frame a line, three numbers a joint.
All print a table; --out adds metrics, CSV and plots, for a bag a report in one HTML page.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from . import bag, frames, predictions, presence
from . import scenes as _scenes
from .model import add_model_arguments
from ..common import CommandError, whole_number

SYNTHETIC, SCENES, VERDICT = 'synthetic-test', 'synthetic-scenes', 'verdict-test'
FILES = ('nyu', 'icvl', 'msra')
DATASETS = (SYNTHETIC, SCENES, VERDICT, *FILES)


class _Part(NamedTuple):
    """A part of the command: its options with their defaults, and what runs it."""

    options: dict[str, Any]
    measure: Callable[[argparse.Namespace], int]


_BAGS = _Part(bag.OPTIONS, bag.measure_bag_file)
_PARTS = {
    SYNTHETIC: _Part(frames.OPTIONS, frames.measure_hands),
    SCENES: _Part(_scenes.OPTIONS, _scenes.measure_scenes),
    VERDICT: _Part(presence.OPTIONS, presence.measure_verdict),
    **dict.fromkeys(FILES, _Part(predictions.OPTIONS, predictions.measure_files)),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """
    Declare the options.

    The parser's own defaults are None, so that an option given with another part is noticed.
    """
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument('--dataset', choices=DATASETS, help='what to measure on')
    what.add_argument(
        '--bag',
        type=Path,
        nargs='+',
        metavar='PATH',
        help='rosbag2 folder, .mcap, .db3 (also .zstd) or ROS 1 .bag',
    )
    parser.add_argument(
        '--out', type=Path, metavar='DIR', help='folder for metrics.json, CSV and pictures'
    )
    bag.add_bag_arguments(parser.add_argument_group('with --bag'))
    group = parser.add_argument_group(
        f'with --dataset {SYNTHETIC} or {SCENES} (--model, --backend and --precision with --bag, '
        'too)'
    )
    _add_frame_arguments(group)
    add_model_arguments(group)
    predictions.add_file_arguments(parser.add_argument_group('with --dataset nyu, icvl or msra'))


def _add_frame_arguments(group: 'argparse._ArgumentGroup') -> None:
    """Declare what says which synthetic frames are measured, and how."""
    hands, scenes = frames.OPTIONS, _scenes.OPTIONS
    group.add_argument(
        '--frames',
        type=whole_number('a number of frames from 1 to 1000000', low=1, high=1_000_000),
        metavar='N',
        help=f'frames, or scenes (default: {hands["frames"]}, scenes {scenes["frames"]})',
    )
    group.add_argument(
        '--center',
        choices=tuple(frames.CENTERS),
        help=f'{SYNTHETIC}: true centre of the hand, detected, or both '
        f'(default: {hands["center"]})',
    )
    group.add_argument(
        '--sequences',
        type=whole_number('a number of sequences from 0 to 100000', low=0, high=100_000),
        metavar='N',
        help=f'{SCENES}: sequences of 150 frames (default: {scenes["sequences"]})',
    )
    group.add_argument(
        '--quick',
        action='store_true',
        default=None,
        help=f'{SCENES}: seconds instead of minutes; figures mean little',
    )


def run(args: argparse.Namespace) -> int:
    """Measure, print the table and write the files."""
    said = '--bag' if args.bag is not None else f'--dataset {args.dataset}'
    part = _BAGS if args.bag is not None else _PARTS[args.dataset]
    known = [name for other in (*_PARTS.values(), _BAGS) for name in other.options]
    for name in known:
        if name not in part.options and getattr(args, name) is not None:
            raise CommandError(f'{_option(name)} does not go with {said}', 2)
    for name, default in part.options.items():
        if getattr(args, name) is None:
            setattr(args, name, default)
    if args.dataset in FILES:
        for name in ('predictions', 'labels'):
            if getattr(args, name) is None:
                raise CommandError(f'{said} needs {_option(name)} FILE', 2)
    return part.measure(args)


def _option(name: str) -> str:
    """Return an option as it is written on the command line."""
    return '--' + name.replace('_', '-')
