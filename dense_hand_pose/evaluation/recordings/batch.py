# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Several bags, or one with several settings, in as many processes as there are cores."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
import csv
from dataclasses import dataclass, field
import functools
import io
import multiprocessing
import os
from pathlib import Path
from typing import Any, Final

from dense_hand_pose.bags.frames import FrameOptions
from dense_hand_pose.bags.reader import BagError
from dense_hand_pose.bags.topics import TopicOverrides
from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator
from dense_hand_pose.runtimes.registry import find_model
from dense_hand_pose.safe_output import printable

from .evaluate import estimate_bag, Evaluation, open_bag, write_evaluation

COLUMNS: Final = (
    'frames', 'answered', 'hand_share', 'losses', 'mean_joint_error_mm', 'p95_joint_error_mm',
    'frames_under_20mm', 'missed_hands', 'false_hands', 'jitter_rest_mm', 'bone_sd_mm',
    'latency_p50_ms',
)  # fmt: skip
"""The figures of a run, beside its bag and its settings."""


@dataclass(frozen=True, kw_only=True)
class ModelChoice:
    """What runs over a bag: the arguments of HandPoseEstimator.load without the configuration."""

    model: str = 'default'
    backend: str = 'auto'
    precision: str = 'auto'


@dataclass(frozen=True, kw_only=True)
class Job:
    """
    One bag with one configuration.

    ``settings``: what differs between the jobs of a sweep, for the table. ``facts``: what
    metrics.json has of the settings. ``out``: a folder that is there, None to write nothing.
    """

    bag: Path
    choice: ModelChoice
    config: EstimatorConfig
    options: FrameOptions
    topics: TopicOverrides
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    out: Path | None = None
    threads: int = 0


@dataclass(frozen=True, kw_only=True)
class Run:
    """The figures of a job by COLUMNS, what was noted, and what is missing ('' if nothing)."""

    job: Job
    figures: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()
    error: str = ''


def load_estimator(
    choice: ModelChoice, config: EstimatorConfig, threads: int = 0
) -> tuple[HandPoseEstimator, dict[str, Any]]:
    """Return an estimator with a configuration and its entries of metrics.json; as load()."""
    estimator, facts = _estimator(choice, config.roi_mode, threads)
    estimator.config = config
    return estimator, dict(facts)


def run_job(job: Job) -> Run:
    """Run the estimator over a bag and write what is asked for; errors are part of the result."""
    try:
        estimator, facts = load_estimator(job.choice, job.config, job.threads)
        bag = open_bag(job.bag, job.topics, job.options)
        facts = {**facts, **job.facts}
        evaluation = estimate_bag(bag, estimator, lambda frames, _: frames, facts)
        if job.out is not None:
            write_evaluation(job.out, bag, evaluation)
    except (BagError, OSError, RuntimeError, ValueError) as error:
        return Run(job=job, error=printable(' '.join(str(error).split()), 1000))
    return Run(job=job, figures=figures(evaluation), notes=bag.notes, error=evaluation.damage)


def run_jobs(jobs: Sequence[Job], processes: int = 0) -> Iterator[Run]:
    """Yield the run of each job, in their order; ``processes`` 0: one a core at most."""
    processes = min(processes or os.cpu_count() or 1, len(jobs))
    if processes < 2:
        yield from map(run_job, jobs)
        return
    # Not forked: runtimes have threads. A new process costs a second or two once.
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(run_job, jobs)


def figures(evaluation: Evaluation) -> dict[str, Any]:
    """Return the figures of COLUMNS, None where they are not known."""
    document, timing = evaluation.document, evaluation.timing
    accuracy: Mapping[str, Any] = document['accuracy'] or {}
    return {
        'frames': document['frames'],
        'answered': document['frames_answered'],
        'hand_share': document['presence']['share'],
        'losses': document['presence']['losses'],
        'frames_under_20mm': (accuracy.get('frames_under_mm') or {}).get('20'),
        'jitter_rest_mm': document['stability']['jitter_rest_mm'],
        'bone_sd_mm': document['stability']['bone_sd_mm'],
        'latency_p50_ms': timing['latency_ms']['p50'],
        **{name: accuracy.get(name) for name in COLUMNS if name in accuracy},
    }


def runs_table(runs: Sequence[Run]) -> str:
    """Return a row a run, with the columns that are known in any of them."""
    names = [n for n in COLUMNS if any(run.figures.get(n) is not None for run in runs)]
    rows = [['bag', *_settings(runs), *names]]
    for run in runs:
        cells = [_cell(run.figures.get(name)) for name in names]
        rows.append(
            [printable(run.job.bag.name, 40), *map(str, run.job.settings.values()), *cells]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return '\n'.join(
        '  '.join(cell.rjust(width) if place else cell.ljust(width)
                  for place, (cell, width) in enumerate(zip(row, widths, strict=True))).rstrip()
        for row in rows
    )  # fmt: skip


def runs_csv(runs: Sequence[Run]) -> str:
    """Return a row a run as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator='\n')
    writer.writerow(['bag', *_settings(runs), *COLUMNS, 'notes', 'error'])
    for run in runs:
        known = ['' if run.figures.get(n) is None else run.figures[n] for n in COLUMNS]
        words = ['; '.join(run.notes), run.error]
        writer.writerow([printable(run.job.bag), *run.job.settings.values(), *known, *words])
    return text.getvalue()


def _settings(runs: Sequence[Run]) -> list[str]:
    """Return the names of what differs between runs."""
    return list(runs[0].job.settings) if runs else []


def _cell(value: Any) -> str:
    """Return a figure as text."""
    if value is None:
        return '-'
    return f'{value:.3f}' if isinstance(value, float) else str(value)


@functools.lru_cache(maxsize=2)
def _estimator(
    choice: ModelChoice, roi_mode: str, threads: int
) -> tuple[HandPoseEstimator, tuple[tuple[str, Any], ...]]:
    """Return an estimator that a process loads once, and what it is."""
    estimator = HandPoseEstimator.load(
        choice.model,
        backend=choice.backend,
        precision=choice.precision,
        config=EstimatorConfig(roi_mode=roi_mode),
        threads=threads,
    )
    facts = {
        'weights_sha256': find_model(choice.model, choice.backend).sha256,
        'backend': estimator.backend_name,
        'precision': estimator.precision,
    }
    return estimator, tuple(facts.items())
