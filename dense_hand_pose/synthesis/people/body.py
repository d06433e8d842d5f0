# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
A person behind the hand: torso, head and arms, joined to the forearm where an arm can reach.

The body's frame has x to the person's right, y to the front and z up; its origin is the middle
between the shoulders. Lengths are those of a person of 1.75 m, times a scale.
"""

import numpy as np
import numpy.typing as npt

from ..objects.shapes import column, limb, Mesh
from ..scenes.viewpoint import rotation_from_vector

FloatArray = npt.NDArray[np.float64]
GAP_M = (0.05, 0.60)  # between the hand and the chest
UPPER_ARM_M, _FOREARM_M = 0.29, 0.25
SHOULDER_M = np.array([0.175, -0.01, -0.035])
_ATTACHED_TRIES = 6
_ARM_CLEARANCE_M = 0.09
# Rings: x, y, z of the centre and the radii sideways and to the front, metres.
_TORSO = np.array(
    [
        [0.0, 0.00, -1.20, 0.000, 0.000],
        [0.0, 0.00, -1.20, 0.130, 0.095],
        [0.0, 0.00, -0.80, 0.155, 0.105],
        [0.0, 0.00, -0.50, 0.165, 0.110],
        [0.0, 0.00, -0.32, 0.145, 0.100],
        [0.0, 0.01, -0.18, 0.160, 0.115],
        [0.0, 0.01, -0.08, 0.172, 0.115],
        [0.0, 0.00, -0.02, 0.182, 0.095],
        [0.0, -0.01, 0.02, 0.160, 0.075],
        [0.0, -0.01, 0.05, 0.095, 0.062],
        [0.0, -0.01, 0.07, 0.062, 0.056],
        [0.0, 0.00, 0.12, 0.055, 0.056],
        [0.0, 0.01, 0.14, 0.000, 0.000],
    ]
)
_HEAD = np.array(
    [
        [0.0, 0.065, 0.095, 0.000, 0.000],
        [0.0, 0.060, 0.100, 0.025, 0.022],
        [0.0, 0.035, 0.120, 0.052, 0.060],
        [0.0, 0.022, 0.150, 0.064, 0.082],
        [0.0, 0.018, 0.190, 0.072, 0.096],
        [0.0, 0.015, 0.235, 0.076, 0.099],
        [0.0, 0.012, 0.275, 0.069, 0.090],
        [0.0, 0.010, 0.305, 0.048, 0.062],
        [0.0, 0.010, 0.322, 0.000, 0.000],
    ]
)
# Where the person faces the camera: right to the image's left, front towards it, up.
_FACING = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, -1.0, 0.0]]).T
_HEAD_CENTER_M, _HEAD_RADIUS_M = np.array([0.0, 0.015, 0.21]), 0.11


def sample_posture(rng: np.random.Generator) -> FloatArray:
    """Draw the rotation (3, 3) from a body's frame to the camera's, mostly upright and facing."""
    roll = rng.uniform(-np.pi, np.pi) if rng.random() < 0.15 else np.radians(15.0) * rng.normal()
    lean = rotation_from_vector(np.array([np.radians(12.0) * rng.standard_normal(), 0.0, 0.0]))
    yaw = rotation_from_vector(np.array([0.0, np.radians(25.0) * rng.standard_normal(), 0.0]))
    posture: FloatArray = rotation_from_vector(np.array([0.0, 0.0, roll])) @ lean @ yaw @ _FACING
    return posture


def inside_body(
    points_m: FloatArray,
    origin_m: FloatArray,
    rotation: FloatArray,
    scale: float,
    margin_m: float = 0.0,
) -> bool:
    """Return whether any point (N, 3) is in a body's torso or head, or within the margin."""
    p = (points_m - origin_m) @ rotation / scale
    torso = ((p[:, :2] / (np.array([0.18, 0.115]) + margin_m)) ** 2).sum(axis=1) < 1.0
    torso &= (p[:, 2] > -1.2 - margin_m) & (p[:, 2] < 0.05 + margin_m)
    head = ((p - _HEAD_CENTER_M) ** 2).sum(axis=1) < (_HEAD_RADIUS_M + margin_m) ** 2
    return bool((torso | head).any())


