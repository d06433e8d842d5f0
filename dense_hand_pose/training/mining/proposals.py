# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The candidates of a full-frame search in rendered scenes, and a frozen network's features there.

These are the crops that the presence head classifies in use: candidates of the detector, and the
crops to which the network's estimates lead from there. Random crops without a hand
(presence/features.py) are seldom as hard. Legend: N crops.
"""

from typing import Any, NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND, crop_depth, CropWindow
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.detection.detector import (
    HandDetector,
    MOST_PROPOSED,
    PROPOSED_SCORE,
    PROPOSED_SURFACES,
)
from dense_hand_pose.detection.proposals import TileSet
from dense_hand_pose.estimation.config import EstimatorConfig
from dense_hand_pose.estimation.crop_estimate import MIN_FOREGROUND_PX
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.graph import decode_features
from dense_hand_pose.network.presence import Features, PresenceHead
from dense_hand_pose.synthesis.negatives import FAR_M
from dense_hand_pose.synthesis.scenes.full_scene import (
    DISTANCE_M,
    render_full_frame,
    sample_full_scene,
    SceneHand,
    TRAINED_SITUATIONS,
)
from dense_hand_pose.synthesis.seeds import PRESENCE_SCENES
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from ..distributed import leave_signals_to_the_trainer
from ..presence.config import PresenceConfig
from ..presence.features import crop_features, pooled_half, PresenceFeatures


class RenderedScene(NamedTuple):
    """A depth image (H, W) of a scene, metres, and the hands that are in it."""

    depth_m: npt.NDArray[np.float32]
    intrinsics: Intrinsics
    hands: tuple[SceneHand, ...]


class _RenderedScenes(Dataset[RenderedScene]):
    """Scenes of a seed by their numbers, from ``first`` to before ``last``."""

    def __init__(self, seed: int, first: int, last: int) -> None:
        self._seed, self._first, self._count = seed, first, last - first

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> RenderedScene:
        rng = np.random.default_rng([self._seed, self._first + index])
        scene = sample_full_scene(rng, situations=TRAINED_SITUATIONS)
        return RenderedScene(render_full_frame(scene, rng), scene.intrinsics, scene.hands)


def load_scenes(seed: int, first: int, last: int, workers: int) -> DataLoader[RenderedScene]:
    """Return the frames of a seed from ``first`` to before ``last``, in order, made by workers."""
    return DataLoader(
        _RenderedScenes(seed, first, last),
        batch_size=None,
        num_workers=workers,
        collate_fn=_as_it_is,
        worker_init_fn=leave_signals_to_the_trainer,
    )


def _as_it_is(frame: Any) -> Any:
    return frame


Point = npt.NDArray[np.float64]

CUBE_M = EstimatorConfig().cube_size_m
NEAR_M = 0.05
"""Nearer to the mean of a hand's joints a crop shows it; farther than FAR_M from all, none."""
_LOOKS = 2
_TILES = TileSet(tiles=tuple(range(HandDetector.tile_count)))
_NEAREST_M, _FARTHEST_M = DISTANCE_M[0] - 0.1, DISTANCE_M[1] + 0.1
_TOGETHER = 32
"""Crops in a batch of the network, of several scenes."""


class MinedCrop(NamedTuple):
    """A place center_m (3,) in a frame."""

    frame: RenderedScene
    center_m: Point

    def cut(self) -> tuple[CropWindow, npt.NDArray[np.float32]]:
        """Return the cube around the place, and its crop (128, 128)."""
        x, y, z = (float(value) for value in self.center_m)
        window = CropWindow((x, y, z), CUBE_M, self.frame.intrinsics)
        return window, crop_depth(self.frame.depth_m, window, 1.0)


def load_proposer(detector: str, threads: int = 0) -> HandDetector:
    """Load a detector that proposes what a search looks at; WeightsError where it cannot be."""
    return HandDetector.load(
        detector,
        'auto',
        threads,
        min_score=PROPOSED_SCORE,
        max_detections=MOST_PROPOSED,
        surfaces=PROPOSED_SURFACES,
    )


