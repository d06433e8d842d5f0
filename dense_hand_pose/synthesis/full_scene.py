# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Whole scenes for a detector: people, rooms, things, and zero to two hands, 0.25 to 1.5 m away.

A scene is drawn from its generator alone. What a camera sees of every hand is counted, so that
hands that nobody could find are neither asked for nor held against a detector.
"""

from dataclasses import dataclass, replace

from dense_hand_pose.camera import Intrinsics
from dense_hand_pose.synthesis.cameras import CAMERAS, DepthCamera
from dense_hand_pose.synthesis.companions import companion, elbow_end
from dense_hand_pose.synthesis.noise import add_noise, NoiseLevel
from dense_hand_pose.synthesis.noise_kernels import occlude
from dense_hand_pose.synthesis.objects import hold
from dense_hand_pose.synthesis.people import (
    apart,
    Arm,
    arm_of,
    body_meshes,
    body_of,
    bystander,
    handless_forearm,
    leaving_arm,
    sample_arm,
    Sight,
    standing_body,
)
from dense_hand_pose.synthesis.raster import DepthBuffer
from dense_hand_pose.synthesis.rooms import sample_room
from dense_hand_pose.synthesis.shapes import Mesh
from dense_hand_pose.synthesis.visibility import visible_share
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
_Group = tuple[list[Arm], list[Mesh]]
DISTANCE_M = (0.25, 1.5)
PRESENT_SHARE = 0.5
"""A hand of which at least so much is seen is present; one of which less is seen is ignored."""
_USUAL_M, _USUAL_SHARE = (0.3, 0.9), 0.4
_HANDS_SHARE = (0.30, 0.45, 0.25)
_LOOK_COLUMNS = 96
_EVERYWHERE_M = 100.0
_RANGE_M, _LEAST_RANGE_M, _SHORT_RANGE_SHARE = 10.0, 0.6, 0.35
_PERSON_FIRST_SHARE, _BODY_SHARE, _TOUCHING_SHARE, _HELD_SHARE = 0.45, 0.6, 0.35, 0.15
_ALONE_M = 0.8
"""An arm at this depth or nearer leaves the image without its person being seen."""
_MARGIN, _HOLE_PIXELS = 0.04, 128 * 128


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


def sample_full_scene(rng: np.random.Generator, hands: int | None = None) -> FullScene:
    """
    Draw a scene with so many hands, all of them present; None draws 0 to 2, hidden ones too.

    Raises ValueError for another number of hands.
    """
    if hands is not None and hands not in (0, 1, 2):
        raise ValueError(f'hands = {hands}: expected 0, 1, 2 or None')
    while True:
        count = int(rng.choice(3, p=_HANDS_SHARE)) if hands is None else hands
        scene = _draw_scene(rng, count)
        if scene is None:
            continue
        if hands is None or all(hand.present for hand in scene.hands):
            return scene


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
    chosen = NoiseLevel.sample(rng) if level is None else level
    # A level counts the holes of a crop; as large a share of the image is lost.
    holes = chosen.holes * len(columns) * len(rows) / _HOLE_PIXELS
    return add_noise(buffer, scene.camera, replace(chosen, holes=holes), rng)


def _draw_scene(rng: np.random.Generator, count: int) -> FullScene | None:
    """Draw a scene with count hands; None where they found no place."""
    sight = _sample_sight(rng)
    group = _persons_hands if rng.random() < _PERSON_FIRST_SHARE else _free_hands
    placed = group(rng, count, sight) if count else ([], [])
    if placed is None:
        return None
    arms, meshes = placed
    for arm in arms:
        meshes += hold(rng, arm.joints_m, arm.side) if rng.random() < _HELD_SHARE else []
    meshes += _people(rng, arms, sight)
    meshes += sample_room(rng, [arm.joints_m for arm in arms] or [_nobody(rng, sight)], sight)
    return _looked_at(rng, sight, arms, meshes)


def _nobody(rng: np.random.Generator, sight: Sight) -> FloatArray:
    """
    Draw points (21, 3) that a room leaves free although no hand is there.

    Were rooms without hands otherwise arranged, the arrangement would tell.
    """
    spread = 0.05 * rng.standard_normal((21, 3))
    free: FloatArray = np.maximum(_sample_center(rng, sight) + spread, [-np.inf, -np.inf, 0.1])
    return free


def _persons_hands(rng: np.random.Generator, count: int, sight: Sight) -> _Group | None:
    """Draw a person that stands before the camera, and then one or both hands."""
    body = standing_body(rng, sight, 0.55)
    arms: list[Arm] = []
    for _ in range(count):
        arm = arm_of(rng, body, sight, DISTANCE_M, arms[0] if arms else None)
        if arm is None:
            return None
        arms.append(arm)
    return arms, body_meshes(rng, body, arms, sight)


def _free_hands(rng: np.random.Generator, count: int, sight: Sight) -> _Group | None:
    """Draw a hand anywhere, then a person whose arm it can be, and the second hand."""
    arms = [sample_arm(rng, _sample_center(rng, sight))]
    if count == 2 and rng.random() < _TOUCHING_SHARE:
        second = companion(rng, arms[0].mesh, arms[0].joints_m, arms[0].side)
        if second is None:
            return None
        mesh, joints, side = second
        arms.append(Arm(mesh, joints, elbow_end(mesh.vertices_m, joints), side))
    far = arms[0].joints_m[0, 2] > _ALONE_M
    body = body_of(rng, arms[0], arms[1:]) if far or rng.random() < _BODY_SHARE else None
    if far and body is None:  # its arm would end in mid-air
        return None
    own = 1
    if count > len(arms):
        arm = arm_of(rng, body, sight, DISTANCE_M, arms[0]) if body is not None else None
        own += arm is not None
        arm = arm or sample_arm(rng, _sample_center(rng, sight))
        if not apart(arm, arms[0]) or (body and body.contains(arm.joints_m, 0.03)):
            return None
        arms.append(arm)
    meshes = [] if body is None else body_meshes(rng, body, arms[:own], sight)
    for arm in arms if body is None else arms[own:]:
        meshes += leaving_arm(rng, arm, sight)
    return arms, meshes


def _people(rng: np.random.Generator, arms: list[Arm], sight: Sight) -> list[Mesh]:
    """Draw people without hands in sight, and forearms whose hands are beyond the border."""
    meshes = bystander(rng, arms, sight) if rng.random() < (0.2 if arms else 0.6) else []
    if rng.random() < (0.1 if arms else 0.4):
        meshes += handless_forearm(rng, sight)
    return meshes


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


def _sample_center(rng: np.random.Generator, sight: Sight) -> FloatArray:
    """Draw the centre (3,) of a hand, anywhere in the image."""
    near, far = _USUAL_M if rng.random() < _USUAL_SHARE else DISTANCE_M
    return sight.somewhere(rng, rng.uniform(near, far), _MARGIN)


def _looked_at(
    rng: np.random.Generator, sight: Sight, arms: list[Arm], meshes: list[Mesh]
) -> FullScene:
    """Return the scene with what the camera sees of every hand."""
    camera, k = sight
    farthest = max([_LEAST_RANGE_M, *(float(arm.joints_m[:, 2].max()) + 0.1 for arm in arms)])
    far = rng.uniform(farthest, 4.0) if rng.random() < _SHORT_RANGE_SHARE else _RANGE_M
    step = max(1, round(camera.width / _LOOK_COLUMNS))
    columns, rows = lattice_of(camera.width, step), lattice_of(camera.height, step)
    whole = (*(arm.mesh for arm in arms), *meshes)
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
