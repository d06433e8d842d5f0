# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Where the hand stands before the camera: its rotation and its place in the image."""

from dense_hand_pose.camera.intrinsics import Intrinsics, unproject
import numpy as np
import numpy.typing as npt

from ..sensor.cameras import DepthCamera

FloatArray = npt.NDArray[np.float64]
DISTANCE_M = (0.30, 0.90)
_UNIFORM_SHARE = 0.25
_TILT_SD_DEG = (35.0, 45.0)
# A forearm that points at the camera (cosine below) is rare: most such views are drawn again.
_END_ON, _END_ON_KEPT = -0.85, 0.25
_MARGIN = 0.06  # of the image, where no hand centre falls
_WHOLE_SHARE, _HAND_RADIUS_M = 0.72, 0.09  # hands that the border of the image does not cut


def rotation_from_vector(vector_rad: FloatArray) -> FloatArray:
    """Return the (3, 3) rotation about the (3,) vector by its length (Rodrigues)."""
    angle = float(np.sqrt(vector_rad @ vector_rad))
    if angle < 1e-12:
        return np.eye(3)
    x, y, z = vector_rad / angle
    c, s = np.cos(angle), np.sin(angle)
    d = 1.0 - c
    return np.array(
        [
            [c + x * x * d, x * y * d - z * s, x * z * d + y * s],
            [y * x * d + z * s, c + y * y * d, y * z * d - x * s],
            [z * x * d - y * s, z * y * d + x * s, c + z * z * d],
        ]
    )


def facing_rotation(palm: bool, tilt_rad: FloatArray, in_plane_rad: float) -> FloatArray:
    """
    Return the rotation from the wrist's frame to the camera's.

    Fingers up and the palm (else the back) towards the camera, then turned by in_plane_rad in the
    image, then tilted by tilt_rad (2,) about the camera's x and y axes.
    """
    # Columns: where x (proximal), y (little finger) and z (out of the back) of the hand go.
    base = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    if not palm:
        base = np.diag([-1.0, 1.0, -1.0]) @ base
    turn = rotation_from_vector(np.array([0.0, 0.0, in_plane_rad]))
    tilt = rotation_from_vector(np.array([tilt_rad[0], tilt_rad[1], 0.0]))
    rotation: FloatArray = tilt @ turn @ base
    return rotation


def uniform_rotation(rng: np.random.Generator) -> FloatArray:
    """Return a rotation drawn uniformly from SO(3) (a random unit quaternion)."""
    w, x, y, z = (lambda q: q / np.sqrt(q @ q))(rng.standard_normal(4))
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


def sample_rotation(rng: np.random.Generator) -> FloatArray:
    """Draw a view: palm or back to the camera with tilts, or (25 %) any rotation."""
    while True:
        if rng.random() < _UNIFORM_SHARE:
            rotation = uniform_rotation(rng)
        else:
            sd = np.radians(rng.uniform(*_TILT_SD_DEG))
            rotation = facing_rotation(
                rng.random() < 0.5, sd * rng.standard_normal(2), rng.uniform(-np.pi, np.pi)
            )
        # Column 0 is the direction of the forearm; negative z points at the camera.
        if rotation[2, 0] > _END_ON or rng.random() < _END_ON_KEPT:
            return rotation


def sample_position(
    rng: np.random.Generator, camera: DepthCamera, intrinsics: Intrinsics
) -> FloatArray:
    """
    Return the (3,) centre of the hand, 0.3 to 0.9 m away, anywhere in the image; metres.

    Most hands lie in the image as a whole, as far as one fits at its distance.
    """
    size_px = np.array([camera.width, camera.height], dtype=np.float64)
    distance_m = rng.uniform(*DISTANCE_M)
    margin_px = _MARGIN * size_px
    if rng.random() < _WHOLE_SHARE:
        radius_px = intrinsics.fx * _HAND_RADIUS_M / distance_m
        margin_px = np.minimum(np.maximum(margin_px, radius_px), 0.45 * size_px)
    pixel = margin_px + (size_px - 2.0 * margin_px) * rng.random(2)
    position: FloatArray = unproject(pixel, np.array(distance_m), intrinsics)
    return position
