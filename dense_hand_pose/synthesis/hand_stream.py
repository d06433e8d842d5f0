# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A continuous stream of depth frames of one moving hand: what the synthetic camera shows."""

from dataclasses import dataclass, replace
import math
from typing import Literal

from dense_hand_pose.camera.intrinsics import Intrinsics, project
import numpy as np
import numpy.typing as npt

from .hand.gestures import HandState, Motion
from .hand.model import HandModel, mirror
from .objects.shapes import Mesh, plane
from .sensor.cameras import CAMERAS, DepthCamera
from .sensor.noise import add_noise, NoiseLevel
from .sensor.raster import DepthBuffer, NEAR_M

FloatArray = npt.NDArray[np.float64]
Side = Literal['right', 'left']
DEFAULT_INTRINSICS = Intrinsics(475.0, 475.0, 319.5, 239.5)
_WALL_M = (0.95, 1.15)
_WALL_HALF_SIZE_M = 3.0
_BORDER_PX = 6  # around the hand, where its noise can reach
_NOISE_SHIFT_PX = 64
_MM = 1000.0


@dataclass(frozen=True)
class SyntheticFrame:
    """
    A frame and its truth.

    depth_mm (H, W) uint16, 0 = no measurement; joints_m (21, 3) in the camera frame, metres; side
    'right' or 'left'.
    """

    depth_mm: npt.NDArray[np.uint16]
    joints_m: FloatArray
    intrinsics: Intrinsics
    side: Side