def person(
    rng: np.random.Generator, joints_m: FloatArray, elbow_m: FloatArray, side: int
) -> list[Mesh]:
    """
    Return torso, head and arms behind a hand with joints (21, 3) in the camera frame, elbow (3,).

    The upper arm joins elbow and shoulder where they are within reach; else the person stands
    behind the hand with both arms down, as when the arm comes from elsewhere.
    """
    scale = rng.uniform(0.90, 1.10)
    rotation = sample_posture(rng)
    for _ in range(_ATTACHED_TRIES):
        shoulder = reach_shoulder(rng, joints_m, elbow_m, rotation, scale)
        if shoulder is None:
            continue
        origin = shoulder - scale * rotation @ (SHOULDER_M * [side, 1.0, 1.0])
        if not inside_body(joints_m, origin, rotation, scale, 0.03) and not inside_body(
            elbow_m[None], origin, rotation, scale
        ):
            arm = limb(elbow_m, shoulder, (0.043 * scale, 0.058 * scale))
            other = _hanging_arm(rng, origin, rotation, scale, -side, joints_m)
            return [*trunk(rng, origin, rotation, scale), arm, *other]
    front = joints_m[:, 2].max() + _gap(rng)
    behind = np.array([*(joints_m[:, :2].mean(axis=0) + 0.12 * rng.standard_normal(2)), front])
    shown = np.array([0.0, 0.0, rng.uniform(-0.45, 0.25)])  # the height that is behind the hand
    origin = behind - scale * rotation @ shown
    origin[2] = max(origin[2], front + 0.13 * scale)
    if inside_body(joints_m, origin, rotation, scale, 0.02):
        return []
    arms = [_hanging_arm(rng, origin, rotation, scale, s, joints_m) for s in (-1, 1)]
    return [*trunk(rng, origin, rotation, scale), *arms[0], *arms[1]]


def _gap(rng: np.random.Generator) -> float:
    near, far = GAP_M
    return near + (far - near) * float(rng.random() ** 1.5)


def reach_shoulder(
    rng: np.random.Generator,
    joints_m: FloatArray,
    elbow_m: FloatArray,
    rotation: FloatArray,
    scale: float,
) -> FloatArray | None:
    """Return a shoulder (3,) at an upper arm's length from the elbow and behind the hand."""
    depth = joints_m[:, 2].max() + _gap(rng) + 0.12 * scale - elbow_m[2]
    length = UPPER_ARM_M * scale
    if abs(depth) > 0.97 * length:
        return None
    # In the image, from the elbow about upwards along the person.
    turn = np.radians(55.0) * rng.standard_normal()
    up = np.array([rotation[0, 2], rotation[1, 2]])
    up /= max(float(np.sqrt(up @ up)), 1e-9)
    c, s = np.cos(turn), np.sin(turn)
    across = np.sqrt(length**2 - depth**2)
    toward = np.array([c * up[0] - s * up[1], s * up[0] + c * up[1]])
    shoulder: FloatArray = elbow_m + np.array([across * toward[0], across * toward[1], depth])
    return shoulder


def trunk(
    rng: np.random.Generator, origin_m: FloatArray, rotation: FloatArray, scale: float
) -> list[Mesh]:
    """Return torso and neck, and the turned head."""
    stout = np.array([1.0, 1.0, 1.0, rng.uniform(0.92, 1.12), rng.uniform(0.9, 1.35)])
    look = rotation_from_vector(np.radians([10.0, 4.0, 20.0]) * rng.standard_normal(3))
    return [
        column(scale * _TORSO * stout, origin_m, rotation, squareness=2.5),
        column(scale * _HEAD, origin_m, rotation @ look),
    ]


def _hanging_arm(
    rng: np.random.Generator,
    origin_m: FloatArray,
    rotation: FloatArray,
    scale: float,
    side: int,
    joints_m: FloatArray,
) -> list[Mesh]:
    """Return an arm that hangs down, bent in the elbow; nothing where it would meet the hand."""
    shoulder = SHOULDER_M * [side, 1.0, 1.0]
    upper = np.array([side * rng.uniform(0.05, 0.5), rng.uniform(-0.3, 0.3), -1.0])
    lower = np.array([side * rng.uniform(-0.6, 0.2), rng.uniform(0.0, 1.0), -1.0])
    elbow = shoulder + UPPER_ARM_M * upper / np.sqrt(upper @ upper)
    wrist = elbow + _FOREARM_M * lower / np.sqrt(lower @ lower)
    fist = wrist + 0.06 * (wrist - elbow) / _FOREARM_M
    points = origin_m + scale * np.stack([shoulder, elbow, wrist, fist]) @ rotation.T
    middle = 0.5 * (points[:-1] + points[1:])
    gaps = joints_m[:, None] - np.concatenate([points, middle])
    if np.sqrt((gaps * gaps).sum(axis=2)).min() < _ARM_CLEARANCE_M:
        return []
    return [
        limb(points[0], points[1], (0.058 * scale, 0.043 * scale)),
        limb(points[1], points[2], (0.043 * scale, 0.030 * scale)),
        limb(points[2], points[3], (0.030 * scale, 0.042 * scale)),
    ]
