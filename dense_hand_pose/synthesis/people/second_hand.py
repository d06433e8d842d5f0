# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Hands on forearms before a camera, and a second hand near the first.

The second one touches a fingertip, is clasped, or is at the wrist, beside or behind.
"""

from typing import NamedTuple

from dense_hand_pose.camera.intrinsics import Intrinsics, unproject
import numpy as np
import numpy.typing as npt

from ..hand.collision import hand_balls, palm_frame
from ..hand.hands import sample_hand, SampledHand
from ..jit import jit
from ..objects.shapes import cross, Mesh
from ..scenes.viewpoint import sample_rotation, uniform_rotation
from ..sensor.cameras import DepthCamera

FloatArray = npt.NDArray[np.float64]
COMPANION_SHARE = 0.11
KINDS = ('touch', 'clasp', 'wrist', 'beside', 'behind')
_OPPOSITE_SHARE = 0.9
MAX_CUT_M = 0.004
_TRIES, _PUSHES = 5, 12
_FOREARM_RADIUS_M, _FOREARM_BALLS = 0.032, 8
_TIPS = (4, 8, 12, 16, 20)
# A forearm that points at the camera (cosine below) would hide all, and end there.
_NEAREST_M, _END_ON = 0.12, -0.5
# What lies nearer to the first hand's centre could be taken for it.
MIN_CENTERS_APART_M = 0.06


def elbow_end(vertices_m: npt.NDArray[np.float32], joints_m: FloatArray) -> FloatArray:
    """Return the middle (3,) of the end of the forearm: what is farthest from the knuckles."""
    away = vertices_m - joints_m[9].astype(np.float32)
    squared = np.einsum('ij,ij->i', away, away)
    end: FloatArray = vertices_m[squared > 0.90 * squared.max()].mean(axis=0).astype(np.float64)
    return end


def arm_balls(vertices_m: npt.NDArray[np.float32], joints_m: FloatArray) -> FloatArray:
    """Return balls (B, 4), centre and radius, of a hand and its forearm."""
    share = np.linspace(0.12, 1.0, _FOREARM_BALLS)[:, None]
    line = joints_m[0] * (1.0 - share) + elbow_end(vertices_m, joints_m) * share
    forearm = np.concatenate([line, np.full((_FOREARM_BALLS, 1), _FOREARM_RADIUS_M)], 1)
    return np.concatenate([hand_balls(joints_m), forearm])


@jit
def deepest_overlap(a: FloatArray, b: FloatArray, shift_m: FloatArray) -> tuple[float, int, int]:
    """Return how deep balls a (A, 4), shifted by (3,), cut into b (B, 4), and which two."""
    worst, first, second = -1e9, 0, 0
    for i in range(len(a)):
        for j in range(len(b)):
            x = a[i, 0] + shift_m[0] - b[j, 0]
            y = a[i, 1] + shift_m[1] - b[j, 1]
            z = a[i, 2] + shift_m[2] - b[j, 2]
            reach = a[i, 3] + b[j, 3]
            squared = x * x + y * y + z * z
            if squared < (reach - worst) ** 2:
                cut = reach - np.sqrt(squared)
                if cut > worst:
                    worst, first, second = cut, i, j
    return worst, first, second


@jit
def push_apart(a: FloatArray, b: FloatArray, shift_m: FloatArray) -> tuple[FloatArray, float]:
    """Move a (A, 4) out of b (B, 4), from a shift (3,) on; returns shift and remaining cut."""
    out = shift_m.copy()
    for _ in range(_PUSHES):
        cut, i, j = deepest_overlap(a, b, out)
        if cut <= MAX_CUT_M:
            return out, cut
        gap = a[i, :3] + out - b[j, :3]
        out += gap * ((cut - 0.5 * MAX_CUT_M) / max(np.sqrt((gap * gap).sum()), 1e-9))
    return out, deepest_overlap(a, b, out)[0]


def companion(
    rng: np.random.Generator, first: Mesh, joints_m: FloatArray, side: int
) -> tuple[Mesh, FloatArray, int] | None:
    """
    Return mesh, joints (21, 3) and side of a second hand beside the first; None if none fits.

    The two do not cut into each other deeper than MAX_CUT_M, as balls along their bones tell.
    """
    other = sample_hand(rng)
    vertices, joints, other_side = other.vertices_m, other.joints_m, other.side
    if (other_side == side) == (rng.random() < _OPPOSITE_SHARE):
        vertices, joints = vertices * np.array([1, -1, 1], np.float32), joints * [1.0, -1.0, 1.0]
        other_side = -other_side
    fixed = arm_balls(first.vertices_m, joints_m)
    loose = arm_balls(vertices, joints)
    arm = loose[-1, :3] - joints[0]
    arm_m = float(np.sqrt(arm @ arm))
    for _ in range(_TRIES):
        kind = KINDS[int(rng.integers(len(KINDS)))]
        rotation, at = _place(kind, rng, joints_m, side, joints, other_side)
        turned = loose.copy()
        turned[:, :3] = loose[:, :3] @ rotation.T
        shift, cut = push_apart(turned, fixed, at)
        moved = shift - at
        placed = joints @ rotation.T + shift
        apart = placed.mean(axis=0) - joints_m.mean(axis=0)
        if (
            cut <= MAX_CUT_M
            and moved @ moved < 0.08**2
            and apart @ apart > MIN_CENTERS_APART_M**2
            and placed[:, 2].min() > _NEAREST_M
            and (rotation @ arm)[2] > _END_ON * arm_m
        ):
            mesh = vertices @ rotation.T.astype(np.float32) + shift.astype(np.float32)
            return Mesh(mesh, other.triangles), placed, other_side
    return None


def _place(
    kind: str,
    rng: np.random.Generator,
    joints_m: FloatArray,
    side: int,
    other_m: FloatArray,
    other_side: int,
) -> tuple[FloatArray, FloatArray]:
    """Return rotation (3, 3) and shift (3,) of the second hand, before the two are parted."""
    palm = palm_frame(joints_m, side)
    mean = joints_m.mean(axis=0)
    if kind in ('clasp', 'wrist'):
        # Palm on palm, palm on back, or around the wrist; the fingers at an angle.
        toward = palm[2] if rng.random() < 0.6 else -palm[2]
        turn = rng.uniform(0.6, np.pi) if kind == 'wrist' else rng.uniform(-np.pi, np.pi)
        forward = np.cos(turn) * palm[0] + np.sin(turn) * palm[1]
        forward = forward + 0.2 * rng.standard_normal(3)
        rotation = _turn_to(palm_frame(other_m, other_side), forward, -toward)
        target = 0.5 * (joints_m[0] + joints_m[9]) if kind == 'clasp' else joints_m[0]
        own = rotation @ (0.5 * (other_m[0] + other_m[9]))
        return rotation, target + rng.uniform(0.02, 0.05) * toward - own
    rotation = uniform_rotation(rng)
    if kind == 'touch':
        # The second hand comes from outside: its wrist is farther away than its fingertip.
        own, target = other_m[rng.choice(_TIPS)], joints_m[rng.choice([*_TIPS, 6, 10, 14, 18])]
        for _ in range(6):
            wrist = rotation @ (other_m[0] - own)
            if wrist @ (target - mean) > 0.0:
                break
            rotation = uniform_rotation(rng)
        return rotation, target - rotation @ own
    offset = rng.standard_normal(3)
    if kind == 'beside':
        offset[2] *= 0.4
        offset *= rng.uniform(0.09, 0.20) / np.sqrt(offset @ offset)
    else:
        offset *= 0.06
        offset[2] = rng.uniform(0.06, 0.20)
    return rotation, mean + offset - rotation @ other_m.mean(axis=0)


def _turn_to(axes: FloatArray, forward: FloatArray, normal: FloatArray) -> FloatArray:
    """Return the rotation (3, 3) that takes a palm's frame to a direction and a palm's normal."""
    normal = normal / np.sqrt(normal @ normal)
    forward = forward - (forward @ normal) * normal
    forward = forward / np.sqrt(forward @ forward)
    handed = float(np.sign(np.linalg.det(axes)))
    goal = np.stack([forward, handed * cross(normal, forward), normal])
    rotation: FloatArray = goal.T @ axes
    return rotation


class Sight(NamedTuple):
    """What a camera sees: its model, of which the size counts, and the calibration."""

    camera: DepthCamera
    intrinsics: Intrinsics

    def shows(self, points_m: FloatArray) -> npt.NDArray[np.bool_]:
        """Say which points (N, 3) project into the image, (N,)."""
        k = self.intrinsics
        z = np.maximum(points_m[:, 2], 1e-6)
        u, v = k.fx * points_m[:, 0] / z + k.cx, k.fy * points_m[:, 1] / z + k.cy
        inside = (u >= 0) & (u < self.camera.width) & (v >= 0) & (v < self.camera.height)
        shown: npt.NDArray[np.bool_] = inside & (points_m[:, 2] > 0.05)
        return shown

    def somewhere(self, rng: np.random.Generator, z_m: float, margin: float) -> FloatArray:
        """Draw a point (3,) at a depth; ``margin`` of the image's size is left at each border."""
        size = np.array([self.camera.width, self.camera.height], np.float64)
        pixel = size * (margin + (1.0 - 2.0 * margin) * rng.random(2))
        point: FloatArray = unproject(pixel, np.array(z_m), self.intrinsics)
        return point


