# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Depth frames of planes and balls, each pixel by its ray, for the tests that need no hand."""

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np

K = Intrinsics(600.0, 600.0, 319.5, 239.5)
SHAPE = (480, 640)


def empty() -> np.ndarray:
    return np.zeros(SHAPE, np.float32)


def wall(z_m: float) -> np.ndarray:
    return np.full(SHAPE, z_m, np.float32)


def ball(depth: np.ndarray, center_m: tuple[float, float, float], radius_m: float) -> np.ndarray:
    """Return the frame with a ball before it; 0 in the frame is nothing, not something near."""
    v, u = np.mgrid[: depth.shape[0], : depth.shape[1]].astype(np.float64)
    ray = np.stack([(u - K.cx) / K.fx, (v - K.cy) / K.fy, np.ones_like(u)], axis=-1)
    center = np.array(center_m)
    a, b = (ray**2).sum(axis=-1), ray @ center
    under_root = b**2 - a * (center @ center - radius_m**2)
    z = (b - np.sqrt(np.maximum(under_root, 0.0))) / a
    seen = (under_root > 0.0) & (z > 0.0) & ((depth == 0.0) | (z < depth))
    return np.where(seen, z, depth).astype(np.float32)


def hand_like(depth: np.ndarray, center_m: tuple[float, float, float]) -> np.ndarray:
    """Return the frame with a fist-sized clump of balls: palm and four fingers, 9 cm across."""
    x, y, z = center_m
    depth = ball(depth, (x, y, z), 0.035)
    for i in range(4):
        depth = ball(depth, (x - 0.03 + 0.02 * i, y - 0.045, z), 0.011)
    return depth


def arm(depth: np.ndarray, begin_m: tuple[float, ...], end_m: tuple[float, ...]) -> np.ndarray:
    """Return the frame with a forearm: balls of 3 cm radius along a line."""
    for share in np.linspace(0.0, 1.0, 24):
        at = (1.0 - share) * np.array(begin_m) + share * np.array(end_m)
        depth = ball(depth, (at[0], at[1], at[2]), 0.03)
    return depth
