# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Sequences of whole scenes at 30 Hz: hands that enter, leave, cross, hide and come back."""

from dataclasses import dataclass

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

from .full_scene import lattice_of, SceneHand
from .motion_scripts import DURATION_S, Path, sample_script
from .rooms import sample_room
from ..hand.gestures import HandState, Motion
from ..hand.model import HandModel, Source
from ..hand_stream import place_hand, Side
from ..objects.shapes import box, limb, Mesh
from ..people.people import bystander, handless_forearm
from ..people.second_hand import Arm, elbow_end, Sight
from ..sensor.cameras import CAMERAS
from ..sensor.noise import add_noise, NoiseLevel
from ..sensor.raster import DepthBuffer, visible_share

FloatArray = npt.NDArray[np.float64]
RATE_HZ = 30
FRAMES = round(DURATION_S * RATE_HZ)
_SAME_SIDE_SHARE, _SLEEVE_SHARE, _MAKEHUMAN_SHARE, _PERSON_SHARE = 0.15, 0.4, 0.25, 0.6
_ANCHOR_M = (0.3, 0.9, 0.2)  # shoulder from the path's mean: outwards, down, away
_ARM_RADII_M = (0.043, 0.055)
_SCREEN_HALF_M = np.array([0.15, 0.17, 0.01])
_LOOK_COLUMNS = 96
_EVERYWHERE_M = 100.0
_NEAREST_JOINT_M = 0.12


@dataclass(frozen=True)
class SceneFrame:
    """
    A frame and its truth.

    depth_m (H, W) float32 metres, 0 = no measurement; hands: always all of the sequence, in one
    order, however little is seen of them.
    """

    depth_m: npt.NDArray[np.float32]
    intrinsics: Intrinsics
    hands: tuple[SceneHand, ...]


@dataclass(frozen=True)
class _Actor:
    """A hand of its own shape, gestures and path; shoulder_m (3,) is where its arm ends."""

    model: HandModel
    scale: FloatArray
    rest_m: npt.NDArray[np.float32]
    motion: Motion
    path: Path
    side: int
    shoulder_m: FloatArray

    def at(self, t_s: float) -> Arm:
        """Return the hand with its forearm at a time; the mean of its joints is on the path."""
        state = self.motion.at(t_s)
        state = HandState(state.dof_deg, state.rotation, self.path.at(t_s))
        side: Side = 'right' if self.side > 0 else 'left'
        mesh, joints = place_hand(self.model, self.scale, state, side, self.rest_m)
        return Arm(mesh, joints, elbow_end(mesh.vertices_m, joints), self.side)


