# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Synthetic frames, and parts of some, for the detector's training, at the size of its input."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from dense_hand_pose.camera.intrinsics import Intrinsics, project, unproject
from dense_hand_pose.camera.letterbox import (
    CHANNELS,
    HEIGHT_PX,
    Letterbox,
    MAP_STRIDE_PX,
    WIDTH_PX,
)
from dense_hand_pose.codec.detector_input import encode_letterbox
from dense_hand_pose.detection.tiles import CORNERS, Rectangle, tile_rectangle
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.scenes.full_scene import (
    FullScene,
    PRESENT_SHARE,
    render_lattice,
    sample_full_scene,
    SceneHand,
    TRAINED_SITUATIONS,
)
from dense_hand_pose.synthesis.seeds import SEEDS_PER_RUN, VALIDATION
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, get_worker_info, IterableDataset

from .synthetic import loader_of
from ..config import TrainingConfig
from ..distributed import Group


def hand_center(joints_m: npt.ArrayLike, intrinsics: Intrinsics) -> npt.NDArray[np.float64]:
    """
    Return the centre (3,) of a hand with joints (J, 3), metres in the camera frame.

    The median u and v of the joints (paper Sec. 4.3), lifted to their median depth. Raises
    ValueError for joints that are not before the camera.
    """
    joints = np.asarray(joints_m, np.float64)
    pixel = np.median(project(joints, intrinsics), axis=0)
    return unproject(pixel, np.median(joints[:, 2]), intrinsics)


Array = npt.NDArray[np.float32]
MOST_HANDS = 2
ABSENT, PRESENT, IGNORED = 0, 1, 2
_PARTS_SHARE = 0.5
"""Of the scenes of a training; a first search takes four parts beside the whole."""


class SceneBatch(NamedTuple):
    """
    Letterboxes (B, 3, HEIGHT_PX, WIDTH_PX) and their hands (B, MOST_HANDS, 5).

    A hand is x, y in map pixels and z in metres of its centre, side +1 or -1, and whether it is
    ABSENT, PRESENT or IGNORED. ray_step (B,): a map pixel's width in X / Z. joints (B, MOST_HANDS,
    J, 2): x and y of the hands' joints in map pixels; meaningless for an ABSENT hand.
    """

    crop: Tensor
    hands: Tensor
    ray_step: Tensor
    joints: Tensor

    def to(self, device: torch.device) -> 'SceneBatch':
        """Return the batch on another device."""
        return SceneBatch(*(tensor.to(device) for tensor in self))


@dataclass(frozen=True, eq=False)
class Look:
    """The rectangle of a scene's frame that is seen, as a letterbox, and its intrinsics."""

    area: Rectangle
    letterbox: Letterbox
    intrinsics: Intrinsics

    @classmethod
    def at(cls, scene: FullScene, part: int | None = None) -> 'Look':
        """Look at the whole frame, or at part ``part`` of tiles.CORNERS."""
        width, height = scene.camera.width, scene.camera.height
        whole = Rectangle(0, 0, width, height)
        area = whole if part is None else tile_rectangle(width, height, part)
        letterbox = Letterbox.of(area.width, area.height)
        return cls(area, letterbox, area.intrinsics(scene.intrinsics))

    def present(self, hand: SceneHand, scene: FullScene) -> bool:
        """Say whether enough of a hand is seen in the rectangle."""
        pixels = project(hand.joints_m, scene.intrinsics)
        size = (scene.camera.width, scene.camera.height)
        in_frame = _count_inside(pixels, Rectangle(0, 0, *size))
        share = _count_inside(pixels, self.area) / max(in_frame, 1)
        return hand.present and hand.visible * share >= PRESENT_SHARE


def _count_inside(pixels: npt.NDArray[np.float64], area: Rectangle) -> int:
    within = pixels + 0.5 - (area.left, area.top)
    return int(((within >= 0.0) & (within <= (area.width, area.height))).all(axis=1).sum())


