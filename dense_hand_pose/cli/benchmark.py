# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Time every backend and precision side by side, on rendered 640x480 frames, against eager PyTorch.

All take turns of a few frames in one run, with equal cubes; warm-up does not count. Shown are
p50, p95, p99 and maximum of each stage, multiplications a second and the share of what a matrix
product reaches here, and peak memory. --ros: the node instead, over DDS at 30, 60 and 90 Hz,
and how long it takes to start.
"""

import argparse
import json
from pathlib import Path
import sys
import tempfile
from typing import Any

from dense_hand_pose.safe_output import write_file

from .common import CommandError, number, whole_number

_QUICK_FRAMES = 4
_QUICK_SECONDS = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument('--model', default='default', help='model name or .safetensors file')
    parser.add_argument(
        '--frames',
        type=whole_number('a number of frames from 1 to 100000', low=1, high=100_000),
        help='frames of each contender (default: 300)',
    )
    parser.add_argument(
        '--threads',
        type=whole_number('a number of threads from 0 to 256', low=0, high=256),
        default=0,
        help='CPU threads; 0: what each runtime takes by itself (default: 0)',
    )
    parser.add_argument(
        '--backend',
        action='append',
        metavar='NAME',
        help="only this backend beside eager PyTorch (may be repeated); with --ros: the node's",
    )
    parser.add_argument(
        '--quick', action='store_true', help='seconds instead of minutes; figures mean little'
    )
    parser.add_argument('--json', type=Path, metavar='FILE', help='write the figures there')
    parser.add_argument(
        '--markdown', action='store_true', help='print tables as docs/performance.md has them'
    )
    parser.add_argument('--ros', action='store_true', help='measure the node over ROS 2')
    parser.add_argument(
        '--rate',
        type=number('a rate from 1 to 240 Hz', low=1.0, high=240.0),
        action='append',
        metavar='HZ',
        help='with --ros: the rate of the camera (may be repeated; default: 30, 60, 90)',
    )
    parser.add_argument(
        '--seconds',
        type=number('a length in seconds from 1 to 600', low=1.0, high=600.0),
        help='with --ros: length of each stream (default: 60; at most 3000 pictures)',
    )


def run(args: argparse.Namespace) -> int:
    """Measure, print, and write the figures."""
    from dense_hand_pose.runtimes.process import wait_passively

    wait_passively()
    if args.json is not None and not args.json.parent.is_dir():
        raise CommandError(f'{args.json}: its folder does not exist', status=2)
    found = _ros(args) if args.ros else _backends(args)
    if args.json is not None:
        try:
            write_file(args.json, json.dumps(found, indent=1) + '\n')
        except OSError as error:
            raise CommandError(f'{error}: only what is printed above was kept') from error
        _say(f'figures in {args.json}')
    return 0


def _backends(args: argparse.Namespace) -> dict[str, Any]:
    """Measure the backends in this process."""
    if args.rate or args.seconds:
        raise CommandError('--rate and --seconds go with --ros', status=2)
    try:
        from dense_hand_pose.benchmark.run import Options, run_benchmark
        import torch  # noqa: F401 (eager PyTorch is the measure)
    except ImportError as error:
        raise CommandError(f'{error}: the benchmark needs PyTorch; run `make test`') from error
    from dense_hand_pose.benchmark import report
    from dense_hand_pose.runtimes.base import BackendError
    from dense_hand_pose.runtimes.registry import BACKENDS

    unknown = sorted(set(args.backend or ()) - set(BACKENDS[1:]))
    if unknown:
        raise CommandError(f'backend {unknown[0]!r}: expected {", ".join(BACKENDS[1:])}', status=2)
    options = Options(
        model=args.model,
        frames=args.frames or (_QUICK_FRAMES if args.quick else 300),
        threads=args.threads,
        quick=args.quick,
        backends=tuple(args.backend or ()),
    )
    try:
        done = run_benchmark(options, _say)
    except (BackendError, ValueError) as error:  # no backend; a model that is none
        raise CommandError(str(error)) from error
    text = report.markdown if args.markdown else report.plain
    tables = (report.stage_table(done.rows), report.summary_table(done.summaries))
    print('\n\n'.join([report.conditions(done.facts), *(text(table) for table in tables)]))
    for line in report.absent(done.facts):
        print(line)
    return done.as_json()


def _ros(args: argparse.Namespace) -> dict[str, Any]:
    """Measure the node in processes of its own."""
    try:
        from dense_hand_pose.benchmark import machine, report
        from dense_hand_pose.benchmark.figures import as_json
        from dense_hand_pose.benchmark.ros_stream import (
            RATES_HZ,
            RosOptions,
            run_ros_benchmark,
            run_start_benchmark,
        )
        from dense_hand_pose.demo.stream import DemoError
    except ImportError as error:
        raise CommandError(f'{error}: run `make venv`, then use .venv/bin/python') from error
    options = RosOptions(
        model=args.model,
        backend=args.backend[-1] if args.backend else 'auto',
        threads=args.threads,
        seconds=args.seconds or (_QUICK_SECONDS if args.quick else 60.0),
        rates_hz=tuple(args.rate or (RATES_HZ[:1] if args.quick else RATES_HZ)),
    )
    facts = {
        'machine': machine.machine(),
        'versions': machine.versions(),
        'commit': machine.commit(),
        'settings': {'threads': args.threads, 'model': args.model, 'backend': options.backend},
        'load_average_before': machine.load_average(),
    }
    with tempfile.TemporaryDirectory(prefix='hand_pose_benchmark_') as logs:
        try:
            starts = [run_start_benchmark(options, 1 if args.quick else 5, Path(logs), _say)]
            rows = run_ros_benchmark(options, Path(logs), _say)
        except (DemoError, ValueError, ImportError) as error:
            raise CommandError(str(error)) from error
    facts['load_average_after'] = machine.load_average()
    text = report.markdown if args.markdown else report.plain
    tables = (report.ros_table(rows), report.start_table(starts))
    print('\n\n'.join([report.conditions(facts), *(text(table) for table in tables)]))
    return {**facts, 'ros': as_json(rows), 'start': as_json(starts)}


def _say(text: str) -> None:
    """Keep progress apart from the figures."""
    print(text, file=sys.stderr, flush=True)
