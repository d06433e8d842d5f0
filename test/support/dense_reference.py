# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The method in float64 and Python loops, written from design method.md, for the tests to trust.

Nothing here uses the package. Maps are (J, H, W), directions (J, 3, H, W), points (3, H, W).
"""

import math

import numpy as np

THETA_OF_CUBE = 0.08 / 0.30
TAU_PX = 4.0


def map_pixel(point: np.ndarray, center: np.ndarray, cube_m: float, size: int = 32) -> np.ndarray:
    """Project a point through a camera of focal length 1 to the pixel of the map."""
    z = max(point[2], 1e-3)
    uv = np.array([point[0] / z, point[1] / z])
    uv_center = np.array([center[0] / center[2], center[1] / center[2]])
    footprint = cube_m / center[2] / size
    return (uv - uv_center) / footprint + (size - 1) / 2


def surface_points(depth: np.ndarray, center: np.ndarray, cube_m: float) -> np.ndarray:
    """Lift a normalised map (H, W) pixel by pixel through a camera of focal length 1."""
    size = depth.shape[0]
    points = np.zeros((3, size, size))
    footprint = cube_m / center[2] / size
    for m in range(size):
        for n in range(size):
            z = center[2] + depth[m, n] * cube_m / 2
            u = center[0] / center[2] + (n - (size - 1) / 2) * footprint
            v = center[1] / center[2] + (m - (size - 1) / 2) * footprint
            points[:, m, n] = u * z, v * z, z
    return points


def target_maps(
    joint: np.ndarray, depth: np.ndarray, center: np.ndarray, cube_m: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return R (H, W), S (H, W) and V (3, H, W) of one joint by method.md's definitions."""
    size, theta = depth.shape[0], THETA_OF_CUBE * cube_m
    points = surface_points(depth, center, cube_m)
    at = map_pixel(joint, center, cube_m, size)
    heat_2d, heat_3d = np.zeros((size, size)), np.zeros((size, size))
    direction = np.zeros((3, size, size))
    for m in range(size):
        for n in range(size):
            heat_2d[m, n] = max(0.0, (TAU_PX - math.hypot(n - at[0], m - at[1])) / TAU_PX)
            offset = joint - points[:, m, n]
            distance = math.sqrt(float(offset @ offset))
            if depth[m, n] < 1.0 and distance <= theta:
                heat_3d[m, n] = (theta - distance) / theta
                direction[:, m, n] = offset / distance if distance > 0.0 else 0.0
    return heat_2d, heat_3d, direction


def bilinear(heat: np.ndarray, pixel: np.ndarray) -> float:
    """Read a map (H, W) between its pixels, clamped to its border."""
    u, v = (min(max(float(p), 0.0), heat.shape[0] - 1.0) for p in pixel)
    n, m = min(int(u), heat.shape[0] - 2), min(int(v), heat.shape[0] - 2)
    a, b = u - n, v - m
    upper = (1 - a) * heat[m, n] + a * heat[m, n + 1]
    lower = (1 - a) * heat[m + 1, n] + a * heat[m + 1, n + 1]
    return float((1 - b) * upper + b * lower)


def mean_shift(
    votes: np.ndarray, weights: np.ndarray, bandwidth_m: float, iterations: int
) -> np.ndarray:
    """Climb from the weighted mean of votes (K, 3); the first vote where no weight is left."""
    if weights.max() <= 1e-6:
        return votes[0].copy()
    at = (weights[:, None] * votes).sum(axis=0) / weights.sum()
    for _ in range(iterations):
        exponents = [
            math.log(w) - float((vote - at) @ (vote - at)) / (2 * bandwidth_m**2)
            if w > 0.0
            else -math.inf
            for vote, w in zip(votes, weights, strict=True)
        ]
        pulls = np.array([math.exp(e - max(exponents)) for e in exponents])
        at = (pulls[:, None] * votes).sum(axis=0) / pulls.sum()
    return at


def decode_joint(
    maps: tuple[np.ndarray, np.ndarray, np.ndarray],
    depth: np.ndarray,
    center: np.ndarray,
    cube_m: float,
    candidates: int = 5,
    bandwidth_m: float = 0.04,
    iterations: int = 10,
    weighted: bool = True,
) -> np.ndarray:
    """Decode R (H, W), S (H, W), V (3, H, W) of one joint by Alg. 1 as method.md tells it."""
    heat_2d, heat_3d, direction = maps
    points = surface_points(depth, center, cube_m)
    scored = []
    for m in range(depth.shape[0]):
        for n in range(depth.shape[1]):
            seen = depth[m, n] < 1.0
            scored.append(((1 + heat_2d[m, n]) * heat_3d[m, n] if seen else 0.0, m, n))
    scored.sort(key=lambda entry: -entry[0])
    votes, weights = [], []
    for score, m, n in scored[:candidates]:
        reach = THETA_OF_CUBE * cube_m * (1 - heat_3d[m, n])
        vote = points[:, m, n] + reach * direction[:, m, n]
        agreement = bilinear(heat_2d, map_pixel(vote, center, cube_m, depth.shape[0]))
        votes.append(vote)
        weights.append((agreement if score > 0.0 else 0.0) if weighted else score / 2)
    return mean_shift(np.array(votes), np.array(weights), bandwidth_m, iterations)
