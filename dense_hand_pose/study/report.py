# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The study's page: two tables beside the paper's figures, the curves, and a reading of both."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from dense_hand_pose.evaluation.metrics.joint_errors import (
    frames_under,
    mean_joint_error_m,
    median_joint_error_m,
)
from dense_hand_pose.evaluation.predictions.comparison import success_curves
from dense_hand_pose.synthesis.seeds import STUDY
from dense_hand_pose.training.config import TrainingConfig

from .systems import BASELINES, Cost, Errors, PROPOSED, System, SYSTEMS, Variant, VARIANTS

CURVES = 'study_curves.png'
_THRESHOLDS_MM = (20, 30, 40)
_OPTIMISERS = {
    'muon': 'Muon (AdamW for what is no hidden kernel)',
    'adamw': 'AdamW',
    'adam': 'Adam',
}

_PAGE = """# The paper's study on synthetic hands

Made by

```
{command}
```

at commit {commit} on {machine}.

Every system was trained on the same {samples:,} rendered hands (seed {seed}) and measured, by the
running average of its weights, on the same {crops:,} held-out crops (seeds from {first_seed}).
Stem, hourglasses and widths are those of the network `{network}`. All trainings have {optimiser}
at a rate of {rate:g}, batches of {batch}, {warmup} steps of warm-up, the schedule `{schedule}`,
whose last {decay:.0%} fall, and squares for the maps. Errors are millimetres; a frame is under a
threshold when all of its joints are, strictly. The paper's figures are those of NYU, after far
longer trainings: their order can be compared, their size not.

## Systems

| system | mean | median | {heads} | paper, mean | parameters, million | training, minutes |
|---|---|---|{lines}|---|---|---|
{systems}

The paper shows its four baselines as curves only (Fig. 3).

![share of frames under a threshold](images/{curves})

## The decoder of the proposed method, two stacks, without retraining

| setting | value | mean | median | paper, mean |
|---|---|---|---|---|
{variants}

## Reading

{reading}
"""


@dataclass(frozen=True)
class Study:
    """All that was measured: by system or by variant, errors being (N, J) in metres."""

    command: str
    commit: str
    machine: str
    network: str
    config: TrainingConfig
    systems: dict[str, Errors]
    costs: dict[str, Cost]
    variants: list[Errors]


def write_report(path: Path, study: Study) -> None:
    """Write the page, and its figure into images/ beside it."""
    figure = path.parent / 'images' / CURVES
    figure.parent.mkdir(parents=True, exist_ok=True)
    success_curves(figure, {s.title: study.systems[s.name] for s in SYSTEMS})
    path.write_text(_page(study), encoding='utf-8')


def _page(study: Study) -> str:
    return _PAGE.format(
        command=study.command,
        commit=study.commit,
        machine=study.machine,
        optimiser=_OPTIMISERS[study.config.optimiser],
        rate=study.config.learning_rate,
        warmup=study.config.warmup_steps,
        schedule=study.config.schedule,
        decay=study.config.decay_share,
        samples=study.config.samples,
        seed=study.config.seed,
        first_seed=f'2**{STUDY.start.bit_length() - 1}',
        batch=study.config.batch_size,
        network=study.network,
        crops=len(next(iter(study.systems.values()))),
        heads=' | '.join(f'< {mm} mm' for mm in _THRESHOLDS_MM),
        lines='---|' * (len(_THRESHOLDS_MM) - 1) + '---',
        curves=CURVES,
        systems='\n'.join(
            _system_row(s, study.systems[s.name], study.costs[s.name]) for s in SYSTEMS
        ),
        variants='\n'.join(
            f'| {v.axis} | {v.value} | {_means(errors)} | {_or_dash(v.paper_mm)} |'
            for v, errors in zip(VARIANTS, study.variants, strict=True)
        ),
        reading='\n'.join(f'- {line}' for line in reading(study)),
    )


def _system_row(system: System, errors: Errors, cost: Cost) -> str:
    shares = ' | '.join(f'{100.0 * frames_under(errors, mm):.1f} %' for mm in _THRESHOLDS_MM)
    return (
        f'| {system.title} | {_means(errors)} | {shares} | {_or_dash(system.paper_mm)} '
        f'| {cost.parameters / 1e6:.2f} | {cost.minutes:.1f} |'
    )


def _means(errors: Errors) -> str:
    mean, median = mean_joint_error_m(errors), median_joint_error_m(errors)
    return f'{1000.0 * mean:.2f} | {1000.0 * median:.2f}'


def _or_dash(value_mm: float | None) -> str:
    return '-' if value_mm is None else f'{value_mm:.2f}'


def reading(study: Study) -> list[str]:
    """Return where the order of the measured means agrees with the paper's, and where not."""
    means = {name: 1000.0 * mean_joint_error_m(e) for name, e in study.systems.items()}
    ahead = [s.title for s in BASELINES if means[PROPOSED] < means[s.name]]
    behind = [s.title for s in BASELINES if means[PROPOSED] >= means[s.name]]
    lines = [
        f'The proposed method, two stacks, is ahead of: {", ".join(ahead) or "none"}; not ahead '
        f'of: {", ".join(behind) or "none"}. In the paper it is ahead of all four.',
        f'Two stacks {_change(means["proposed_1"], means[PROPOSED])} against one; in the paper '
        f'{_change(11.20, 10.21)}.',
        f'The soft decoder with its loss {_change(means[PROPOSED], means["soft_2"])} against mean '
        'shift; the paper has no such row.',
    ]
    return lines + [_axis_reading(axis, study) for axis in dict.fromkeys(v.axis for v in VARIANTS)]


def _change(before_mm: float, after_mm: float) -> str:
    word = 'lower' if after_mm < before_mm else 'raise'
    return f'{word} the mean by {abs(after_mm - before_mm):.2f} mm'


def _axis_reading(axis: str, study: Study) -> str:
    """Say which pairs of values the paper orders, and how many of them come out so here."""
    rows: Sequence[tuple[Variant, float]] = [
        (v, 1000.0 * mean_joint_error_m(e))
        for v, e in zip(VARIANTS, study.variants, strict=True)
        if v.axis == axis
    ]
    best = min(rows, key=lambda row: row[1])
    spread = max(mm for _, mm in rows) - best[1]
    said = f'{axis}: best at {best[0].value}; all values lie within {spread:.2f} mm'
    ordered = [
        (a[1] - b[1]) * (a[0].paper_mm - b[0].paper_mm) > 0.0
        for a, b in combinations(rows, 2)
        if a[0].paper_mm is not None
        and b[0].paper_mm is not None
        and a[0].paper_mm != b[0].paper_mm
    ]
    if not ordered:
        return f'{said} (the paper gives no figures).'
    return f'{said}; {sum(ordered)} of the {len(ordered)} pairs that the paper orders agree.'
