# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Training of the presence and handedness head on weights that stay as they are.

It writes weights.safetensors, weights.md and metrics.json, whose figures are those of the written
weights on crops that no training holds.
"""

from collections.abc import Iterator
import copy
from dataclasses import asdict, replace
import json
import math
from pathlib import Path
import re
from typing import Final, NamedTuple

from dense_hand_pose.evaluation.presence import measure_presence
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.presence import PresenceHead
from dense_hand_pose.network.score_settings import NOTE
from dense_hand_pose.network.weight_file import (
    find_weights,
    read_notes,
    sha256_of,
    write_atomically,
)
from dense_hand_pose.network.weights import load_weights, save_weights
import torch
from torch import nn, Tensor
import torch.nn.functional as F  # noqa: N812
import yaml

from .config import load_presence_config, PresenceConfig
from .features import PresenceFeatures, rendered_features
from ..checkpoint import CHECKPOINT
from ..distributed import Group
from ..mining.proposals import mined_features
from ..model_cards import current_commit
from ..runs import chosen_precision, load_average

TITLE = '## Is there a hand, and which'
_SECTION = """{title}

A head that was trained after the network, which itself it leaves as it was: presence and side
(network/presence.py). It learnt from {hands:,} crops of hands and {others:,} of other places
(synthesis/negatives.py), of seed 2 ** 44 + {seed}{searched}; commit {commit}. The last
epoch's mean loss was {loss:.4f}. Made from weights with the SHA-256 {digest} by

```
python -m dense_hand_pose train --config CONFIG --init WEIGHTS --out DIR
```

with the settings

```yaml
{settings}```

