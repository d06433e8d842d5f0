# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The weights of a finished training and their model card: data, seed, commit, figures."""

import csv
import json
from pathlib import Path
import subprocess
from typing import Any

from dense_hand_pose.datasets.facts import DATASETS
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.detector import DetectorNet
from dense_hand_pose.network.weight_file import find_weights, sha256_of, WeightsError
from dense_hand_pose.network.weights import save_weights
from torch import nn
import yaml

from .checkpoint import Progress
from .config import RENDERED, TrainingConfig

_CARD = """# Model card: {name}

{joints} hand joints from a normalised depth crop (128 x 128 pixels of a metric cube), by dense 3D
regression. Weights in fp16 safetensors; the architecture stands in the file's metadata.

| | |
|---|---|
| training data | {data} |
| samples seen | {samples:,} in {steps:,} steps of {batch}{before} |
| training time | {hours:.2f} h |
| data seed | {seed} |
| commit at the start | {commit} |
| network | `{network}` |
| licence | {licence} |

## Figures

Validation while training: {validation};
the weights are the running average, decoded as the defaults do.

| samples seen | mean joint error | median | mean, soft decoder |
|---|---|---|---|
{curve}

## Carry on

```
python -m dense_hand_pose train --config CONFIG --init {name}.safetensors --out DIR
```

starts from these weights with a fresh optimiser and the same data engine. CONFIG as it was:

```yaml
{settings}```

## Limits

Trained on nothing but the data above. Not for decisions about people: it finds joints, it
identifies nobody.
"""


def make_card(
    name: str, config: TrainingConfig, progress: Progress, log: Path, commit: str
) -> str:
    """Return the card (Markdown) of weights that a training with this log.csv has made."""
    return _CARD.format(
        **_of_training(name, config, progress, commit),
        joints=config.network.joints,
        **_about_data(config),
        curve='\n'.join(_validations(log)),
    )


def _of_training(
    name: str, config: TrainingConfig, progress: Progress, commit: str
) -> dict[str, Any]:
    """Return what the cards of all networks say of their training."""
    return {
        'name': name,
        'samples': progress.samples,
        'steps': progress.step,
        'batch': config.batch_size,
        'before': said_before(progress),
        'hours': progress.elapsed_s / 3600.0,
        'seed': config.seed,
        'commit': commit,
        'network': json.dumps(config.network.to_dict()),
        'settings': yaml.safe_dump(config.to_dict(), sort_keys=False),
    }


def said_before(progress: Progress) -> str:
    """Return from which weights a training began and their samples; '' for random ones."""
    if not progress.begun_from:
        return ''
    return f', after {progress.samples_before:,} of {progress.begun_from}'


def _about_data(config: TrainingConfig) -> dict[str, str]:
    """Return training data, validation data and licence."""
    count = config.validation_samples
    if config.data in RENDERED:
        places = (
            f'; half of each batch are places at which a search by `{config.detector}` looks in '
            f'{config.scenes:,} rendered scenes, with and without hands '
            '(`training/mining/places.py`)'
        )
        taught = _about_teacher(config) if config.teacher else ''
        return {
            'data': 'rendered hands of `dense_hand_pose.synthesis` only (meshes: SOMA, '
            'Apache-2.0, and MakeHuman, CC0): batch i those of seed '
            f'`{config.seed} * 2 ** 24 + i`{places if config.data == "searched" else ""}{taught}',
            'validation': f'{count} held-out synthetic crops, cube around a jittered centre',
            'licence': 'Apache-2.0',
        }
    title = DATASETS[config.data].title
    split = f', all subjects but {config.held_out}' if config.held_out else ', training frames'
    return {
        'data': f'{title}{split}',
        'validation': f'up to {count} evenly spaced test frames of {title}, cube around the true '
        'centre',
        'licence': f'the terms of {title}',
    }


def _about_teacher(config: TrainingConfig) -> str:
    try:
        digest = f' (SHA-256 {sha256_of(find_weights(config.teacher))[:12]})'
    except WeightsError:  # moved since the training began
        digest = ''
    half = '; half of each batch are unlabelled crops of bags'
    recorded = half if config.data == 'unlabelled' else ''
    return f'{recorded}; the targets are the maps of `{config.teacher}`{digest}'


