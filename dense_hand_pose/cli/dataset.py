# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Check the files of a public data set: frames of each part, subjects, and what is wrong.

Exit status: 0 complete, 1 something is missing or wrong (the first problem is on stderr),
2 wrong arguments. docs/datasets.md shows the layouts that are expected.
"""

import argparse
from pathlib import Path

from .common import CommandError, whole_number

DATASETS = ('nyu', 'icvl', 'msra')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    images = whole_number('a number of images from 0', low=0)
    parser.add_argument('action', choices=('check',), help='what to do')
    parser.add_argument('dataset', choices=DATASETS, help='which data set')
    parser.add_argument('root', type=Path, metavar='ROOT', help='folder that holds it')
    parser.add_argument(
        '--images',
        type=images,
        default=20,
        metavar='N',
        help='images to read in each part (default: %(default)s)',
    )
    parser.add_argument(
        '--partial', action='store_true', help='accept fewer frames than the official set has'
    )


def run(args: argparse.Namespace) -> int:
    """Print what is there; CommandError for the first problem."""
    if not args.root.is_dir():
        raise CommandError(f'{args.root} is not a folder: expected that of {args.dataset}', 2)
    try:
        from dense_hand_pose.datasets.opening import check
        import scipy  # noqa: F401 (missing: say so before the long part)
    except ImportError as error:
        raise CommandError(f'{error}; pip install scipy', 2) from error
    found = check(args.dataset, args.root, args.images, args.partial)
    print(f'{args.dataset} in {args.root}')
    for line in found.lines:
        print(f'  {line}')
    if found.problems:
        more = f' ({len(found.problems)} problems in all)' if len(found.problems) > 1 else ''
        raise CommandError(f'{found.problems[0]}{more}')
    print('no problem found')
    return 0