def candidates_in(frame: RenderedScene, detector: HandDetector) -> list[MinedCrop]:
    """Return the places that a first search of a frame looks at."""
    found = detector.propose(frame.depth_m, 1.0, frame.intrinsics, _NEAREST_M, _FARTHEST_M, _TILES)
    return [MinedCrop(frame, one.center_m) for one in found]


def has_foreground(crop: npt.NDArray[np.float32]) -> bool:
    """Return whether a crop has enough foreground for an estimate."""
    return bool(np.count_nonzero(crop < BACKGROUND) >= MIN_FOREGROUND_PX)


def mined_features(
    network: DenseRegressionNet, head: PresenceHead, config: PresenceConfig
) -> PresenceFeatures | None:
    """
    Look at what the detector proposes in ``config.scenes`` scenes; None where nothing is left.

    Raises WeightsError for a detector that cannot be loaded.
    """
    detector = load_proposer(config.detector, config.threads)
    frames = load_scenes(PRESENCE_SCENES[config.seed], 0, config.scenes, config.workers)
    parts = []
    waiting: list[MinedCrop] = []
    for number, frame in enumerate(tqdm(frames, unit='scene', disable=None), 1):
        waiting += candidates_in(frame, detector)
        if len(waiting) >= _TOGETHER or number == len(frames):
            parts += _features_at(network, head, waiting, config.precision)
            waiting = []
    return PresenceFeatures.joined(parts) if parts else None


def _features_at(
    network: DenseRegressionNet, head: PresenceHead, places: list[MinedCrop], precision: str
) -> list[PresenceFeatures]:
    """Look at places, then at where the joints are that were seen there."""
    parts = []
    for _ in range(_LOOKS):
        cropped = [(place.frame, *place.cut()) for place in places]
        filled = [one for one in cropped if has_foreground(one[2])]
        if not filled:
            break
        frames = [frame for frame, _, _ in filled]
        crops = torch.from_numpy(np.stack([crop for _, _, crop in filled])).unsqueeze(1)
        centers = np.array([window.center_m for _, window, _ in filled])
        seen = crop_features(network, crops, precision)
        told = [labels(one[None], frame.hands) for frame, one in zip(frames, centers, strict=True)]
        present, side = torch.from_numpy(np.array(told)[:, :, 0]).unbind(dim=1)
        known = ~present.isnan()
        pooled = pooled_half(head, seen)[known]
        parts.append(PresenceFeatures(pooled, present[known].float(), side[known].float()))
        middles = _middles(network, seen, crops, centers)
        places = [MinedCrop(frame, middle) for frame, middle in zip(frames, middles, strict=True)]
    return parts


@torch.no_grad()
def _middles(network: DenseRegressionNet, seen: Features, crops: Tensor, centers: Point) -> Point:
    """Return the means (N, 3) of the joints that were seen in crops."""
    cube = Cube(torch.from_numpy(centers).float(), torch.full((len(centers),), CUBE_M))
    decoded = decode_features(network.config, seen, crops, cube, DecodingConfig())
    middles: Point = decoded.joints_m.double().mean(dim=1).numpy()
    return middles


def labels(centers_m: Point, hands: tuple[SceneHand, ...]) -> tuple[Point, Point]:
    """
    Return whether crops around centres (N, 3) show a hand, 1, 0 or NaN, and its side or 0.

    NaN for a hand at the border, or one that is hardly visible.
    """
    present, side = np.zeros(len(centers_m)), np.zeros(len(centers_m))
    for hand in hands:
        gap_m = np.linalg.norm(centers_m - hand.joints_m.mean(axis=0), axis=1)
        shown = (gap_m <= NEAR_M) & hand.present
        present[(gap_m <= FAR_M) & ~shown & (present == 0.0)] = np.nan
        present[shown], side[shown] = 1.0, hand.side
    return present, side
