# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The geometry of the 32x32 maps in batched torch: the surface, its 3D points, projection.

Legend: B crops, J joints, H = W = MAP_SIZE_PX. Points are metres in the camera optical frame.

A crop follows a metric cube, so its own intrinsics depend on the cube alone: with the centre
(xc, yc, zc) and the edge a, a point (X, Y, Z) lies at the map pixel
``m_x = (H - 1) / 2 + H / a (zc X / Z - xc)``, whatever the camera's focal length is.
"""

from typing import NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND, MAP_SIZE_PX
import torch
from torch import Tensor

from .config import SAME_SURFACE


class Cube(NamedTuple):
    """Where the cubes of a batch lie: centre (B, 3) and edge length (B,), metres."""

    center_m: Tensor
    size_m: Tensor


class Surface(NamedTuple):
    """The surface in a map: points (B, 3, H, W) in metres, foreground (B, 1, H, W) in {0, 1}."""

    points_m: Tensor
    foreground: Tensor


def reduce_depth(crop: Tensor, size_px: int = MAP_SIZE_PX) -> Tensor:
    """
    Reduce a normalised crop (B, 1, S, S) to (B, 1, size, size) without mixing surfaces.

    Each map pixel takes the mean over the part of its block that belongs to the surface nearest
    to the camera; a block without foreground stays background.
    """
    batch, _, height, width = crop.shape
    blocks = crop.reshape(batch, size_px, height // size_px, size_px, width // size_px)
    # One plane for each place in a block: runtimes reduce over planes fastest.
    blocks = blocks.permute(0, 2, 4, 1, 3).reshape(batch, -1, size_px, size_px)
    nearest = blocks.amin(dim=1, keepdim=True)
    same = ((blocks < nearest + SAME_SURFACE) & (blocks < BACKGROUND)).to(crop.dtype)
    count = same.sum(dim=1, keepdim=True)
    mean = (blocks * same).sum(dim=1, keepdim=True) / count.clamp(min=1.0)
    return torch.where(count > 0, mean, torch.full_like(mean, BACKGROUND))


def lift(depth: Tensor, cube: Cube) -> Surface:
    """
    Lift a normalised depth map (B, 1, H, W) to the 3D points its pixels see.

    Background pixels sit on the far plane of the cube and are marked in ``foreground``.
    """
    size_px = depth.shape[-1]
    edge = cube.size_m.view(-1, 1, 1, 1)
    center = cube.center_m.view(-1, 3, 1, 1)
    z = depth * (edge / 2) + center[:, 2:]
    steps = torch.arange(size_px, device=depth.device, dtype=depth.dtype) - (size_px - 1) / 2
    x = (center[:, :1] + steps.view(1, 1, 1, -1) * (edge / size_px)) * z / center[:, 2:]
    y = (center[:, 1:2] + steps.view(1, 1, -1, 1) * (edge / size_px)) * z / center[:, 2:]
    return Surface(torch.cat([x, y, z], dim=1), (depth < BACKGROUND).to(depth.dtype))


def project_to_map(points_m: Tensor, cube: Cube, size_px: int = MAP_SIZE_PX) -> Tensor:
    """Project points (B, ..., 3) to map coordinates (B, ..., 2); depths are kept positive."""
    shape = (-1,) + (1,) * (points_m.dim() - 1)
    edge, center = cube.size_m.view(shape), cube.center_m
    planar = center[:, :2].view(shape[0], *shape[1:-1], 2)
    ratio = center[:, 2].view(shape) / points_m[..., 2:].clamp(min=1e-3)
    return (size_px - 1) / 2 + (points_m[..., :2] * ratio - planar) * (size_px / edge)
