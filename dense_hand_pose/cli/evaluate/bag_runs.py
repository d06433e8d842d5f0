# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the options of a bag mean for the estimator, and many runs of them side by side."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
import re
import sys
from typing import Any, TYPE_CHECKING

from dense_hand_pose.safe_output import printable, write_file

from .parameters import combinations, complete, read_parameters, Values
from ..common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.bags.frames import FrameOptions
    from dense_hand_pose.bags.topics import TopicOverrides
    from dense_hand_pose.estimator import EstimatorConfig
    from dense_hand_pose.evaluation.recordings.batch import Job, ModelChoice, Run

TABLE = 'runs.csv'


def given_values(args: argparse.Namespace) -> Values:
    """Return the node's parameters that were given, by full name."""
    given = {} if args.params_file is None else read_parameters(args.params_file)
    if args.max_hands is not None:
        given['roi.max_hands'] = args.max_hands
    return given


def node_values(args: argparse.Namespace) -> Values:
    """Return all parameters of the node, given or default."""
    return complete(given_values(args))


def parameter_facts(args: argparse.Namespace) -> dict[str, Any]:
    """Return what metrics.json says of the parameters, nothing where none was given."""
    given = given_values(args)
    return {'parameters': given} if given else {}


def estimator_config(values: Values) -> 'EstimatorConfig':
    """Return the estimator's configuration; CommandError for values that do not go together."""
    from dense_hand_pose.ros.parameter_table import estimator_config as config_of

    try:
        return config_of(values)
    except ValueError as error:
        raise CommandError(str(error), 2) from error


def model_choice(args: argparse.Namespace, values: Values) -> 'ModelChoice':
    """Return which model runs: the options', else the parameters'."""
    from dense_hand_pose.evaluation.recordings.batch import ModelChoice

    names = {
        'model': 'model.name_or_path',
        'backend': 'model.backend',
        'precision': 'model.precision',
    }
    chosen = {}
    for option, name in names.items():
        given = getattr(args, option)
        chosen[option] = values[name] if given in (None, 'default', 'auto') else given
    return ModelChoice(**chosen)


def frame_options(args: argparse.Namespace, values: Values) -> 'FrameOptions':
    """Return which frames are used, and how: by the options, else by the parameters."""
    from dense_hand_pose.bags.frames import FrameOptions

    return FrameOptions(
        start_s=args.start,
        end_s=args.end,
        sync=values['sync.mode'] if args.sync == 'exact' else args.sync,
        image_kind=values['camera.image_kind'] if args.image_kind == 'auto' else args.image_kind,
        depth_unit_mm=args.depth_unit_mm,
    )


def topic_overrides(args: argparse.Namespace) -> 'TopicOverrides':
    """Return the topics that were named."""
    from dense_hand_pose.bags.topics import TopicOverrides

    return TopicOverrides(
        depth=args.depth_topic,
        camera_info=args.camera_info_topic,
        truth=args.truth_topic,
        results=args.results_topic,
    )


def measure_bags(args: argparse.Namespace, bags: Sequence[Path]) -> int:
    """Run the estimator over all bags with all settings of a sweep, and print one table."""
    from dense_hand_pose.evaluation.recordings.batch import run_jobs, runs_csv, runs_table

    for name in ('results', 'rerun'):
        if getattr(args, name) is not None:
            raise CommandError(f'--{name} takes one bag and no --sweep', 2)
    if args.start >= args.end:
        raise CommandError(f'--start {args.start:g} is not before --end {args.end:g}', 2)
    jobs = _jobs(args, bags)
    runs = list(_shown(run_jobs(jobs), len(jobs)))
    print(runs_table(runs))
    if args.out is not None:
        write_file(args.out / TABLE, runs_csv(runs))
        print(f'results in {printable(args.out)}/, the table is {TABLE}')
    return _status(runs)


def _jobs(args: argparse.Namespace, bags: Sequence[Path]) -> 'list[Job]':
    """Return what is run, with a folder for each run; CommandError for values that cannot be."""
    import os

    from dense_hand_pose.evaluation.recordings.batch import Job

    given = given_values(args)
    settings = combinations(args.sweep or [])
    processes = min(os.cpu_count() or 1, len(bags) * len(settings))
    jobs = []
    for number, bag in enumerate(bags):
        for setting in settings:
            values = complete({**given, **setting})
            parameters = {**given, **setting}
            jobs.append(
                Job(
                    bag=bag,
                    choice=model_choice(args, values),
                    config=estimator_config(values),
                    options=frame_options(args, values),
                    topics=topic_overrides(args),
                    settings=setting,
                    facts={'parameters': parameters} if parameters else {},
                    out=_folder(args.out, number, bag, setting),
                    threads=max(1, (os.cpu_count() or 1) // processes),
                )
            )
    return jobs


def _folder(out: Path | None, number: int, bag: Path, setting: Values) -> Path | None:
    """Return a new folder for the files of a run, None where nothing is written."""
    if out is None:
        return None
    words = [f'{number:03d}', bag.name, *(f'{name}={value}' for name, value in setting.items())]
    folder = out / re.sub(r'[^\w.=-]', '_', '-'.join(words))[:120]
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise CommandError(f'{folder} exists: remove it or name another --out', 2) from error
    except OSError as error:
        raise CommandError(f'--out: {error.strerror}', 2) from error
    return folder


def _shown(runs: 'Iterable[Run]', total: int) -> 'Iterable[Run]':
    """Show a bar while bags are run."""
    from tqdm import tqdm

    bar: Iterable[Run] = tqdm(runs, total=total, unit='run', dynamic_ncols=True, disable=None)
    return bar


def _status(runs: 'Sequence[Run]') -> int:
    """Say what could not be done; 2 where a bag is none or damaged, 1 where none was answered."""
    status = 0
    for run in runs:
        name = printable(run.job.bag)
        for note in run.notes:
            print(f'{name}: note: {note}', file=sys.stderr)
        if run.error:
            print(f'{name}: {run.error}', file=sys.stderr)
            status = 2
        elif not run.figures['answered']:
            print(f'{name}: no frame was answered', file=sys.stderr)
            status = max(status, 1)
    return status