class GestureSequence:
    """
    Everyday gestures of one hand before a wall; frame(t) depends on the seed and t alone.

    The hand is the nearest surface, 0.35 to 0.6 m away; a structured-light camera sees it. Raises
    ValueError for a negative seed, an unknown side or an image without pixels.
    """

    def __init__(
        self,
        seed: int = 0,
        side: Side = 'right',
        intrinsics: Intrinsics = DEFAULT_INTRINSICS,
        width: int = 640,
        height: int = 480,
    ) -> None:
        if seed < 0 or width < 1 or height < 1:
            raise ValueError(
                f'seed={seed} width={width} height={height}: the seed must not be negative, the '
                'sizes must be positive'
            )
        if side not in ('right', 'left'):
            raise ValueError(f"side={side!r}: expected 'right' or 'left'")
        self.seed, self.side, self.intrinsics = seed, side, intrinsics
        self.width, self.height = width, height
        rng = np.random.default_rng([seed, 1])
        self._motion = Motion(seed)
        self._model = HandModel.load()
        # One hand of a stream has plain proportions: a length of its own, nothing else.
        self._scale = np.full((21, 3), rng.uniform(0.93, 1.07))
        self._camera = _stream_camera(intrinsics, width, height)
        self._level = NoiseLevel(grain_px=2, dropouts=(0.0005, 0.1, 0.4), holes=0.2)
        self._wall = _tilted_wall(rng)
        self._wall_mm, self._wall_noise_mm = self._render_wall(rng)

    def frame(self, t_s: float) -> SyntheticFrame:
        """Return the frame at a time t_s >= 0 in seconds; ValueError for another number."""
        if not math.isfinite(t_s) or t_s < 0.0:
            raise ValueError(f't_s = {t_s}: expected a finite time that is not negative')
        rng = np.random.default_rng([self.seed, 2, round(t_s * 1e6)])
        hand, joints = self._place(t_s)
        v, u = rng.integers(_NOISE_SHIFT_PX, size=2)
        bottom, right = v + self.height, u + self.width
        noise_mm = self._wall_noise_mm[v:bottom, u:right]
        depth_mm = self._wall_mm + noise_mm.view(np.uint16)  # modulo 2^16: signs come out right
        columns, rows = self._region(hand)
        if columns.size and rows.size:
            buffer = DepthBuffer(self.intrinsics, columns, rows)
            buffer.draw(*hand)
            buffer.draw(*self._wall)
            depth = add_noise(buffer, self._camera, self._level, rng)
            depth_mm[np.ix_(rows, columns)] = (depth * np.float32(_MM) + np.float32(0.5)).astype(
                np.uint16
            )
        return SyntheticFrame(depth_mm, joints, self.intrinsics, self.side)

    def _place(self, t_s: float) -> tuple[Mesh, FloatArray]:
        """Return the hand's mesh and joints (21, 3) in the camera frame."""
        return place_hand(self._model, self._scale, self._motion.at(t_s), self.side)

    def _region(self, hand: Mesh) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the columns and rows around the hand within the image."""
        seen = hand.vertices_m[hand.vertices_m[:, 2] > NEAR_M]
        if not len(seen):
            return np.arange(0), np.arange(0)
        pixels = project(seen, self.intrinsics)
        # The hand's shadow on the wall lies to its left, by the parallax at most.
        focal_baseline = self.intrinsics.fx * self._camera.baseline_m
        shadow = focal_baseline * (1.0 / float(seen[:, 2].min()) - 1.0 / _WALL_M[1])
        reach = np.array([_BORDER_PX + max(shadow, 0.0), _BORDER_PX])
        low = np.maximum(np.floor(pixels.min(axis=0) - reach), 0.0)
        high = np.minimum(
            np.ceil(pixels.max(axis=0)) + _BORDER_PX + 1, [float(self.width), float(self.height)]
        )
        return (
            np.arange(int(low[0]), max(int(high[0]), int(low[0]))),
            np.arange(int(low[1]), max(int(high[1]), int(low[1]))),
        )

    def _render_wall(
        self, rng: np.random.Generator
    ) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int16]]:
        """
        Return the wall without noise (H, W) and its noise, both in millimetres.

        The noise is larger than the image by as much as it is shifted from frame to frame.
        """
        extra = _NOISE_SHIFT_PX
        columns, rows = np.arange(self.width + extra), np.arange(self.height + extra)
        buffer = DepthBuffer(self.intrinsics, columns, rows)
        buffer.draw(*self._wall)
        level = replace(self._level, dropouts=(0.0, 0.0, 0.0), holes=0.0)
        clean_mm = np.rint(buffer.depth_m() * _MM)
        noise_mm = np.rint(add_noise(buffer, self._camera, level, rng) * _MM) - clean_mm
        wall_mm: npt.NDArray[np.uint16] = clean_mm[: self.height, : self.width].astype(np.uint16)
        return wall_mm, noise_mm.astype(np.int16)


def place_hand(
    model: HandModel,
    scale: FloatArray,
    state: HandState,
    side: Side,
    rest_m: npt.NDArray[np.float32] | None = None,
) -> tuple[Mesh, FloatArray]:
    """
    Return mesh and joints (21, 3) of a hand in the camera frame; its joints' mean is the centre.

    scale (B, 3): stretches of the bones; rest_m (V, 3): unposed vertices where they are not the
    model's own (a sleeve).
    """
    hand = model.pose(state.dof_deg, scale, rest_m)
    rotation = state.rotation
    if side == 'left':
        # A left hand is the mirror image of the whole scene: palms stay towards the camera.
        mirror(hand.vertices_m)
        mirror(hand.joints_m)
        flip = np.diag([-1.0, 1.0, 1.0])
        rotation = flip @ rotation @ np.diag([1.0, -1.0, 1.0])
    shift = state.center_m - rotation @ hand.joints_m.mean(axis=0)
    vertices = hand.vertices_m @ rotation.T.astype(np.float32) + shift.astype(np.float32)
    return Mesh(vertices, model.triangles), hand.joints_m @ rotation.T + shift


def _stream_camera(intrinsics: Intrinsics, width: int, height: int) -> DepthCamera:
    """Return a short-range structured-light camera with the given optics."""
    model = next(camera for camera in CAMERAS if camera.name == 'sr300')
    return DepthCamera('stream', intrinsics.fx, width, height, model.sensor, model.baseline_m)


def _tilted_wall(rng: np.random.Generator) -> Mesh:
    """Return a wall of 0.95 to 1.15 m distance, a little out of square."""
    tilt = np.radians(rng.uniform(-4.0, 4.0, 2))
    normal = np.array([np.sin(tilt[0]), np.sin(tilt[1]), 1.0])
    normal /= np.linalg.norm(normal)
    return plane(np.array([0.0, 0.0, rng.uniform(*_WALL_M)]), normal, _WALL_HALF_SIZE_M)
