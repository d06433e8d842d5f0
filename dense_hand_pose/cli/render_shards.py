# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Render the crops of a training beforehand, into files that `train --shards DIR` reads.

Any CPU can do it, several machines side by side (--part 1/3, 2/3, 3/3 into one folder, or into
folders whose files are put together afterwards). Stopped by Ctrl-C, it goes on where it was. The
training computes the same with shards as without: what they lack, it renders.
"""

import argparse
import os
from pathlib import Path
import sys

from .common import CommandError, configuration, whole_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument(
        '--config', type=Path, required=True, metavar='YAML', help='of the training'
    )
    parser.add_argument('--out', type=Path, required=True, metavar='DIR', help='folder of shards')
    parser.add_argument(
        '--crops',
        type=whole_number('a number of crops from 1 on', low=1),
        default=0,
        metavar='N',
        help='crops that the training will see (default: samples of the YAML)',
    )
    parser.add_argument(
        '--part', default='1/1', metavar='K/N', help='the part of this machine (default: 1/1)'
    )
    parser.add_argument(
        '--processes',
        type=whole_number('a number of processes from 1 to 256', low=1, high=256),
        metavar='N',
        help='processes that render (default: one for each core)',
    )


def run(args: argparse.Namespace) -> int:
    """Render what the folder lacks; exit status 2 when the configuration is wrong."""
    from dense_hand_pose.training.config import load_config
    from dense_hand_pose.training.data.render_shards import Part, plan, reading_rate, render
    from dense_hand_pose.training.data.shards import Shards
    from tqdm import tqdm

    try:
        shards = plan(load_config(configuration(args.config)), args.crops)
        part = Part.parse(args.part)
    except ValueError as error:
        raise CommandError(str(error), status=2) from error
    processes = args.processes or len(os.sched_getaffinity(0))
    with tqdm(total=1, unit='shard', file=sys.stderr, disable=None) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        try:
            done = render(args.out, shards, part, processes, show)
            written = Shards(args.out)
            rate = reading_rate(written)
        except (OSError, ValueError) as error:
            raise CommandError(str(error)) from error
    size = sum((args.out / shard.name).stat().st_size for shard in written.shards)
    crops = sum(shard.seeds * shard.count for shard in written.shards)
    if done.made:
        print(
            f'{done.made} shards of {done.crops} crops in {done.spent_s:.1f} s: '
            f'{done.crops / done.spent_s:.0f} crops/s by {processes} processes'
        )
    print(
        f'{args.out}: {len(written.shards)} shards, {crops} crops, {size / crops:.0f} bytes a '
        f'crop; one core reads {rate:.0f} crops/s'
    )
    return 0