class SceneSequence:
    """
    A sequence of a kind (hand_scripts.KINDS); frame(i) depends on kind, seed and i alone.

    ``camera`` is the name of its model. Raises ValueError for an unknown kind or a negative seed.
    """

    def __init__(self, kind: str, seed: int) -> None:
        if seed < 0:
            raise ValueError(f'seed = {seed}: must not be negative')
        self.kind, self.seed = kind, seed
        rng = np.random.default_rng([seed, 4])
        camera = CAMERAS[rng.integers(len(CAMERAS))]
        self._sight = Sight(camera, camera.sample_intrinsics(rng))
        script = sample_script(rng, kind, self._sight)
        self._screen = script.screen
        self._level = NoiseLevel.sample(rng, camera)
        first = 1 if rng.random() < 0.5 else -1
        second = first if rng.random() < _SAME_SIDE_SHARE else -first
        self._actors = [
            self._cast(rng, path, side, place)
            for place, (path, side) in enumerate(zip(script.hands, (first, second), strict=False))
        ]
        self._background = self._build_room(rng)

    @property
    def camera(self) -> str:
        """Return the name of the camera's model."""
        return self._sight.camera.name

    def frame(self, i: int) -> SceneFrame:
        """Return frame i, from 0 to FRAMES - 1; ValueError for another."""
        buffer, hands = self._draw(i)
        rng = np.random.default_rng([self.seed, 5, i + 1])
        camera, k = self._sight
        return SceneFrame(add_noise(buffer, camera, self._level, rng), k, hands)

    def hands(self, i: int) -> tuple[SceneHand, ...]:
        """Return the truth of frame i alone, in a fraction of the time."""
        return self._draw(i)[1]

    def _draw(self, i: int) -> tuple[DepthBuffer, tuple[SceneHand, ...]]:
        """Return what the camera sees in frame i without noise, and the hands."""
        if not 0 <= i < FRAMES:
            raise ValueError(f'i = {i}: expected a frame from 0 to {FRAMES - 1}')
        arms = [actor.at(i / RATE_HZ) for actor in self._actors]
        background = self._background
        buffer = DepthBuffer(self._sight.intrinsics, background.columns, background.rows)
        buffer.inverse_z[:], buffer.facing[:] = background.inverse_z, background.facing
        for mesh in self._moving(arms, i / RATE_HZ):
            buffer.draw(*mesh)
        hands = tuple(
            SceneHand(arm.joints_m, arm.side, self._visible(arm, buffer.inverse_z)) for arm in arms
        )
        return buffer, hands

    def _cast(self, rng: np.random.Generator, path: Path, side: int, place: int) -> _Actor:
        """Draw the hand of a path."""
        source: Source = 'makehuman' if rng.random() < _MAKEHUMAN_SHARE else 'soma'
        model = HandModel.load(source).sample_shape(rng)
        rest = model.vertices_m
        if rng.random() < _SLEEVE_SHARE:
            rest = model.sleeve(rng.uniform(0.0, 0.12), rng.uniform(0.003, 0.02))
        motion = Motion(self.seed + place)
        outward = 1.0 if path.points_m[:, 0].mean() > 0.0 else -1.0
        shoulder = path.points_m.mean(axis=0) + np.array(_ANCHOR_M) * [outward, 1.0, 1.0]
        return _Actor(model, model.sample_scale(rng), rest, motion, path, side, shoulder)

    def _build_room(self, rng: np.random.Generator) -> DepthBuffer:
        """Draw what stands still, behind wherever a hand will be, and render it."""
        times = np.linspace(0.0, DURATION_S, 11)
        places = [np.concatenate([actor.at(t).joints_m for t in times]) for actor in self._actors]
        swept = [
            Arm(actor.at(0.0).mesh, joints, joints[0], actor.side)
            for actor, joints in zip(self._actors, places, strict=True)
        ]
        meshes = sample_room(rng, places, self._sight)
        if rng.random() < _PERSON_SHARE:
            meshes += bystander(rng, swept, self._sight)
        if not self._actors:
            meshes += handless_forearm(rng, self._sight)
        camera, k = self._sight
        buffer = DepthBuffer(k, np.arange(camera.width), np.arange(camera.height))
        for mesh in meshes:
            buffer.draw(*mesh)
        return buffer

    def _moving(self, arms: list[Arm], t_s: float) -> list[Mesh]:
        """Return hands, arms and the board."""
        meshes = [arm.mesh for arm in arms]
        for actor, arm in zip(self._actors, arms, strict=True):
            meshes.append(limb(arm.elbow_m, actor.shoulder_m, _ARM_RADII_M))
        if self._screen is not None:
            meshes.append(box(self._screen.at(t_s), _SCREEN_HALF_M, np.eye(3)))
        return meshes

    def _visible(self, arm: Arm, seen: npt.NDArray[np.float32]) -> float:
        """Return the share of a hand that the camera sees, 0 to 1."""
        camera, k = self._sight
        if arm.joints_m[:, 2].min() < _NEAREST_JOINT_M:
            return 0.0
        step = max(1, round(camera.width / _LOOK_COLUMNS))
        columns, rows = lattice_of(camera.width, step), lattice_of(camera.height, step)
        alone = DepthBuffer(k, columns, rows)
        alone.draw(*arm.mesh)
        everywhere = arm.joints_m.mean(axis=0), _EVERYWHERE_M
        coarse = np.ascontiguousarray(seen[np.ix_(rows, columns)])
        return visible_share(alone.inverse_z, coarse, k, (columns, rows), arm.joints_m, everywhere)