{figures}"""


_SEARCHED = (
    ',\nand from what a search by `{detector}` looks at in {scenes:,} whole scenes '
    '(training/mining/proposals.py),\neach counted {weight} times'
)


def make_section(
    config: PresenceConfig, digest: str, commit: str, loss: float, figures: str
) -> str:
    """Return the section (Markdown) of a head with its figures (Markdown)."""
    return _SECTION.format(
        title=TITLE,
        hands=config.hands,
        others=config.others,
        seed=config.seed,
        searched=_searched(config),
        commit=commit,
        loss=loss,
        digest=digest[:12],
        settings=yaml.safe_dump({'learns': 'presence', **asdict(config)}, sort_keys=False),
        figures=figures,
    )


def _searched(config: PresenceConfig) -> str:
    if not config.scenes:
        return ''
    return _SEARCHED.format(
        detector=config.detector, scenes=config.scenes, weight=config.scene_weight
    )


def add_section(card: str, section: str) -> str:
    r"""
    Return the card with the section at its end; one of a former head is left out.

    >>> add_section(f'# A\n\n{TITLE}\n\nold\n\n## B\n', f'{TITLE}\n\nnew\n')
    '# A\n\n## B\n\n## Is there a hand, and which\n\nnew\n'
    """
    former = re.compile(rf'^{re.escape(TITLE)}$.*?(?=^## |\Z)', re.MULTILINE | re.DOTALL)
    return f'{former.sub("", card).rstrip()}\n\n{section.rstrip()}\n'


_LEAST_SCALE = 0.1
"""Of the median: a feature that hardly varies must not be blown up."""


def with_presence(network: DenseRegressionNet, head: PresenceHead) -> DenseRegressionNet:
    """Give a network a head, in place, and return it."""
    hidden = head.hidden.out_features
    network.config = replace(network.config, verdict=True, verdict_hidden=hidden)
    network.verdict = head
    return network.eval()


def fit_head(
    head: PresenceHead, features: PresenceFeatures, config: PresenceConfig
) -> list[float]:
    """
    Train a head; returns the mean loss of each epoch.

    It learns on standardised features; mean and scale are then folded into its first layer.
    """
    generator = torch.Generator().manual_seed(config.seed)
    mean, scale = _standard(features.pooled, head.palm)
    optimiser = torch.optim.AdamW(
        head.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    steps = config.epochs * math.ceil(len(features.pooled) / config.batch_size)
    rates = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    keep = 1.0 - config.dropout
    means = []
    for _ in range(config.epochs):
        total = 0.0
        for chosen in _shuffled(len(features.pooled), config.batch_size, generator):
            x = (features.pooled[chosen].float() - mean) / scale
            x = x * (torch.rand(x.shape, generator=generator) < keep) / keep
            value = _loss(*head.logits(x), features.present[chosen], features.side[chosen])
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            rates.step()
            total += float(value.detach()) * len(chosen)
        means.append(total / len(features.pooled))
    _fold(head.hidden, mean, scale)
    _fold(head.bend, mean[: head.palm], scale[: head.palm])
    return means


def _loss(presence: Tensor, right: Tensor, present: Tensor, side: Tensor) -> Tensor:
    """Return the cross entropy of presence, and that of the side over the crops with a hand."""
    of_presence = F.binary_cross_entropy_with_logits(presence, present)
    each = F.softplus(-side * right) * present
    return of_presence + each.sum() / present.sum().clamp(min=1.0)


def _shuffled(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    order = torch.randperm(count, generator=generator)
    return (order[first:][:size] for first in range(0, count, size))


def _standard(pooled: Tensor, palm: int) -> tuple[Tensor, Tensor]:
    """
    Return mean and scale (F,) of features (N, F); none of the scales is near zero.

    Of the first ``palm``, coordinates along a palm's axes, those along its normal keep their zero,
    on whose sides the two hands lie.
    """
    values = pooled.float()
    sd, mean = torch.std_mean(values, dim=0)
    mean[2:palm:3] = 0.0
    return mean, sd.clamp(min=_LEAST_SCALE * float(sd.median()))


@torch.no_grad()
def _fold(layer: nn.Linear, mean: Tensor, scale: Tensor) -> None:
    """Let a layer that takes (x - mean) / scale take x, in place."""
    layer.weight.div_(scale)
    layer.bias.sub_(layer.weight @ mean)


_MEASURED: Final = 2000
"""Crops of hands, and as many others, on which the written weights are measured."""


class _Start(NamedTuple):
    """A network, the notes of its file, the card beside it, and the hash of the file."""

    network: DenseRegressionNet
    notes: dict[str, str]
    card: str
    digest: str


def train_presence(config_path: Path, init: Path, out: Path) -> str:
    """
    Train the head as a YAML file says, write all files to ``out``, return the tables (Markdown).

    init: weights, or the folder of a training, whose running average is taken. Raises OSError and
    ValueError for what cannot be read or used.
    """
    config = load_presence_config(config_path)
    config = replace(config, precision=chosen_precision(config.precision, Group()))
    start = _open(init)
    out.mkdir(parents=True, exist_ok=True)
    commit = current_commit()
    loss = _fit(start.network, config)
    path = out / 'weights.safetensors'
    save_weights(start.network, path, start.notes)
    summary, tables = measure_presence(load_weights(path), min(_MEASURED, config.hands))
    section = make_section(config, start.digest, commit, loss, tables)
    write_atomically(path.with_suffix('.md'), add_section(start.card, section).encode())
    write_atomically(out / 'metrics.json', json.dumps(summary, indent=2).encode())
    return tables


def _open(init: Path) -> _Start:
    """Open weights, or the folder of a training of which the running average is taken."""
    if init.is_dir():
        network, _ = load_average(init)
        if not isinstance(network, DenseRegressionNet):
            raise ValueError(f'{init}: a baseline, which can have no presence head')
        return _Start(network, {}, f'# Model card: {init.name}', sha256_of(init / CHECKPOINT))
    path = find_weights(str(init))
    card = path.with_suffix('.md')
    text = card.read_text(encoding='utf-8') if card.exists() else f'# Model card: {path.stem}'
    # What scores mean belongs to the head that is replaced.
    notes = {name: note for name, note in read_notes(path).items() if name != NOTE}
    return _Start(load_weights(path), notes, text, sha256_of(path))


def _fit(network: DenseRegressionNet, config: PresenceConfig) -> float:
    """Give the network a trained head, and return the last epoch's loss."""
    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads or torch.get_num_threads())
    head = PresenceHead(replace(network.config, verdict=True, verdict_hidden=config.hidden))
    frozen = copy.deepcopy(network).for_inference()
    features = rendered_features(frozen, head, config)
    searched = mined_features(frozen, head, config) if config.scenes else None
    if searched is not None:
        features = PresenceFeatures.joined([features, *[searched] * config.scene_weight])
    losses = fit_head(head, features, config)
    with_presence(network, head)
    return losses[-1]
