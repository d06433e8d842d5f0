# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Write the URDF of a hand with measured bone lengths.

The lengths come from a bag, in which a hand of the side is shown for three seconds or more, or
from a JSON file: {"bone_lengths_m": {"thumb_metacarpal": 0.04, ...}} with the length from its
parent to each joint but the wrist. The node's ~/joint_states pose it.
"""

import argparse
import json
from pathlib import Path
import sys
from typing import TYPE_CHECKING

from dense_hand_pose.safe_output import reason_of

from .common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.kinematics.fitted_hand import FittedHand
    import numpy as np
    import numpy.typing as npt

_LARGEST_FILE = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--side', choices=('right', 'left'), required=True, help='which hand')
    lengths = parser.add_mutually_exclusive_group(required=True)
    lengths.add_argument('--bag', type=Path, metavar='BAG', help='a bag that shows the hand')
    lengths.add_argument('--lengths', type=Path, metavar='FILE', help='a JSON file of lengths')
    parser.add_argument('--model', default='auto', help='model name or .safetensors file, or auto')
    parser.add_argument('--backend', default='auto', help='what runs the network (default: auto)')
    parser.add_argument(
        '--out', type=Path, metavar='FILE', help='file to write (default: standard output)'
    )


def run(args: argparse.Namespace) -> int:
    """Write the URDF."""
    from dense_hand_pose.kinematics.urdf import hand_urdf

    shape_m = _shape_of_file(args.lengths) if args.bag is None else _shape_of_bag(args)
    text = hand_urdf(args.side, shape_m)
    if args.out is None:
        sys.stdout.write(text)
        return 0
    try:
        args.out.write_text(text, encoding='utf-8')
    except OSError as error:
        raise CommandError(f'cannot write {args.out}: {error}') from error
    return 0


def _shape_of_file(path: Path) -> 'npt.NDArray[np.float64]':
    """Return the shape of a file of lengths; CommandError for what is none."""
    from dense_hand_pose.kinematics.urdf import shape_from_lengths
    from dense_hand_pose.skeleton import HAND_21
    import numpy as np

    names = HAND_21.joints[1:]
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise CommandError(f'{path} is larger than a list of 20 lengths', status=2)
        given = json.loads(path.read_text(encoding='utf-8'))['bone_lengths_m']
        if set(given) != set(names):
            odd = sorted(set(given) ^ set(names))
            raise CommandError(
                f'{path}: bone_lengths_m has not the joints {", ".join(names)}: '
                f'look at {", ".join(map(str, odd))}',
                status=2,
            )
        return shape_from_lengths(np.array([given[name] for name in names], dtype=np.float64))
    except CommandError:
        raise
    except Exception as error:  # JSON's errors, its depth, and what is no mapping of numbers
        raise CommandError(
            f'{path}: {reason_of(error)}; expected JSON '
            '{"bone_lengths_m": {"thumb_metacarpal": 0.04, ...}} in metres',
            status=2,
        ) from error


def _shape_of_bag(args: argparse.Namespace) -> 'npt.NDArray[np.float64]':
    """Return the shape of the hand in a bag, and print how it was found."""
    hand = _longest_seen(args)
    if hand is None:
        raise CommandError(f'{args.bag} shows no {args.side} hand')
    if not hand.held:
        print(
            f'note: {args.bag} shows the {args.side} hand for less than 2.5 s with confidence: '
            'its lengths are not settled',
            file=sys.stderr,
        )
    return hand.shape_m


def _longest_seen(args: argparse.Namespace) -> 'FittedHand | None':
    """Return the newest fit of the hand of the side that was tracked for most frames."""
    from dense_hand_pose.estimator import HandPoseEstimator
    from dense_hand_pose.live.bag_source import BagSource
    from dense_hand_pose.live.source import SourceError, track_hands
    from tqdm import tqdm

    best, most = None, 0
    try:
        source = BagSource(args.bag)
        estimator = HandPoseEstimator.load(args.model, backend=args.backend)
        frames = tqdm(source, unit='frame', dynamic_ncols=True, disable=None)
        for _, hands in track_hands(frames, estimator):
            for pose in hands:
                fit = pose.fit
                if fit is not None and fit.side == args.side and pose.frames_seen >= most:
                    best, most = fit, pose.frames_seen
    except (SourceError, ValueError, RuntimeError) as error:
        raise CommandError(str(error), status=2) from error
    return best
