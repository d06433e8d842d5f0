# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Run a synthetic depth camera, the node and a recorder over ROS 2, and measure the results.

Prints a table and writes overlay.png, skeleton.gif, metrics.json, a rosbag2 (mcap) and logs.
Exit status 1 when nothing was estimated.
"""

import argparse
from pathlib import Path

from .common import CommandError, number, whole_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        '--out', type=Path, default=Path('demo_output'), help='folder (default: %(default)s)'
    )
    parser.add_argument(
        '--seconds',
        type=number('a length in seconds from 1 to 60', low=1.0, high=60.0),
        default=10.0,
        help='length of the stream (default: %(default)s)',
    )
    parser.add_argument(
        '--seed',
        type=whole_number('a whole number from 0', low=0, high=2**31 - 1),
        default=0,
        help='which sequence of gestures (default: %(default)s)',
    )
    parser.add_argument(
        '--side', choices=('right', 'left'), default='right', help='hand (default: %(default)s)'
    )
    parser.add_argument('--model', default='auto', help='model name or .safetensors file, or auto')
    parser.add_argument('--backend', default='auto', help="the node's backend (default: auto)")


def run(args: argparse.Namespace) -> int:
    """Run the demo; every child process has ended when this returns."""
    from dense_hand_pose.demo.processes import catch

    catch()
    try:
        from dense_hand_pose.demo.run import run_demo
        from dense_hand_pose.demo.stream import DemoError, DemoOptions
    except ImportError as error:
        raise CommandError(f'{error}: run `make venv`, then use .venv/bin/python') from error
    options = DemoOptions(
        out=args.out,
        seconds=args.seconds,
        seed=args.seed,
        side=args.side,
        model=args.model,
        backend=args.backend,
    )
    try:
        run_demo(options, say=lambda text: print(text, flush=True))
    except DemoError as error:
        raise CommandError(str(error)) from error
    except ImportError as error:
        raise CommandError(
            f'{error}: source a ROS 2 distribution, or run `make venv` and use .venv/bin/python'
        ) from error
    return 0