def _validated(log: Path, column: str) -> list[dict[str, str]]:
    """
    Return the rows of a log.csv that have a value in a column.

    Of a training that went on from before its last checkpoint, only what led to its end counts.
    """
    with log.open(encoding='utf-8', newline='') as file:
        rows = [row for row in csv.DictReader(file) if row[column]]
    kept: list[dict[str, str]] = []
    for row in reversed(rows):
        if not kept or float(row['samples']) < float(kept[-1]['samples']):
            kept.append(row)
    return kept[::-1]


def _validations(log: Path) -> list[str]:
    return [
        f'| {int(float(row["samples"])):,} | {float(row["validation_mean_shift_mm"]):.1f} mm '
        f'| {float(row["validation_median_mm"]):.1f} mm '
        f'| {float(row["validation_soft_mm"]):.1f} mm |'
        for row in _validated(log, 'validation_mean_shift_mm')
    ]


def current_commit() -> str:
    """Return the commit of the checkout that holds this package, 'unknown' outside of one."""
    git = ['git', '-C', str(Path(__file__).parent), 'rev-parse', 'HEAD']
    try:
        done = subprocess.run(git, capture_output=True, text=True, timeout=10)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 'unknown'
    return done.stdout.strip() if done.returncode == 0 else 'unknown'


_DETECTOR_CARD = """# Model card: {name}

Hands in whole depth frames: centre, presence score and side, from the frame as 192 x 128 pixels, by
one hourglass. Weights in fp16 safetensors; the architecture stands in the file's metadata.

| | |
|---|---|
| training data | rendered scenes of `dense_hand_pose.synthesis.scenes.full_scene` only (meshes: SOMA, Apache-2.0, and MakeHuman, CC0): batch i those of seed `{seed} * 2 ** 24 + i`; of about half of them one corner alone (`training/data/detector_scenes.py`) |
| samples seen | {samples:,} in {steps:,} steps of {batch}{before} |
| training time | {hours:.2f} h |
| commit at the start | {commit} |
| network | `{network}` |
| licence | Apache-2.0 |

## Figures

Validation while training: {count} held-out synthetic scenes with noise, the running average of the
weights, a score of 0.5 and 40 mm (recall), frames without a hand (false positives).

| samples seen | recall | false positives | recall at 1 % false positives | centre, median | side |
|---|---|---|---|---|---|
{curve}

## Carry on

```
python -m dense_hand_pose train --config CONFIG --init {name}.safetensors --out DIR
```

starts from these weights with a fresh optimiser and the same scenes. CONFIG as it was:

```yaml
{settings}```

## Limits

Trained on nothing but the scenes above: hands 0.25 to 1.5 m away, at most two of them. Not for
decisions about people: it finds hands, it identifies nobody.
"""  # noqa: E501


def make_detector_card(
    name: str, config: TrainingConfig, progress: Progress, log: Path, commit: str
) -> str:
    """Return the card (Markdown) of a detector's weights that a training with log.csv has made."""
    return _DETECTOR_CARD.format(
        **_of_training(name, config, progress, commit),
        count=config.validation_samples,
        curve='\n'.join(_detector_validations(log)),
    )


def _detector_validations(log: Path) -> list[str]:
    lines = []
    for row in _validated(log, 'validation_recall'):
        recall, false, sure, side = (
            f'{100.0 * float(row[f"validation_{key}"]):.1f} %'
            for key in ('recall', 'false_positives', 'recall_at_1_percent', 'side')
        )
        center = f'{float(row["validation_center_mm"]):.1f} mm'
        samples = f'{int(float(row["samples"])):,}'
        lines.append(f'| {samples} | {recall} | {false} | {sure} | {center} | {side} |')
    return lines


def export_weights(
    network: nn.Module, out: Path, config: TrainingConfig, progress: Progress, commit: str
) -> None:
    """Write the averaged weights and their card; those of a baseline stay a checkpoint."""
    if not isinstance(network, DenseRegressionNet | DetectorNet):
        return
    notes = {
        'samples': str(progress.samples_before + progress.samples),
        'steps': str(progress.step),
        'hours': f'{progress.elapsed_s / 3600.0:.2f}',
        'seed': str(config.seed),
    }
    save_weights(network, out / 'weights.safetensors', notes)
    make = make_detector_card if isinstance(network, DetectorNet) else make_card
    card = make('weights', config, progress, out / 'log.csv', commit)
    (out / 'weights.md').write_text(card, encoding='utf-8')
