# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The part of ``train`` that teaches a verdict to weights, or to a training's running average.

It writes weights.safetensors, weights.md and metrics.json, whose figures are those of the written
weights on crops that nothing was trained on.
"""

import argparse
from dataclasses import replace
import json
from pathlib import Path
from typing import Any, NamedTuple, TYPE_CHECKING

from .common import CommandError

if TYPE_CHECKING:
    from dense_hand_pose.network.dense_regression import DenseRegressionNet
    from dense_hand_pose.training.presence.config import VerdictConfig

_MEASURED = 2000


class _Start(NamedTuple):
    """A network, the notes of its file, the card beside it, and the hash of the file."""

    network: 'DenseRegressionNet'
    notes: dict[str, str]
    card: str
    digest: str


def train_verdict(args: argparse.Namespace) -> int:
    """Train, measure and write; CommandError with status 2 for wrong arguments."""
    from dense_hand_pose.network.weight_file import write_atomically
    from dense_hand_pose.network.weights import load_weights, save_weights
    from dense_hand_pose.training.model_cards import current_commit
    from dense_hand_pose.training.presence.card import add_section, make_section
    from dense_hand_pose.training.presence.config import load_verdict_config

    for name in ('resume', 'data', 'held_out', 'processes'):
        if getattr(args, name):
            raise CommandError(f'--{name.replace("_", "-")} does not go with a verdict', 2)
    if args.init is None:
        raise CommandError('a verdict is taught to weights: add --init WEIGHTS', 2)
    try:
        config = load_verdict_config(args.config)
        start = _open(args.init)
        args.out.mkdir(parents=True, exist_ok=True)
        commit = current_commit()
        loss = _teach(start.network, config)
        path = args.out / 'weights.safetensors'
        save_weights(start.network, path, start.notes)
        summary, tables = measure(load_weights(path), min(_MEASURED, config.hands))
        section = make_section(config, start.digest, commit, loss, tables)
        write_atomically(path.with_suffix('.md'), add_section(start.card, section).encode())
        write_atomically(args.out / 'metrics.json', json.dumps(summary, indent=2).encode())
    except (OSError, ValueError) as error:
        raise CommandError(str(error), 2) from error
    print(tables)
    print(f'weights, card and figures in {args.out}/')
    return 0


def measure(network: 'DenseRegressionNet', crops: int) -> tuple[dict[str, Any], str]:
    """Return the figures of a network's verdict on held-out crops, as values and in Markdown."""
    from dense_hand_pose.evaluation.presence import gather_opinions
    from dense_hand_pose.evaluation.verdict_report import summarise_opinions, verdict_tables
    from tqdm import tqdm

    opinions = gather_opinions(
        network.for_inference(), crops, lambda firsts: tqdm(firsts, unit='batch')
    )
    summary = summarise_opinions(opinions)
    return summary, verdict_tables(summary)


def _open(init: Path) -> _Start:
    """Open weights, or the folder of a training of which the running average is taken."""
    from dense_hand_pose.network.dense_regression import DenseRegressionNet
    from dense_hand_pose.network.weight_file import find_weights, read_notes, sha256_of
    from dense_hand_pose.network.weights import load_weights
    from dense_hand_pose.training.resume import CHECKPOINT
    from dense_hand_pose.training.trained import load_average

    if init.is_dir():
        network, _ = load_average(init)
        if not isinstance(network, DenseRegressionNet):
            raise ValueError(f'{init}: a baseline, which can have no verdict')
        return _Start(network, {}, f'# Model card: {init.name}', sha256_of(init / CHECKPOINT))
    path = find_weights(str(init))
    card = path.with_suffix('.md')
    text = card.read_text(encoding='utf-8') if card.exists() else f'# Model card: {path.stem}'
    return _Start(load_weights(path), read_notes(path), text, sha256_of(path))


def _teach(network: 'DenseRegressionNet', config: 'VerdictConfig') -> float:
    """Give the network a verdict that has learnt, and return the last epoch's loss."""
    import copy

    from dense_hand_pose.network.presence import VerdictHead
    from dense_hand_pose.training.mining.proposals import judge_searched
    from dense_hand_pose.training.presence.features import judge, Judged
    from dense_hand_pose.training.presence.fit import fit_head, with_verdict
    import torch

    torch.manual_seed(config.seed)
    torch.set_num_threads(config.threads or torch.get_num_threads())
    head = VerdictHead(replace(network.config, verdict=True, verdict_hidden=config.hidden))
    frozen = copy.deepcopy(network).for_inference()
    judged = judge(frozen, head, config)
    searched = judge_searched(frozen, head, config) if config.scenes else None
    if searched is not None:
        judged = Judged.joined([judged, *[searched] * config.scene_weight])
    losses = fit_head(head, judged, config)
    with_verdict(network, head)
    return losses[-1]