def sees(scene: FullScene, look: Look) -> tuple[Array, float, Array]:
    """Return hands (MOST_HANDS, 5), ray step and joints of a scene in the detector's maps."""
    rows = np.zeros((MOST_HANDS, 5), np.float32)
    joints = np.zeros((MOST_HANDS, len(HAND_21.joints), 2), np.float32)
    to_map = look.letterbox.to_map
    for row, places, hand in zip(rows, joints, scene.hands, strict=False):
        if hand.joints_m[:, 2].min() <= 0.0:  # partly behind the camera
            continue
        center = hand_center(hand.joints_m, scene.intrinsics)
        row[:2] = to_map(project(center, look.intrinsics))
        row[2], row[3] = center[2], hand.side
        row[4] = PRESENT if look.present(hand, scene) else IGNORED
        places[:] = to_map(project(hand.joints_m, look.intrinsics))
    return rows, look.letterbox.step_px * MAP_STRIDE_PX / scene.intrinsics.fx, joints


def render_letterbox(
    scene: FullScene, look: Look, rng: np.random.Generator | None = None
) -> Array:
    """Return what the detector sees of a scene (3, HEIGHT_PX, WIDTH_PX), with noise by an rng."""
    letterbox, area = look.letterbox, look.area
    columns, column = np.unique(letterbox.columns + area.left, return_inverse=True)
    rows, row = np.unique(letterbox.rows + area.top, return_inverse=True)
    metres = render_lattice(scene, columns, rows, rng)[np.ix_(row, column)]
    return encode_letterbox(metres, letterbox, look.intrinsics)


def make_scene_batch(
    seed: int, count: int, first: int = 0, parts_share: float = 0.0
) -> SceneBatch:
    """Render scenes ``first`` on of a seed; of ``parts_share`` of them a part alone is seen."""
    frames = np.empty((count, CHANNELS, HEIGHT_PX, WIDTH_PX), np.float32)
    hands = np.empty((count, MOST_HANDS, 5), np.float32)
    steps = np.empty(count, np.float32)
    joints = np.empty((count, MOST_HANDS, len(HAND_21.joints), 2), np.float32)
    for i in range(count):
        rng = np.random.default_rng([seed, first + i])
        scene = sample_full_scene(rng, situations=TRAINED_SITUATIONS)
        in_part = parts_share > 0.0 and rng.random() < parts_share
        look = Look.at(scene, int(rng.integers(len(CORNERS))) if in_part else None)
        frames[i] = render_letterbox(scene, look, rng)
        hands[i], steps[i], joints[i] = sees(scene, look)
    return SceneBatch(*(torch.from_numpy(array) for array in (frames, hands, steps, joints)))


class SceneBatches(IterableDataset[SceneBatch]):
    """Batch i of a run holds the scenes of seed ``run seed * 2 ** 24 + i`` (SyntheticBatches)."""

    def __init__(self, seed: int, count: int, offset: int, first: int) -> None:
        self.seed, self.count, self.offset, self.first = seed, count, offset, first

    def __iter__(self) -> Iterator[SceneBatch]:
        """Yield this worker's share, without end."""
        worker = get_worker_info()
        step, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        while True:
            seed = self.seed * SEEDS_PER_RUN + self.first + step
            yield make_scene_batch(seed, self.count, self.offset, _PARTS_SHARE)
            step += stride


class SceneSource:
    """Rendered scenes, of which each process of a group renders its own even part."""

    def __init__(self, config: TrainingConfig) -> None:
        self.config = config

    def training(self, first: int, group: Group) -> DataLoader[SceneBatch]:
        """Return the endless batches from number ``first`` on."""
        config = self.config
        count = config.batch_size // group.count
        batches = SceneBatches(config.seed, count, group.rank * count, first)
        return loader_of(batches, config.workers, pinned=group.pinned, ranks=group.count)

    def validation(self, group: Group) -> list[SceneBatch]:
        """Return scenes that no training sees, all of them whole."""
        samples, size = self.config.validation_samples, self.config.batch_size
        counts = [min(size, samples - i) for i in range(0, samples, size)]
        rank, ranks = group.rank, group.count
        mine = list(enumerate(counts))[rank::ranks]
        return [make_scene_batch(VALIDATION[i], count) for i, count in mine]
