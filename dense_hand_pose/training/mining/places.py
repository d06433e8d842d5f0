# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Hard-example mining: crops at the candidates of a full-frame search, with and without hands.

Trained on hands alone, the network reports a hand everywhere. The crops are gathered once, in
parts that are kept as files; an interrupted gathering continues with the next part. Legend: N
crops, J joints, S = CROP_SIZE_PX.
"""

from collections.abc import Iterator
import os
from pathlib import Path
import time
from typing import Any, NamedTuple

from dense_hand_pose.camera.crop import BACKGROUND, CROP_SIZE_PX
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.detection.detector import HandDetector
from dense_hand_pose.estimation.hand_score import probability_log_odds
from dense_hand_pose.network.weight_file import find_weights, write_atomically
from dense_hand_pose.runtimes.base import Backend, Model
from dense_hand_pose.runtimes.registry import make_backend
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.scenes.full_scene import SceneHand
from dense_hand_pose.synthesis.seeds import MINED_CHOICES, MINED_SCENES
import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError
from safetensors.torch import load_file, save
import torch
from torch import distributed, Tensor
from tqdm import tqdm

from .proposals import (
    candidates_in,
    CUBE_M,
    has_foreground,
    load_proposer,
    load_scenes,
    MinedCrop,
    NEAR_M,
    RenderedScene,
)
from .stored_crops import StoredCrops
from ..config import TrainingConfig
from ..data.synthetic import ABSENT, BESIDE, PRESENT

Point = npt.NDArray[np.float64]
Crop = npt.NDArray[np.float32]

UNKNOWN = 3
"""Beside data.ABSENT and the like: a hand of which too little is seen; nothing is learnt there."""
PART = 1000
_BESIDE_M = 0.1
_LEAST_Z_M = 0.1
_HOPEFUL = -2.5
"""Log odds of a hand, by the network that gathers, from which it looks again."""
_EASY, _EASY_SHARE = -4.0, 0.35
"""Share kept of the places without a hand whose log odds are lower."""
_CENTERED_M = 0.012
_STEPS, _NOTHING = 127.0, 255


class MinedCrops(NamedTuple):
    """
    Crops uint8 (N, S, S), ``coded``, of cubes around centers_m float32 (N, 3).

    state uint8 (N,): ABSENT, PRESENT or BESIDE; joints_m float16 (N, J, 3), from the centre.
    """

    crops: Tensor | StoredCrops
    centers_m: Tensor
    joints_m: Tensor
    state: Tensor


_NONE = MinedCrops(
    torch.zeros(0, CROP_SIZE_PX, CROP_SIZE_PX, dtype=torch.uint8),
    torch.zeros(0, 3),
    torch.zeros(0, len(HAND_21.joints), 3, dtype=torch.float16),
    torch.zeros(0, dtype=torch.uint8),
)


class _CropEstimate(NamedTuple):
    """A crop around a place, and the network's mean of the joints and log odds there."""

    crop: Crop
    center_m: Point
    middle_m: Point
    odds: float


def mine_crops(folder: Path, scenes: int, weights: str, detector: str) -> None:
    """
    Mine the crops of ``scenes`` scenes into the folder, except the parts that it holds.

    ``weights`` and ``detector``, names or files: those that search. Raises WeightsError where they
    cannot be used, BackendError where nothing can run them, and OSError for a folder that is none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [part for part in _parts(scenes) if not _file(folder, part).exists()]
    finder = load_proposer(detector)
    backend = make_backend('auto', Model(find_weights(weights)))
    for part in tqdm(missing, unit='thousand scenes', disable=None):
        places = _mined(finder, backend, part)
        write_atomically(_file(folder, part), save(places._asdict()))


def is_mined(folder: Path, scenes: int) -> bool:
    """Return whether a folder has all parts of ``scenes`` scenes."""
    return all(_file(folder, part).exists() for part in _parts(scenes))


def load_mined_crops(folder: Path, scenes: int) -> MinedCrops:
    """Return the crops of a folder, which stay in it; ValueError names an unusable part."""
    paths = [_file(folder, part) for part in _parts(scenes)]
    columns = []
    for path in paths:
        try:
            part = MinedCrops(**load_file(path))
        except (OSError, SafetensorError, TypeError) as error:
            raise ValueError(f'{path}: not gathered as it should be ({error})') from error
        columns.append(part[1:])
    others = (torch.cat(column) for column in zip(*columns, strict=True))
    return MinedCrops(StoredCrops(paths), *others)


def _parts(scenes: int) -> list[range]:
    """Return the numbers of the scenes of each part."""
    return [range(first, min(first + PART, scenes)) for first in range(0, scenes, PART)]


def _file(folder: Path, part: range) -> Path:
    return folder / f'places{part.start:07d}-{part.stop:07d}.safetensors'


def _mined(detector: HandDetector, backend: Backend, part: range) -> MinedCrops:
    rows = []
    frames = load_scenes(MINED_SCENES.start, part.start, part.stop, 1)
    for number, frame in zip(part, frames, strict=True):
        centers = [place.center_m for place in candidates_in(frame, detector)]
        rng = np.random.default_rng([MINED_CHOICES.start, number])
        rows += list(_rows(frame, centers, backend, rng))
    if not rows:
        return _NONE
    return MinedCrops(*(torch.from_numpy(np.array(column)) for column in zip(*rows, strict=True)))


def _rows(
    frame: RenderedScene, proposed: list[Point], backend: Backend, rng: np.random.Generator
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a frame: its candidates, the crops they lead to, and the hands."""
    estimates = _estimates(frame, proposed, backend)
    for one in estimates:
        state, hand = state_of(one.center_m, frame.hands)
        easy = state == ABSENT and one.odds < _EASY
        if state != UNKNOWN and not (easy and rng.random() > _EASY_SHARE):
            yield _row(one.crop, one.center_m, state, hand)
    for one in _estimates(
        frame, [one.middle_m for one in estimates if one.odds > _HOPEFUL], backend
    ):
        state, hand = state_of(one.center_m, frame.hands)
        if state != UNKNOWN:
            yield _row(one.crop, one.center_m, state, hand)
    for hand in (hand for hand in frame.hands if hand.present):
        center = hand.joints_m.mean(axis=0) + rng.normal(0.0, _CENTERED_M, 3)
        crop = _cut(frame, center)
        if crop is not None:
            yield _row(crop, center, *state_of(center, frame.hands))