class Arm(NamedTuple):
    """A hand with its forearm in the camera frame; joints_m (21, 3), elbow_m (3,), side +-1."""

    mesh: Mesh
    joints_m: FloatArray
    elbow_m: FloatArray
    side: int


def sample_arm(rng: np.random.Generator, center_m: FloatArray) -> Arm:
    """Draw a hand with its forearm whose joints have their mean at a point (3,)."""
    hand = sample_hand(rng)
    return placed(hand, sample_rotation(rng), center_m)


def placed(hand: SampledHand, rotation: FloatArray, center_m: FloatArray) -> Arm:
    """Return a hand turned by a rotation (3, 3), the mean of its joints at a point (3,)."""
    shift = center_m - rotation @ hand.joints_m.mean(axis=0)
    vertices = hand.vertices_m @ rotation.T.astype(np.float32) + shift.astype(np.float32)
    joints = hand.joints_m @ rotation.T + shift
    return Arm(Mesh(vertices, hand.triangles), joints, elbow_end(vertices, joints), hand.side)


def mirrored(hand: SampledHand) -> SampledHand:
    """Return the other side's hand of the same shape and pose."""
    flip = np.array([1.0, -1.0, 1.0])
    vertices = hand.vertices_m * flip.astype(np.float32)
    return SampledHand(vertices, hand.triangles, hand.joints_m * flip, -hand.side)


def apart(first: Arm, second: Arm) -> bool:
    """Say whether two hands with their forearms do not cut into each other."""
    balls = [arm_balls(arm.mesh.vertices_m, arm.joints_m) for arm in (first, second)]
    return bool(deepest_overlap(balls[0], balls[1], np.zeros(3))[0] <= MAX_CUT_M)
