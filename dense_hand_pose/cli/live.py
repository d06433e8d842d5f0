# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Follow hands from a depth camera to a skeleton on the screen, without ROS.

Sources: realsense (the extra `realsense`), oak (the extra `oak`), bag PATH, synthetic. Without
--window or --rerun it prints a line a second. Ctrl-C ends it. Exit status 1 where the
source cannot be opened, goes silent or has no frame.
"""

import argparse
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from .common import CommandError, number

if TYPE_CHECKING:
    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.live.source import Source
    from dense_hand_pose.live.view import HandView


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        '--source', choices=('realsense', 'oak', 'bag', 'synthetic'), required=True, help='camera'
    )
    parser.add_argument(
        'path', nargs='?', type=Path, metavar='PATH', help='the bag of --source bag'
    )
    parser.add_argument('--serial', default='', help='which of several cameras')
    views = parser.add_mutually_exclusive_group()
    views.add_argument('--window', action='store_true', help='show depth and skeletons')
    views.add_argument(
        '--rerun',
        nargs='?',
        const='',
        metavar='FILE',
        help="start Rerun's viewer (extra `rerun`), or write an .rrd file for it",
    )
    parser.add_argument(
        '--seconds',
        type=number('a number of seconds above 0', low=0.0, above=True),
        help="length by the frames' stamps (default: until the source ends)",
    )
    parser.add_argument('--model', default='default', help='model name or .safetensors file')
    parser.add_argument('--backend', default='auto', help='what runs the network (default: auto)')


def run(args: argparse.Namespace) -> int:
    """Show the hands of a source until it ends."""
    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.live.open_source import open_source
    from dense_hand_pose.live.source import SourceError
    from dense_hand_pose.live.view import ViewError

    try:
        estimator = HandPoseEstimator.load(args.model, backend=args.backend)
        view = _view(args)
        try:
            paced = args.window or args.rerun == ''
            source = open_source(args.source, args.path, args.serial, paced)
            try:
                frames = _show(source, view, estimator, args.seconds)
            finally:
                source.close()
        finally:
            view.close()
    except (SourceError, ViewError, OSError, RuntimeError) as error:
        raise CommandError(str(error)) from error
    except ValueError as error:
        raise CommandError(str(error), status=2) from error
    if not frames:
        raise CommandError(f'{source.name} has no frame that can be used')
    return 0


def _view(args: argparse.Namespace) -> 'HandView':
    """Open what shows the hands."""
    if args.window:
        from dense_hand_pose.live.view import WindowView

        return WindowView(f'dense_hand_pose: {args.source}')
    if args.rerun is not None:
        from dense_hand_pose.live.rerun_view import RerunView

        return RerunView(Path(args.rerun) if args.rerun else None)
    from dense_hand_pose.live.view import TextView

    return TextView(lambda line: print(line, flush=True))


def _show(
    source: 'Source', view: 'HandView', estimator: 'HandPoseEstimator', seconds: float | None
) -> int:
    """Show frames until the source, the time or the view ends; return their number."""
    from dense_hand_pose.live.source import track_hands

    print(f'{source.name}; Ctrl-C ends', file=sys.stderr, flush=True)
    count, first_s = 0, None
    for frame, hands in track_hands(source, estimator):
        if first_s is None or frame.restarts:
            first_s = frame.stamp_s
        if seconds is not None and frame.stamp_s - first_s >= seconds:
            break
        count += 1
        if not view.show(frame, hands):
            break
    print(f'{count} frames', file=sys.stderr, flush=True)
    return count
