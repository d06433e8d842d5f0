# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A rough hand from the network's maps, in the frame of its own palm, which tells its side.

Legend: B crops, J = 21 joints of HAND_21, H = W = MAP_SIZE_PX. Points are half cubes from the
cube's centre, as the crop is normalised; that a cube's far side is seen smaller is left out.
"""

from dense_hand_pose.camera.crop import BACKGROUND
from dense_hand_pose.codec.config import REFERENCE_CUBE_M
import torch
from torch import Tensor

_SHARPNESS = 30.0  # as the soft decoder's (codec/decoding.py)
_WRIST, _INDEX, _MIDDLE, _LITTLE = 0, 5, 9, 17
_LEAST = 1e-4


def soft_joints(maps: Tensor, depth: Tensor, theta_m: float) -> Tensor:
    """
    Return the joints (B, J, 3) that maps (B, 5 J, H, W) over depth (B, 1, H, W) vote for.

    As decoding.decode_soft does, without the camera: the verdict knows no cube.
    """
    batch, channels, height, width = maps.shape
    joints = channels // 5
    ends = (joints, 2 * joints)
    _, near, direction = torch.tensor_split(maps.flatten(2), ends, dim=1)
    direction = direction.reshape(batch, joints, 3, height * width)
    foreground = (depth < BACKGROUND).to(maps.dtype).flatten(2)
    weights = torch.softmax(_SHARPNESS * near * foreground, dim=2)
    steps = (torch.arange(width, device=maps.device, dtype=maps.dtype) + 0.5) * (2.0 / width) - 1.0
    x = steps.view(1, 1, width).expand(batch, height, width).flatten(1)
    y = steps.view(1, height, 1).expand(batch, height, width).flatten(1)
    points = torch.stack([x, y, depth.flatten(1)], dim=1)
    reach = weights * (1.0 - near) * (2.0 * theta_m / REFERENCE_CUBE_M)
    centers = torch.matmul(weights, points.transpose(1, 2))
    return centers + (reach.unsqueeze(2) * direction).sum(dim=3)


def palm_coordinates(joints: Tensor) -> Tensor:
    """
    Return joints (B, J, 3) from the wrist along a palm's axes, in lengths of its palm.

    The axes: to the middle knuckle, across, and the normal that a right and a left hand have on
    opposite sides, so that a mirrored hand has the same coordinates but for the sign of the last.
    """
    out = joints - joints[:, _WRIST].unsqueeze(1)
    length = _length(out[:, _MIDDLE])
    forward = out[:, _MIDDLE] / length
    normal = _cross(out[:, _INDEX], out[:, _LITTLE])
    normal = normal - (normal * forward).sum(dim=1, keepdim=True) * forward
    normal = normal / _length(normal)
    axes = torch.stack([forward, _cross(normal, forward), normal], dim=2)
    return torch.matmul(out, axes) / length.unsqueeze(2)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    """Return the cross products of (B, 3) by products alone, which every runtime has."""
    # (y, z, x) and (z, x, y): as slices of the vectors twice, fewer operations than by component.
    a, b = torch.cat([a, a], dim=1), torch.cat([b, b], dim=1)
    return a[:, 1:4] * b[:, 2:5] - a[:, 2:5] * b[:, 1:4]


def _length(vectors: Tensor) -> Tensor:
    """Return lengths (B, 1) of (B, 3), none of them zero."""
    return (vectors * vectors).sum(dim=1, keepdim=True).sqrt().clamp(min=_LEAST)