def _estimates(
    frame: RenderedScene, centers: list[Point], backend: Backend
) -> list[_CropEstimate]:
    cut = [(center, _cut(frame, center)) for center in centers]
    kept = [(center, crop) for center, crop in cut if crop is not None]
    if not kept:
        return []
    at = np.array([center for center, _ in kept], np.float32)
    sizes_m = np.full(len(at), CUBE_M, np.float32)
    result = backend.run(np.stack([crop for _, crop in kept]), at, sizes_m, DecodingConfig())
    if result.presence is None:
        raise ValueError('the weights that mine crops have no presence head: train one first')
    middles = result.joints_m.mean(axis=1).astype(np.float64)
    odds = probability_log_odds(result.presence)
    return [
        _CropEstimate(crop, center, middles[i], float(odds[i]))
        for i, (center, crop) in enumerate(kept)
    ]


def _cut(frame: RenderedScene, center_m: Point) -> Crop | None:
    """Return the crop around a place; None where there is nothing to look at."""
    if center_m[2] <= _LEAST_Z_M:
        return None
    _, crop = MinedCrop(frame, center_m).cut()
    return crop if has_foreground(crop) else None


def state_of(center_m: Point, hands: tuple[SceneHand, ...]) -> tuple[int, SceneHand | None]:
    """Return what a place (3,) is, UNKNOWN for a hidden hand, and the hand there or beside it."""
    gaps_m = [float(np.linalg.norm(center_m - hand.joints_m.mean(axis=0))) for hand in hands]
    if min(gaps_m, default=_BESIDE_M) >= _BESIDE_M:
        return ABSENT, None
    hand = hands[int(np.argmin(gaps_m))]
    if not hand.present:
        return UNKNOWN, hand
    return (PRESENT if min(gaps_m) < NEAR_M else BESIDE), hand


def _row(crop: Crop, center_m: Point, state: int, hand: SceneHand | None) -> tuple[Any, ...]:
    joints_m = np.zeros((len(HAND_21.joints), 3)) if hand is None else hand.joints_m - center_m
    return (
        coded(crop), center_m.astype(np.float32), joints_m.astype(np.float16), np.uint8(state),
    )  # fmt: skip


def coded(crop: Crop) -> npt.NDArray[np.uint8]:
    """Return a crop as bytes: steps of a 127th of half a cube, and one value for the rest."""
    codes = np.minimum(np.rint((crop + 1.0) * _STEPS), _NOTHING - 1)
    return np.where(crop < BACKGROUND, codes, _NOTHING).astype(np.uint8)


def decoded(codes: Tensor) -> Tensor:
    """Return crops float32 from codes of any shape."""
    values = torch.arange(256) / _STEPS - 1.0
    values[_NOTHING] = BACKGROUND
    return values[codes.int()]


_LOOK_S = 1.0


def ensure_mined_crops(
    folder: Path | None, config: TrainingConfig, init: Path | None, resume: bool
) -> None:
    """
    Gather by the weights ``init`` what ``config`` needs and the folder lacks.

    Under torchrun one process of each machine does it and the others wait; where it fails,
    torchrun ends them. Raises ValueError for what is missing or does not
    go together, and what ``mine_crops`` raises.
    """
    if folder is None:
        raise ValueError('data: searched needs a folder for the places: add --data DIR')
    if is_mined(folder, config.scenes):
        return
    if resume:
        # Its own weights, half trained, would gather others.
        raise ValueError(
            f'{folder} lacks places of {config.scenes} scenes: --resume needs those that the '
            'training began with; bring them back, or begin anew with --init'
        )
    if init is None:
        raise ValueError(
            'crops are mined by weights that have a presence head: add --init WEIGHTS'
        )
    if distributed.is_torchelastic_launched() and int(os.environ['LOCAL_RANK']):
        while not is_mined(folder, config.scenes):
            time.sleep(_LOOK_S)
    else:
        mine_crops(folder, config.scenes, str(init), config.detector)
