# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Losses and decoding of the paper's baselines (Sec. 4.1, Fig. 2).

Legend: B crops, J joints, H = W = MAP_SIZE_PX, K candidates. Their losses are smooth L1 like those
of the proposed method: heat maps over all pixels, coordinates in half cubes.
"""

from dataclasses import dataclass

from dense_hand_pose.codec.decoding import mean_shift
from dense_hand_pose.codec.encoding import DenseMaps, encode, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth, Surface
import torch
from torch import Tensor
import torch.nn.functional as F  # noqa: N812

from .dense import Losses
from ..config import LossConfig
from ..data.synthetic import Batch

_CANDIDATES, _BANDWIDTH_M, _ITERATIONS = 5, 0.04, 10
"""As the proposed method merges its votes (paper Sec. 4.1)."""
_AROUND_PEAK = 5


@dataclass(frozen=True)
class CoordinateMethod:
    """Coordinate regression: 3 J numbers straight from the crop (Fig. 2a)."""

    weights: LossConfig

    def loss(self, outputs: list[Tensor], batch: Batch) -> Losses:
        """Compare the coordinates alone."""
        joints = _in_cube(outputs[-1].float().view_as(batch.joints_m), batch.cube)
        zero = outputs[-1].new_zeros((), dtype=torch.float32)
        return _summed(zero, joints, batch, self.weights)

    def joints(self, outputs: list[Tensor], batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the coordinates, twice."""
        joints = _in_cube(outputs[-1].float().view_as(batch.joints_m), batch.cube)
        return joints, joints


