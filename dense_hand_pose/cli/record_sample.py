# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Make a small bag of a synthetic hand: depth, camera_info and ground truth.

`ros2 bag play` plays it and `evaluate bag` measures it; no camera and no ROS are needed. The
same options give the same bytes.
"""

import argparse
from pathlib import Path

from .common import CommandError, number, whole_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    seconds = number('a number of seconds up to 600', low=0.0, high=600.0, above=True)
    rate = number('a rate up to 240 Hz', low=0.0, high=240.0, above=True)
    pixels = whole_number('a number of pixels from 64 to 2048', low=64, high=2048)
    seed = whole_number('a whole number that is not negative', low=0)
    parser.add_argument('--out', type=Path, required=True, metavar='BAG', help='folder to make')
    parser.add_argument(
        '--storage',
        choices=('mcap', 'sqlite3'),
        default='mcap',
        help='format; Humble plays mcap with ros-humble-rosbag2-storage-mcap (default: mcap)',
    )
    parser.add_argument('--seconds', type=seconds, default=3.0, metavar='S', help='(default: 3)')
    parser.add_argument('--rate', type=rate, default=30.0, metavar='HZ', help='(default: 30)')
    parser.add_argument('--width', type=pixels, default=640, metavar='PX', help='(default: 640)')
    parser.add_argument('--height', type=pixels, default=480, metavar='PX', help='(default: 480)')
    parser.add_argument('--seed', type=seed, default=0, metavar='N', help='which gestures')
    parser.add_argument('--side', choices=('right', 'left'), default='right', help='which hand')


def run(args: argparse.Namespace) -> int:
    """Write the bag."""
    from dense_hand_pose.bags.sample import SampleOptions, write_sample
    from tqdm import tqdm

    options = SampleOptions(
        seconds=args.seconds,
        rate_hz=args.rate,
        width=args.width,
        height=args.height,
        seed=args.seed,
        side=args.side,
    )
    try:
        write_sample(
            args.out,
            options,
            args.storage,
            lambda frames: tqdm(frames, unit='frame', dynamic_ncols=True, disable=None),
        )
    except FileExistsError as error:
        raise CommandError(str(error), status=2) from error
    except OSError as error:
        raise CommandError(f'cannot write {args.out}: {error}') from error
    print(f'{args.out}: {options.frames} frames of {args.width}x{args.height}, {args.storage}')
    print(f'measure it: python -m dense_hand_pose evaluate bag {args.out} --out DIR')
    return 0
