# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
How well a network tells crops of hands from others, and left from right, on held-out crops.

Legend: H crops of hands, N crops of other places. Beside the presence and handedness head
(network/presence.py) two scores that need no training are measured on the same crops: the mean
confidence of the joints, and the side by the bend of the joints (tracking/handedness.py).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.graph import decode_features
from dense_hand_pose.synthesis.crops import CropBatch, render_crops
from dense_hand_pose.synthesis.negatives import NAMES, NegativeBatch, render_negatives
from dense_hand_pose.synthesis.seeds import PRESENCE_TEST
from dense_hand_pose.synthesis.sensor.cameras import CAMERAS
from dense_hand_pose.tracking.handedness import side_log_odds
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from tqdm import tqdm

FALSE_POSITIVES = 0.01
UNKNOWN_SHARE = 0.10
_TOGETHER = 32

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Opinions:
    """
    The scores of a network for M crops, as columns (M,).

    presence and side as in network/presence.py, mirrored_side the side of the mirrored crop,
    confidence the mean over the joints, bend the log odds of a right hand by geometry; true_side
    +1, -1, or 0 without a hand; kind an index into negatives.NAMES, -1 for hands; camera an index
    into CAMERAS.
    """

    presence: Floats
    side: Floats
    mirrored_side: Floats
    confidence: Floats
    bend: Floats
    true_side: Floats
    kind: npt.NDArray[np.int64]
    camera: npt.NDArray[np.int64]

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Say which crops show a hand (M,)."""
        return self.kind < 0


def gather_opinions(
    network: DenseRegressionNet,
    crops: int,
    progress: Callable[[range], Iterable[int]] = iter,
    seed: int = PRESENCE_TEST.start,
) -> Opinions:
    """Return the scores of a network with a head for ``crops`` hands and as many other crops."""
    parts: list[list[npt.NDArray[Any]]] = []
    for first in progress(range(0, crops, _TOGETHER)):
        count = min(_TOGETHER, crops - first)
        hands, others = render_crops(seed, count, first), render_negatives(seed, count, first)
        no_kind, no_side = np.full(count, -1), np.zeros(count)
        parts.append([*_asked(network, hands), hands.side, no_kind, hands.camera])
        parts.append([*_asked(network, others), no_side, others.kind, others.camera])
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    presence, side, mirrored_side, confidence, bend, true_side = (
        column.astype(np.float64) for column in columns[:6]
    )
    kind, camera = (column.astype(np.int64) for column in columns[6:])
    return Opinions(
        presence, side, mirrored_side, confidence, bend, true_side, kind=kind, camera=camera
    )


@torch.no_grad()
def _asked(network: DenseRegressionNet, batch: CropBatch | NegativeBatch) -> list[Floats]:
    """Return presence, side, that of the mirrored crop, mean confidence and bend of a batch."""
    if network.verdict is None:
        raise ValueError(
            'these weights have no presence head: train one (config/train/presence.yaml)'
        )
    crop = torch.from_numpy(batch.depth).unsqueeze(1)
    cube = Cube(torch.from_numpy(batch.center_m), torch.from_numpy(batch.cube_size_m))
    seen = network.forward_features(crop)
    decoded = decode_features(network.config, seen, crop, cube, DecodingConfig())
    presence, side = network.verdict(seen)
    confidence = decoded.confidence.mean(dim=1)
    bend = side_log_odds(decoded.joints_m.numpy())
    mirrored_side = network.verdict(network.forward_features(mirrored(crop))).side
    asked = (presence, side, mirrored_side, confidence)
    return [*(tensor.double().numpy() for tensor in asked), bend]


def mirrored(crops: Tensor) -> Tensor:
    """Return what the mirrored scene would show in the mirrored cubes: x becomes -x."""
    return crops.flip(-1)


def threshold_at(scores: Floats, share: float) -> float:
    """Return the least threshold that at most a share of the scores (N,) is above or at."""
    allowed = int(np.floor(share * len(scores)))
    return float(np.nextafter(np.sort(scores)[::-1][allowed], np.inf))


def area(hands: Floats, others: Floats) -> float:
    """Return the area under the ROC: how often a hand scores above another place; ties half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, hands, 'left')
    ties = np.searchsorted(ordered, hands, 'right') - below
    return float((below + 0.5 * ties).mean() / len(others))