@dataclass(frozen=True)
class DetectionMethod:
    """
    2D heat maps, and x y z or z alone regressed from them (Fig. 2b).

    With ``depth_only`` x and y come from the heat map: the centroid of its strongest pixels,
    lifted to the regressed depth.
    """

    reach: SupportRadius
    weights: LossConfig
    depth_only: bool

    def loss(self, outputs: list[Tensor], batch: Batch) -> Losses:
        """Compare the heat maps of all stacks and what is regressed."""
        target = _targets(batch, self.reach).heat_2d
        heat = _sum(
            [
                F.smooth_l1_loss(m.float().contiguous(), target, beta=self.weights.beta)
                for m in outputs[:-1]
            ]
        )
        if not self.depth_only:
            joints = _in_cube(outputs[-1].float().view_as(batch.joints_m), batch.cube)
            return _summed(heat, joints, batch, self.weights)
        # The depth alone is learnt; the error that is reported is that of the whole joint.
        half = batch.cube.size_m.view(-1, 1) / 2
        wanted = (batch.joints_m[..., 2] - batch.cube.center_m[:, 2:]) / half
        depth = F.smooth_l1_loss(outputs[-1].float(), wanted, beta=self.weights.coordinates_beta)
        total = self.weights.heat_2d * heat + self.weights.coordinates * depth
        with torch.no_grad():
            error_mm = _error_mm(self.joints(outputs, batch)[0], batch)
        zero = heat.new_zeros(())
        return Losses(total, heat.detach(), zero, zero, depth.detach(), error_mm)

    def joints(self, outputs: list[Tensor], batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the joints, twice."""
        if not self.depth_only:
            joints = _in_cube(outputs[-1].float().view_as(batch.joints_m), batch.cube)
            return joints, joints
        z_m = batch.cube.center_m[:, 2:] + outputs[-1].float() * batch.cube.size_m.view(-1, 1) / 2
        joints = lifted(_peaks(outputs[-2].float()), z_m, batch.cube, outputs[-2].shape[-1])
        return joints, joints


@dataclass(frozen=True)
class OffsetMethod:
    """
    3D offsets to the joint without S and V, learnt within theta only (Fig. 2c).

    Candidates are the pixels of the highest 2D score; they vote as those of the proposed method.
    """

    reach: SupportRadius
    weights: LossConfig

    def loss(self, outputs: list[Tensor], batch: Batch) -> Losses:
        """Compare heat maps everywhere and offsets, in theta, within reach of the joint."""
        targets = _targets(batch, self.reach)
        # Offset / theta is (1 - S) V by the definition of both.
        wanted = (1.0 - targets.heat_3d).unsqueeze(2) * targets.direction
        near = (targets.heat_3d > 0.0).unsqueeze(2).expand_as(wanted)
        heats, offsets = [], []
        for channels in outputs:
            heat, offset = _split(channels.float().contiguous(), batch)
            heats.append(F.smooth_l1_loss(heat, targets.heat_2d, beta=self.weights.beta))
            wrong = F.smooth_l1_loss(offset, wanted, beta=self.weights.beta, reduction='none')
            offsets.append((wrong * near).sum() / near.sum().clamp(min=1))
        heat, offset = _sum(heats), _sum(offsets)
        total = self.weights.heat_2d * heat + self.weights.direction * offset
        with torch.no_grad():
            error_mm = _error_mm(self.joints(outputs, batch)[0], batch)
        zero = heat.new_zeros(())
        return Losses(total, heat.detach(), zero, offset.detach(), zero, error_mm)

    def joints(self, outputs: list[Tensor], batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the mode of the votes of each joint's best pixels, twice."""
        heat, offset = _split(outputs[-1].float(), batch)
        surface = _surface(batch)
        score = heat.clamp(0.0, 1.0) * surface.foreground
        weights, index = score.flatten(2).topk(_CANDIDATES, dim=2)
        along = index.unsqueeze(2).expand(-1, -1, 3, -1)
        points = surface.points_m.flatten(2).unsqueeze(1).expand(-1, index.shape[1], -1, -1)
        theta = self.reach.theta_of(batch.cube).view(-1, 1, 1, 1)
        votes = points.gather(3, along) + theta * offset.flatten(3).gather(3, along)
        joints, _ = mean_shift(votes.transpose(2, 3), weights, _BANDWIDTH_M, _ITERATIONS)
        return joints, joints


def lifted(pixels: Tensor, z_m: Tensor, cube: Cube, size_px: int) -> Tensor:
    """Return the points (B, J, 3) at map pixels (B, J, 2) and depths (B, J)."""
    step = (cube.size_m / size_px).view(-1, 1, 1)
    planar = (pixels - (size_px - 1) / 2) * step + cube.center_m[:, None, :2]
    ratio = (z_m / cube.center_m[:, 2:]).unsqueeze(-1)
    return torch.cat([planar * ratio, z_m.unsqueeze(-1)], dim=-1)


def _peaks(heat: Tensor) -> Tensor:
    """Return the centroids (B, J, 2) of the strongest pixels of maps (B, J, H, W)."""
    weights, index = heat.flatten(2).clamp(min=1e-6).topk(_AROUND_PEAK, dim=2)
    width = heat.shape[-1]
    pixels = torch.stack([index % width, index // width], dim=-1).to(heat.dtype)
    share = (weights / weights.sum(dim=2, keepdim=True)).unsqueeze(-1)
    return (pixels * share).sum(dim=2)


def _in_cube(relative: Tensor, cube: Cube) -> Tensor:
    return cube.center_m[:, None] + relative * (cube.size_m / 2).view(-1, 1, 1)


def _surface(batch: Batch) -> Surface:
    return lift(reduce_depth(batch.crop), batch.cube)


@torch.no_grad()
def _targets(batch: Batch, reach: SupportRadius) -> DenseMaps:
    return encode(batch.joints_m, _surface(batch), batch.cube, reach)


def _split(channels: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    joints = batch.joints_m.shape[1]
    heat, offset = torch.split(channels, [joints, 3 * joints], dim=1)
    return heat, torch.unflatten(offset, 1, (joints, 3))


def _error_mm(joints: Tensor, batch: Batch) -> Tensor:
    error_m: Tensor = (joints - batch.joints_m).norm(dim=-1).mean().detach()
    return error_m * 1000.0


def _sum(parts: list[Tensor]) -> Tensor:
    return torch.stack(parts).sum()


def _summed(heat: Tensor, joints: Tensor, batch: Batch, weights: LossConfig) -> Losses:
    """Return the losses of heat maps and joints; both count with their weights."""
    relative = (joints - batch.joints_m) / (batch.cube.size_m.view(-1, 1, 1) / 2)
    coordinates = F.smooth_l1_loss(
        relative, torch.zeros_like(relative), beta=weights.coordinates_beta
    )
    total = weights.heat_2d * heat + weights.coordinates * coordinates
    zero = heat.new_zeros(())
    return Losses(total, heat.detach(), zero, zero, coordinates.detach(), _error_mm(joints, batch))
