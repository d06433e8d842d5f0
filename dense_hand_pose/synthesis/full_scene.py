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
from dense_hand_pose.synthesis.companions import arm_balls, companion, deepest_overlap, elbow_end
from dense_hand_pose.synthesis.noise import add_noise, NoiseLevel
from dense_hand_pose.synthesis.objects import hold
from dense_hand_pose.synthesis.people import (
    Arm,
    Body,
    body_meshes,
    body_of,
    bystander,
    handless_forearm,
    leaving_arm,
    other_arm,
    sample_arm,
    Sight,
)
from dense_hand_pose.synthesis.raster import DepthBuffer
from dense_hand_pose.synthesis.rooms import sample_room
from dense_hand_pose.synthesis.shapes import Mesh
from dense_hand_pose.synthesis.visibility import visible_share
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
DISTANCE_M = (0.25, 1.5)
PRESENT_SHARE = 0.5
"""A hand of which at least so much is seen is present; one of which less is seen is ignored."""
_USUAL_M, _USUAL_SHARE = (0.3, 0.9), 0.4
_HANDS_SHARE = (0.30, 0.45, 0.25)
_LOOK_COLUMNS = 96
_EVERYWHERE_M = 100.0
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
    """

    camera: DepthCamera
    intrinsics: Intrinsics
    meshes: tuple[Mesh, ...]
    hands: tuple[SceneHand, ...]


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
    if rng is None:
        return buffer.depth_m()
    chosen = NoiseLevel.sample(rng) if level is None else level
    # A level counts the holes of a crop; as large a share of the image is lost.
    holes = chosen.holes * len(columns) * len(rows) / _HOLE_PIXELS
    return add_noise(buffer, scene.camera, replace(chosen, holes=holes), rng)


def _draw_scene(rng: np.random.Generator, count: int) -> FullScene | None:
    """Draw a scene with count hands; None where the second found no place."""
    sight = _sample_sight(rng)
    arms: list[Arm] = []
    meshes: list[Mesh] = []
    if count > 0:
        arms.append(sample_arm(rng, _sample_center(rng, sight)))
    if count == 2 and rng.random() < 0.3:
        second = companion(rng, arms[0].mesh, arms[0].joints_m, arms[0].side)
        if second is None:
            return None
        mesh, joints, side = second
        arms.append(Arm(mesh, joints, elbow_end(mesh.vertices_m, joints), side))
    body = body_of(rng, arms[0], arms[1:]) if arms and rng.random() < 0.65 else None
    attached = arms[:1]
    if count == 2 and len(arms) == 1:
        second_arm = _second_arm(rng, arms[0], body, sight)
        if second_arm is None:
            return None
        arms.append(second_arm[0])
        attached += [second_arm[0]] if second_arm[1] else []
    if body is not None:
        meshes += body_meshes(rng, body, attached, sight)
    for arm in arms if body is None else arms[len(attached) :]:
        meshes += leaving_arm(rng, arm, sight)
    for arm in arms:
        meshes += hold(rng, arm.joints_m, arm.side) if rng.random() < 0.15 else []
    meshes += _people(rng, arms, sight)
    meshes += sample_room(rng, [arm.joints_m for arm in arms], sight)
    return _looked_at(sight, arms, meshes)


def _second_arm(
    rng: np.random.Generator, first: Arm, body: Body | None, sight: Sight
) -> tuple[Arm, bool] | None:
    """Draw the second hand, and whether it is the person's own; None where none fits."""
    if body is not None and rng.random() < 0.75:
        own = other_arm(rng, body, first, sight, DISTANCE_M)
        return None if own is None else (own, True)
    arm = sample_arm(rng, _sample_center(rng, sight))
    blocked = arm_balls(first.mesh.vertices_m, first.joints_m)
    cut, _, _ = deepest_overlap(arm_balls(arm.mesh.vertices_m, arm.joints_m), blocked, np.zeros(3))
    if cut > 0.0 or (body is not None and body.contains(arm.joints_m, 0.03)):
        return None
    return arm, False


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


def _looked_at(sight: Sight, arms: list[Arm], meshes: list[Mesh]) -> FullScene:
    """Return the scene with what the camera sees of every hand."""
    camera, k = sight
    step = max(1, round(camera.width / _LOOK_COLUMNS))
    columns, rows = lattice_of(camera.width, step), lattice_of(camera.height, step)
    whole = (*(arm.mesh for arm in arms), *meshes)
    seen = DepthBuffer(k, columns, rows)
    for mesh in whole if arms else ():
        seen.draw(*mesh)
    hands = []
    for arm in arms:
        alone = DepthBuffer(k, columns, rows)
        alone.draw(*arm.mesh)
        everywhere = arm.joints_m.mean(axis=0), _EVERYWHERE_M
        share = visible_share(
            alone.inverse_z, seen.inverse_z, k, (columns, rows), arm.joints_m, everywhere
        )
        hands.append(SceneHand(arm.joints_m, arm.side, share))
    return FullScene(camera, k, whole, tuple(hands))