def describe_presence(scores: Floats, opinions: Opinions, now: float) -> dict[str, Any]:
    """Return the figures of one score: at 1 % false positives, and at the threshold ``now``."""
    present = opinions.present
    hands, others = scores[present], scores[~present]
    threshold = threshold_at(others, FALSE_POSITIVES)
    kinds = {
        name: float((scores[opinions.kind == i] >= now).mean())
        for i, name in enumerate(NAMES)
        if (opinions.kind == i).any()
    }
    cameras = {
        camera.name: float((scores[present & (opinions.camera == i)] >= now).mean())
        for i, camera in enumerate(CAMERAS)
        if (present & (opinions.camera == i)).any()
    }
    return {
        'area': area(hands, others),
        'threshold_at_1_percent': threshold,
        'recall_at_1_percent': float((hands >= threshold).mean()),
        'threshold': now,
        'recall': float((hands >= now).mean()),
        'false_positives': float((others >= now).mean()),
        'false_positives_of_kinds': kinds,
        'recall_of_cameras': cameras,
    }


def describe_side(score: Floats, true_side: Floats, limit: float) -> dict[str, float]:
    """
    Return the figures of a score whose sign is the side, of H hands.

    accuracy: of all; unknown: the share nearer to 0 than ``limit``; accuracy_of_known: of the
    rest; accuracy_of_surest: of the 90 % that are surest.
    """
    right = np.sign(score) == true_side
    known = np.abs(score) >= limit
    surest = np.abs(score) >= np.quantile(np.abs(score), UNKNOWN_SHARE)
    return {
        'accuracy': float(right.mean()),
        'limit': limit,
        'unknown': float(1.0 - known.mean()),
        'accuracy_of_known': float(right[known].mean()) if known.any() else float('nan'),
        'accuracy_of_surest': float(right[surest].mean()),
    }


PRESENCE, SIDE = 0.5, 0.5
"""Thresholds from which on a hand counts as there, and its side as known."""
CONFIDENCE, BEND = 0.35, 1.1
"""The same for the mean confidence of the joints, and for the log odds of their bend."""


def measure_presence(network: DenseRegressionNet, crops: int) -> tuple[dict[str, Any], str]:
    """Return the figures of a network's head on held-out crops, as values and in Markdown."""
    opinions = gather_opinions(
        network.for_inference(), crops, lambda firsts: tqdm(firsts, unit='batch', disable=None)
    )
    summary = summarise_presence(opinions)
    return summary, presence_tables(summary)


def summarise_presence(opinions: Opinions) -> dict[str, Any]:
    """Return all figures of a head, and of the scores measured beside it."""
    present = opinions.present
    true_side = opinions.true_side[present]
    return {
        'hands': int(present.sum()),
        'others': int((~present).sum()),
        'presence': {
            'verdict': describe_presence(opinions.presence, opinions, PRESENCE),
            'mean confidence': describe_presence(opinions.confidence, opinions, CONFIDENCE),
        },
        'side': {
            'verdict': describe_side(opinions.side[present], true_side, SIDE),
            'bend of the joints': describe_side(opinions.bend[present], true_side, BEND),
        },
        'flipped_by_the_mirror': float(
            (np.sign(opinions.side) == -np.sign(opinions.mirrored_side))[present].mean()
        ),
    }


def presence_tables(summary: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    lines = [
        f'{summary["hands"]} held-out crops of hands, {summary["others"]} of other places:',
        '',
        '| is there a hand? | area under the ROC | recall at 1 % false positives | threshold '
        '| recall | false positives |',
        '|---|---|---|---|---|---|',
    ]
    for name, row in summary['presence'].items():
        lines.append(
            f'| {name} | {row["area"]:.4f} | {row["recall_at_1_percent"]:.1%} (from '
            f'{row["threshold_at_1_percent"]:.2f} on) | {row["threshold"]} '
            f'| {row["recall"]:.1%} | {row["false_positives"]:.1%} |'
        )
    lines += [
        '',
        '| which hand? | right | limit | unknown | right where known | right of the surest 90 % |',
        '|---|---|---|---|---|---|',
    ]
    for name, row in summary['side'].items():
        lines.append(
            f'| {name} | {row["accuracy"]:.1%} | {row["limit"]} | {row["unknown"]:.1%} '
            f'| {row["accuracy_of_known"]:.1%} | {row["accuracy_of_surest"]:.1%} |'
        )
    flipped = summary['flipped_by_the_mirror']
    lines += ['', f'The mirrored crop has the opposite side in {flipped:.1%} of the hands.']
    for title, key in (
        ('false positives at the threshold', 'false_positives_of_kinds'),
        ('recall at the threshold', 'recall_of_cameras'),
    ):
        rows = {name: row[key] for name, row in summary['presence'].items()}
        lines += ['', f'| {title} | {" | ".join(rows)} |', '|---' * (len(rows) + 1) + '|']
        for part in next(iter(rows.values())):
            shares = ' | '.join(f'{row[part]:.1%}' for row in rows.values())
            lines.append(f'| {part} | {shares} |')
    return '\n'.join(lines) + '\n'
