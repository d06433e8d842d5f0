# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
From joints to the dense target maps R, S and V (paper Sec. 3.2, method.md).

Legend: B crops, J joints, H = W = MAP_SIZE_PX.

The self-consistent form: V points from the pixel to the joint, so that
``p + theta (1 - S) V`` is the joint. The paper's Eq. 2 prints the opposite sign, which its own
Alg. 1 contradicts.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .config import REFERENCE_CUBE_M
from .map_geometry import Cube, project_to_map, Surface


@dataclass(frozen=True)
class SupportRadius:
    """
    How far from a joint its maps are not zero: theta in 3D, tau in the image (Sec. 3.2).

    ``theta_m`` holds for a cube of REFERENCE_CUBE_M and grows with the cube, so that a child's
    hand in a smaller cube looks to the network as an adult's does.
    """

    theta_m: float = 0.08
    tau_px: float = 4.0

    def theta_of(self, cube: Cube) -> Tensor:
        """Return theta (B,) in metres for each cube."""
        return cube.size_m * (self.theta_m / REFERENCE_CUBE_M)


class DenseMaps(NamedTuple):
    """R and S (B, J, H, W) in [0, 1]; V (B, J, 3, H, W) of length 0 to 1."""

    heat_2d: Tensor
    heat_3d: Tensor
    direction: Tensor

    @classmethod
    def from_channels(cls, channels: Tensor, joints: int) -> 'DenseMaps':
        """Split network channels (B, 5 J, H, W) into R, S and V."""
        heat_2d, heat_3d, direction = torch.split(channels, [joints, joints, 3 * joints], 1)
        return cls(heat_2d, heat_3d, torch.unflatten(direction, 1, (joints, 3)))


def encode(joints_m: Tensor, surface: Surface, cube: Cube, radius: SupportRadius) -> DenseMaps:
    """
    Make the target maps of joints (B, J, 3) for the surface that a crop shows.

    S and V are zero off the foreground and beyond theta (zero for outliers beats masking, Sec.
    3.2); R covers every pixel: it marks the projection of the joint.
    """
    offset = joints_m[:, :, :, None, None] - surface.points_m[:, None]
    distance = (offset * offset).sum(dim=2).sqrt()
    theta = radius.theta_of(cube).view(-1, 1, 1, 1)
    near = (distance <= theta) & (surface.foreground > 0)
    heat_3d = torch.where(near, 1.0 - distance / theta, 0.0)
    inverse = torch.where(near, 1.0 / distance.clamp(min=1e-9), 0.0)
    return DenseMaps(
        _heat_2d(joints_m, surface, cube, radius), heat_3d, offset * inverse.unsqueeze(2)
    )


def _heat_2d(joints_m: Tensor, surface: Surface, cube: Cube, radius: SupportRadius) -> Tensor:
    size_px = surface.points_m.shape[-1]
    pixel = project_to_map(joints_m, cube, size_px)[..., None, None]
    steps = torch.arange(size_px, device=joints_m.device, dtype=joints_m.dtype)
    du = steps.view(1, 1, 1, -1) - pixel[:, :, 0]
    dv = steps.view(1, 1, -1, 1) - pixel[:, :, 1]
    return (1.0 - (du * du + dv * dv).sqrt() / radius.tau_px).clamp(min=0.0)
