# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Whole scenes for a detector: people, rooms, things, and zero to two hands, 0.25 to 1.5 m away.

A scene is drawn from its generator alone. What a camera sees of every hand is counted, so that
hands that nobody could find are neither asked for nor held against a detector.
"""

from dataclasses import dataclass, replace

from dense_hand_pose.camera.intrinsics import Intrinsics
import numpy as np
import numpy.typing as npt

from .rooms import sample_room
from .scene_hands import (
    DISTANCE_M,
    nobodys_joints,
    sample_hands,
    sample_people,
)
from .situations import draw_situation, situation_of, SITUATIONS
from ..objects.shapes import darkened, Mesh
from ..people.second_hand import Arm, Sight
from ..sensor.cameras import CAMERAS, DepthCamera
from ..sensor.noise import add_noise, NoiseLevel
from ..sensor.noise_kernels import occlude
from ..sensor.raster import DepthBuffer, visible_share

__all__ = [
    'DISTANCE_M',
    'FullScene',
    'SceneHand',
    'lattice_of',
    'render_full_frame',
    'render_lattice',
    'sample_full_scene',
    'sample_situation',
    'upside_down',
]
FloatArray = npt.NDArray[np.float64]
PRESENT_SHARE = 0.5
"""A hand of which at least so much is seen is present; one of which less is seen is ignored."""
TRAINED_SITUATIONS = 0.4
"""Share of scenes of a named kind in what detector and presence head are trained on."""
_HANDS_SHARE = (0.30, 0.45, 0.25)
_UPSIDE_DOWN_SHARE = 0.15
_LOOK_COLUMNS = 96
_EVERYWHERE_M = 100.0
_RANGE_M, _LEAST_RANGE_M, _SHORT_RANGE_SHARE = 10.0, 0.6, 0.35
_HOLE_PIXELS = 128 * 128


@dataclass(frozen=True)
class SceneHand:
    """A hand: joints_m (21, 3) in the camera frame, side +1 right -1 left, visible 0 to 1."""

    joints_m: FloatArray
    side: int
    visible: float

    @property
    def present(self) -> bool:
        """Say whether a detector must find it; else it may, and that is no false positive."""
        return self.visible >= PRESENT_SHARE


@dataclass(frozen=True)
class FullScene:
    """
    A scene before a camera: meshes in the camera frame and the hands among them.

    ``hands`` holds every hand of which anything may be seen; SceneHand.present says which count.
    Beyond ``far_m`` the camera measures nothing.
    """

    camera: DepthCamera
    intrinsics: Intrinsics
    meshes: tuple[Mesh, ...]
    hands: tuple[SceneHand, ...]
    far_m: float


def sample_full_scene(
    rng: np.random.Generator, hands: int | None = None, situations: float = 0.0
) -> FullScene:
    """
    Draw a scene with so many hands, all of them present; None draws 0 to 2, hidden ones too.

    ``situations``: the share of scenes of a named kind (situations.py). Raises ValueError for
    another number of hands.
    """
    if hands is not None and hands not in (0, 1, 2):
        raise ValueError(f'hands = {hands}: expected 0, 1, 2 or None')
    while True:
        count = int(rng.choice(3, p=_HANDS_SHARE)) if hands is None else hands
        named = situations > 0.0 and rng.random() < situations
        scene = (
            _draw_situation(rng, situation_of(rng, count)) if named else _draw_scene(rng, count)
        )
        if scene is None:
            continue
        if hands is None or all(hand.present for hand in scene.hands):
            return upside_down(scene) if rng.random() < _UPSIDE_DOWN_SHARE else scene


def sample_situation(rng: np.random.Generator, name: str) -> FullScene:
    """Draw a scene of a named kind, all hands present; ValueError for an unknown one."""
    if name not in SITUATIONS:
        raise ValueError(f'name = {name!r}: expected one of {", ".join(SITUATIONS)}')
    while True:
        scene = _draw_situation(rng, name)
        if scene is not None and all(hand.present for hand in scene.hands):
            return scene


def upside_down(scene: FullScene) -> FullScene:
    """Return the scene before a camera that is mounted upside down: the image turned by 180°."""
    camera, k = scene.camera, scene.intrinsics
    turn = np.array([-1.0, -1.0, 1.0])
    meshes = (
        mesh._replace(vertices_m=mesh.vertices_m * turn.astype(np.float32))
        for mesh in scene.meshes
    )
    return replace(
        scene,
        intrinsics=replace(k, cx=camera.width - 1 - k.cx, cy=camera.height - 1 - k.cy),
        meshes=tuple(meshes),
        hands=tuple(replace(hand, joints_m=hand.joints_m * turn) for hand in scene.hands),
    )


def render_full_frame(
    scene: FullScene,
    rng: np.random.Generator | None = None,
    level: NoiseLevel | None = None,
    width_px: int | None = None,
) -> npt.NDArray[np.float32]:
    """
    Return the image (H, W) of a scene, metres, 0 = no measurement; without an rng free of noise.

    ``level``: the noise, drawn if None. ``width_px``: render only every so many-th column and row
    that about so many columns remain (those of lattice_of), exactly as the whole image has them
    where there is no noise.
    """
    width, height = scene.camera.width, scene.camera.height
    step = 1 if width_px is None else max(1, round(width / width_px))
    columns, rows = lattice_of(width, step), lattice_of(height, step)
    return render_lattice(scene, columns, rows, rng, level)


def lattice_of(size_px: int, step: int) -> npt.NDArray[np.int64]:
    """Return every step-th of size_px indices, from the middle of the first step on."""
    return np.arange(min(step // 2, size_px - 1), size_px, step)


def render_lattice(
    scene: FullScene,
    columns: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
    rng: np.random.Generator | None = None,
    level: NoiseLevel | None = None,
) -> npt.NDArray[np.float32]:
    """Return the image (R, C) of a scene at ascending columns (C,) and rows (R,); see above."""
    buffer = DepthBuffer(scene.intrinsics, columns, rows)
    for mesh in scene.meshes:
        buffer.draw(*mesh)
    buffer.inverse_z[buffer.inverse_z < 1.0 / scene.far_m] = 0.0
    if rng is None:
        return buffer.depth_m()
    chosen = NoiseLevel.sample(rng, scene.camera) if level is None else level
    # A level counts the holes of a crop; as large a share of the image is lost.
    holes = chosen.holes * len(columns) * len(rows) / _HOLE_PIXELS
    return add_noise(buffer, scene.camera, replace(chosen, holes=holes), rng)


def _draw_scene(rng: np.random.Generator, count: int) -> FullScene | None:
    """Draw a scene with count hands; None where they found no place."""
    sight = _sample_sight(rng)
    placed = sample_hands(rng, count, sight)
    if placed is None:
        return None
    arms, meshes = placed
    meshes += sample_people(rng, arms, sight)
    joints = [arm.joints_m for arm in arms] or [nobodys_joints(rng, sight)]
    meshes += sample_room(rng, joints, sight, empty=not arms)
    return _looked_at(rng, sight, arms, meshes)


def _draw_situation(rng: np.random.Generator, name: str) -> FullScene | None:
    """Draw a scene of a named kind; None where its hands found no place."""
    sight = _sample_sight(rng)
    composed = draw_situation(rng, sight, name)
    return None if composed is None else _looked_at(rng, sight, *composed)


def _sample_sight(rng: np.random.Generator) -> Sight:
    """Draw a camera, some upright, some of half the resolution, and its calibration."""
    camera = CAMERAS[rng.integers(len(CAMERAS))]
    if rng.random() < 0.2:
        camera = replace(
            camera, width=camera.width // 2, height=camera.height // 2, fx_px=camera.fx_px / 2
        )
    if rng.random() < 0.1:
        camera = replace(camera, width=camera.height, height=camera.width)
    return Sight(camera, camera.sample_intrinsics(rng))


def _looked_at(
    rng: np.random.Generator, sight: Sight, arms: list[Arm], meshes: list[Mesh]
) -> FullScene:
    """Return the scene with what the camera sees of every hand."""
    camera, k = sight
    farthest = max([_LEAST_RANGE_M, *(float(arm.joints_m[:, 2].max()) + 0.1 for arm in arms)])
    far = rng.uniform(farthest, 4.0) if rng.random() < _SHORT_RANGE_SHARE else _RANGE_M
    step = max(1, round(camera.width / _LOOK_COLUMNS))
    columns, rows = lattice_of(camera.width, step), lattice_of(camera.height, step)
    whole = tuple(darkened(rng, [*(arm.mesh for arm in arms), *meshes], len(arms)))
    seen = _measured(sight, whole, columns, rows) if arms else np.zeros((0, 0), np.float32)
    hands = []
    for arm in arms:
        alone = DepthBuffer(k, columns, rows)
        alone.draw(*arm.mesh)
        everywhere = arm.joints_m.mean(axis=0), _EVERYWHERE_M
        share = visible_share(alone.inverse_z, seen, k, (columns, rows), arm.joints_m, everywhere)
        hands.append(SceneHand(arm.joints_m, arm.side, share))
    return FullScene(camera, k, whole, tuple(hands), far)


def _measured(
    sight: Sight,
    meshes: tuple[Mesh, ...],
    columns: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int64],
) -> npt.NDArray[np.float32]:
    """Return 1/z (R, C) of what is seen and, with two lenses or a projector, measured."""
    camera, k = sight
    buffer = DepthBuffer(k, columns, rows)
    for mesh in meshes:
        buffer.draw(*mesh)
    if camera.sensor == 'time_of_flight':
        return buffer.inverse_z
    depth = buffer.depth_m()
    occlude(depth, columns, k.fx * camera.baseline_m)
    return np.where(depth > 0.0, buffer.inverse_z, np.float32(0.0))
