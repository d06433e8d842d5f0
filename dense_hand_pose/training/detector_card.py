# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The model card that goes with the weights of a hand detector."""

import csv
import json
from pathlib import Path

import yaml

from .checkpoint import Progress
from .config import TrainingConfig
from .model_cards import said_before

_CARD = """# Model card: {name}

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
    return _CARD.format(
        name=name,
        seed=config.seed,
        samples=progress.samples,
        steps=progress.step,
        batch=config.batch_size,
        before=said_before(progress),
        hours=progress.elapsed_s / 3600.0,
        commit=commit,
        network=json.dumps(config.network.to_dict()),
        count=config.validation_samples,
        curve='\n'.join(_validations(log)),
        settings=yaml.safe_dump(config.to_dict(), sort_keys=False),
    )


def _validations(log: Path) -> list[str]:
    with log.open(encoding='utf-8', newline='') as file:
        rows = [row for row in csv.DictReader(file) if row['validation_recall']]
    last: dict[int, str] = {}
    for row in rows:
        samples = int(float(row['samples']))
        # Of a training that went on from before its last checkpoint, only what led here counts.
        last = {count: line for count, line in last.items() if count < samples}
        shares = [
            100.0 * float(row[f'validation_{key}'])
            for key in ('recall', 'false_positives', 'recall_at_1_percent', 'side')
        ]
        center = float(row['validation_center_mm'])
        last[samples] = (
            f'| {samples:,} | {shares[0]:.1f} % | {shares[1]:.1f} % | {shares[2]:.1f} % '
            f'| {center:.1f} mm | {shares[3]:.1f} % |'
        )
    return list(last.values())
