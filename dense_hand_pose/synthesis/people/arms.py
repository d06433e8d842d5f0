# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Hands on their forearms before a camera, and what that camera's image shows."""

from typing import NamedTuple

from dense_hand_pose.camera.intrinsics import Intrinsics, unproject
import numpy as np
import numpy.typing as npt

from .second_hand import (
    arm_balls,
    deepest_overlap,
    elbow_end,
    MAX_CUT_M,
)
from ..hand.hands import sample_hand, SampledHand
from ..objects.shapes import Mesh
from ..scenes.viewpoint import sample_rotation
from ..sensor.cameras import DepthCamera

FloatArray = npt.NDArray[np.float64]


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
