# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What the detector's maps should be, the loss that teaches them, and how well it finds hands.

Legend: B frames, N = MOST_HANDS, H = MAP_HEIGHT, W = MAP_WIDTH.
"""

from dataclasses import dataclass
from typing import NamedTuple

from dense_hand_pose.camera.letterbox import MAP_HEIGHT, MAP_WIDTH
from dense_hand_pose.codec.detector_input import USUAL_M
from dense_hand_pose.detection.detections import find_peaks, Peak
from dense_hand_pose.network.detector import activated
import numpy as np
import numpy.typing as npt
import torch
from torch import nn, Tensor
import torch.nn.functional as F  # noqa: N812

from ..data.detector_scenes import IGNORED, MOST_HANDS, PRESENT, SceneBatch
from ..distributed import Group

_JOINT_PX = 1.0
_WIDTH_M, _WIDTH_PX = 0.04, (0.8, 2.5)
"""Standard deviation of a peak: that of a palm, but at least so much that a pixel lies on it."""
_NEAR, _IGNORED_NEAR = 0.25, 0.1
_OFFSET, _DEPTH, _SIDE = 0.3, 3.0, 0.3
_LOW_SCORE, _SCORE, _FOUND_M, _MATCHED_M = 0.05, 0.5, 0.04, 0.10


class SceneLosses(NamedTuple):
    """The weighted sum that is minimised and its parts, unweighted; train_center_px is no part."""

    total: Tensor
    score: Tensor
    offset: Tensor
    depth: Tensor
    side: Tensor
    joints: Tensor
    train_center_px: Tensor


class Targets(NamedTuple):
    """
    What maps should be.

    score (B, H, W), 1 in the pixel that holds a centre; counts (B, H, W): 0 where the score does
    not matter; near (B, H, W): the weight of the other values; values (B, 4, H, W): offset x and
    y, the logarithm of z / 0.7 m to the base of 2, side.
    """

    score: Tensor
    counts: Tensor
    near: Tensor
    values: Tensor


def make_targets(batch: SceneBatch) -> Targets:
    """Return the ideal maps of a batch."""
    device = batch.hands.device
    x, y, z, side, state = batch.hands.unbind(dim=2)
    rows = torch.arange(MAP_HEIGHT, device=device).view(-1, 1).expand(-1, MAP_WIDTH)
    columns = torch.arange(MAP_WIDTH, device=device).expand(MAP_HEIGHT, -1)
    dx, dy = x[..., None, None] - columns, y[..., None, None] - rows
    width = _WIDTH_M / (z.clamp(min=0.05) * batch.ray_step[:, None])
    peak = torch.exp(-0.5 * (dx**2 + dy**2) / width.clamp(*_WIDTH_PX)[..., None, None] ** 2)
    present = (state == PRESENT)[..., None, None]
    centre = present & (dx.abs() <= 0.5) & (dy.abs() <= 0.5)
    best, owner = (peak * present).max(dim=1)
    hidden = (peak * (state == IGNORED)[..., None, None]).amax(dim=1)
    score = torch.where(centre.any(dim=1), torch.ones_like(best), best)
    counts = ((hidden < _IGNORED_NEAR) | (best > hidden)).float()
    log2_z = torch.log2(z.clamp(min=0.05) / USUAL_M)
    flat = torch.ones_like(dx)
    parts = (dx, dy, log2_z[..., None, None] * flat, side[..., None, None] * flat)
    values = torch.stack([part.gather(1, owner.unsqueeze(1))[:, 0] for part in parts], dim=1)
    return Targets(score, counts, best * (best > _NEAR), values)


def make_joint_targets(batch: SceneBatch) -> tuple[Tensor, Tensor]:
    """
    Return ideal heat maps of the joints (B, J, H, W), and where they matter (0 or 1), alike.

    A joint is 1 in the pixel that holds it, whether it is seen or not.
    """
    state = batch.hands[:, :, 4]
    along = [
        at.unsqueeze(-1) - torch.arange(size, device=at.device)
        for at, size in zip(batch.joints.unbind(dim=-1), (MAP_WIDTH, MAP_HEIGHT), strict=True)
    ]
    x, y = (torch.exp(-0.5 * (gap / _JOINT_PX) ** 2) for gap in along)
    peak = y.unsqueeze(-1) * x.unsqueeze(-2)
    in_x, in_y = (gap.abs() <= 0.5 for gap in along)
    peak = torch.where(in_y.unsqueeze(-1) & in_x.unsqueeze(-2), torch.ones_like(peak), peak)
    present, hidden = (
        (peak * (state == one)[..., None, None, None]).amax(dim=1) for one in (PRESENT, IGNORED)
    )
    return present, ((hidden < _IGNORED_NEAR) | (present > hidden)).float()


@dataclass(frozen=True)
class SceneMethod:
    """The method of the task 'detector'."""

    def loss(self, outputs: list[Tensor], batch: SceneBatch) -> SceneLosses:
        """
        Compare the maps of the stack with the ideal ones.

        The score by the focal loss of Law and Deng, CornerNet (2018), per frame; all else near the
        centres, by their peaks' weights. Heat maps of the joints, the paper's, teach beside them.
        """
        targets, (heat, made) = make_targets(batch), outputs
        score = _focal(made[:, 0], targets.score, targets.counts) / len(made)
        joints = _focal(heat, *make_joint_targets(batch)) / (len(heat) * heat.shape[1])
        weight = targets.near / targets.near.sum().clamp(min=1.0)
        wrong = made[:, 1:4] - targets.values[:, :3]
        zero = torch.zeros_like(wrong)
        offset = F.smooth_l1_loss(wrong[:, :2], zero[:, :2], reduction='none').sum(dim=1)
        depth = F.smooth_l1_loss(wrong[:, 2], zero[:, 2], reduction='none', beta=0.05)
        right = (targets.values[:, 3] + 1.0) / 2.0
        side = F.binary_cross_entropy_with_logits(2.0 * made[:, 4], right, reduction='none')
        parts = [(part * weight).sum() for part in (offset, depth, side)]
        total = score + joints + _OFFSET * parts[0] + _DEPTH * parts[1] + _SIDE * parts[2]
        miss_px = (wrong[:, :2].norm(dim=1) * weight).sum()
        details = [part.detach() for part in (score, *parts, joints, miss_px)]
        return SceneLosses(total, *details)


def _focal(logits: Tensor, target: Tensor, counts: Tensor) -> Tensor:
    """Return the penalty-reduced focal loss, summed over the pixels that count."""
    probability = torch.sigmoid(logits)
    positive = (target == 1.0) * (1.0 - probability) ** 2 * F.logsigmoid(logits)
    negative = (target < 1.0) * (1.0 - target) ** 4 * probability**2 * F.logsigmoid(-logits)
    return -((positive + negative) * counts).sum()


@dataclass(frozen=True)
class SceneValidation:
    """
    How well hands are found, shares of 1.

    recall: of the hands that are present, with a score of 0.5 within 40 mm; false_positives: of
    the frames without a hand, those where one is reported; recall_at_1_percent: the recall with
    the score that one in a hundred such frames reaches; center_mm: median error of the centres;
    side: of the hands found, those on the right side.
    """

    recall: float
    false_positives: float
    recall_at_1_percent: float
    center_mm: float
    side: float


@torch.no_grad()
def validate_scenes(
    network: nn.Module, batches: list[SceneBatch], group: Group | None = None
) -> SceneValidation:
    """Run the network over scenes and find hands as detection.detector does."""
    group = group or Group()
    network.eval()
    rows = []
    for mine in batches:
        batch = mine.to(group.device)
        outputs = network(batch.crop.to(memory_format=torch.channels_last))
        maps = activated(outputs[-1]).cpu().numpy()
        for made, hands, step in zip(maps, mine.hands, mine.ray_step, strict=True):
            peaks = find_peaks(made, float(step), _LOW_SCORE, 2 * MOST_HANDS)
            rows.append(_judged(peaks, hands.numpy(), float(step)))
    return _summed(group.gather(torch.tensor(np.array(rows))).cpu().numpy())


def _judged(peaks: list[Peak], hands: npt.NDArray[np.float32], step: float) -> list[float]:
    """Return state, score, error in metres and side of each hand, then the best false score."""
    row: list[float] = []
    for x, y, z, side, state in hands.tolist():
        gaps = [float(np.hypot(np.hypot(p.x - x, p.y - y) * step * z, p.z_m - z)) for p in peaks]
        which = int(np.argmin(gaps)) if gaps else -1
        if state and which >= 0 and gaps[which] < _MATCHED_M:
            peak = peaks.pop(which)
            row += [state, peak.score, gaps[which], float(peak.side * side > 0.0)]
        else:
            row += [state, 0.0, _MATCHED_M, 0.0]
    return [*row, max((peak.score for peak in peaks), default=0.0)]


def _summed(rows: npt.NDArray[np.float64]) -> SceneValidation:
    hands = rows[:, :-1].reshape(-1, 4)
    empty = (rows[:, :-1].reshape(len(rows), -1, 4)[:, :, 0] == 0.0).all(axis=1)
    false = rows[empty, -1]
    hands = hands[hands[:, 0] == PRESENT]
    close = hands[:, 2] <= _FOUND_M
    found = hands[close & (hands[:, 1] >= _SCORE)]
    strict = max(float(np.quantile(false, 0.99)), _LOW_SCORE) if len(false) else _SCORE
    return SceneValidation(
        recall=len(found) / max(len(hands), 1),
        false_positives=float((false >= _SCORE).mean()) if len(false) else 0.0,
        recall_at_1_percent=float((close & (hands[:, 1] > strict)).sum()) / max(len(hands), 1),
        center_mm=float(np.median(found[:, 2])) * 1000.0 if len(found) else 0.0,
        side=float(found[:, 3].mean()) if len(found) else 0.0,
    )
