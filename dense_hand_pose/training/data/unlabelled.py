# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Crops without labels: hands that a teacher's estimator finds in the bags of a folder.

They are cut once and kept in one file beside the bags. Legend: N crops, S = CROP_SIZE_PX.
"""

from __future__ import annotations

from collections.abc import Iterator
import json
import os
from pathlib import Path
import sys
import time
from typing import Any, Final, NamedTuple, TYPE_CHECKING

from dense_hand_pose.camera.crop import crop_depth, CropWindow
from dense_hand_pose.camera.input_error import InputError
from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator
from dense_hand_pose.network.weight_file import find_weights, sha256_of, write_atomically
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.seeds import SEEDS_PER_RUN
import numpy as np
from safetensors import safe_open, SafetensorError
from safetensors.torch import save
import torch
from torch import distributed, Tensor
from torch.utils.data import get_worker_info, IterableDataset
from tqdm import tqdm

from .mixed import mirrored
from .synthetic import Batch, make_batch, Maker
from ..config import TrainingConfig
from ..mining.places import coded, decoded

if TYPE_CHECKING:
    from dense_hand_pose.bags.frames import BagFrame

FILE = 'unlabelled.safetensors'
FORMAT = 'dense_hand_pose/unlabelled/1'
EVERY: Final = 3
"""Frames between two that are cut: neighbours show the same."""
_VIEWS: Final = 2
_JITTER_M: Final = 0.02
"""Standard deviation of a view's centre along each axis, as that of a followed hand's."""
_LEAST_Z_M: Final = 0.1
_MOST: Final = 100_000
"""Crops in a file, 1.6 GB: those of later frames are left out."""
_STREAM: Final = 78
_LOOK_S: Final = 1.0


class UnlabelledCrops(NamedTuple):
    """Crops uint8 (N, S, S), places.coded, of cubes size_m (N,) around center_m (N, 3)."""

    crops: Tensor
    center_m: Tensor
    size_m: Tensor


class UnlabelledBatches(IterableDataset[Batch]):
    """
    Batch i of a run: rendered hands of seed ``run seed * 2 ** 24 + i``, then unlabelled crops.

    Half are drawn from the file, mirrored or not; their joints are zero, since a teacher's stand
    for them. ``rank`` of ``ranks`` processes makes its own even part of every batch.
    """

    def __init__(
        self,
        crops: UnlabelledCrops,
        seed: int,
        batch_size: int,
        first: int,
        rank: int = 0,
        ranks: int = 1,
        make: Maker = make_batch,
    ) -> None:
        self.crops, self.make = crops, make
        self.seed, self.first = seed, first
        self.count = batch_size // ranks
        self.offset = rank * self.count

    def __iter__(self) -> Iterator[Batch]:
        """Yield this worker's share, without end."""
        worker = get_worker_info()
        step, stride = (worker.id, worker.num_workers) if worker else (0, 1)
        rendered = self.count // 2
        while True:
            seed = self.seed * SEEDS_PER_RUN + self.first + step
            drawn = self._drawn(seed, self.count - rendered)
            if rendered:
                drawn = _joined(self.make(seed, rendered, self.offset), drawn)
            yield drawn
            step += stride

    def _drawn(self, seed: int, count: int) -> Batch:
        rng = np.random.default_rng([seed, self.offset, _STREAM])
        chosen = torch.from_numpy(np.sort(rng.integers(0, len(self.crops.crops), count)))
        batch = Batch(
            decoded(self.crops.crops[chosen]).unsqueeze(1),
            torch.zeros(count, len(HAND_21.joints), 3),
            Cube(self.crops.center_m[chosen], self.crops.size_m[chosen]),
        )
        return mirrored(batch, torch.from_numpy(rng.random(count) < 0.5))


def _joined(first: Batch, second: Batch) -> Batch:
    cube = Cube(*(torch.cat(pair) for pair in zip(first.cube, second.cube, strict=True)))
    crop, joints_m = (torch.cat(pair) for pair in zip(first[:2], second[:2], strict=True))
    return Batch(crop, joints_m, cube)


def ensure_unlabelled_crops(folder: Path | None, config: TrainingConfig) -> None:
    """
    Cut the crops of a folder's bags by the teacher of ``config``, unless its file is there.

    Under torchrun one process of each machine does it. Raises ValueError for a folder that is
    missing or without hands, and what HandPoseEstimator.load raises.
    """
    if folder is None:
        raise ValueError('data: unlabelled needs the folder of the bags: add --data DIR')
    path = folder / FILE
    waits = distributed.is_torchelastic_launched() and int(os.environ['LOCAL_RANK'])
    while waits and not path.exists():
        time.sleep(_LOOK_S)
    if not path.exists():
        weights = find_weights(config.teacher)
        crops = cut_crops(folder, config.teacher, config.seed)
        header = {'format': FORMAT, 'teacher': json.dumps([config.teacher, sha256_of(weights)])}
        write_atomically(path, save(crops._asdict(), header))


def load_unlabelled_crops(folder: Path) -> UnlabelledCrops:
    """Return the crops of a folder; ValueError names the file that cannot be used."""
    path = folder / FILE
    try:
        with safe_open(path, framework='pt') as file:
            if (file.metadata() or {}).get('format') != FORMAT:
                raise ValueError('another format')
            return UnlabelledCrops(*map(file.get_tensor, UnlabelledCrops._fields))
    except (OSError, SafetensorError, ValueError) as error:
        raise ValueError(f'{path}: no unlabelled crops ({error}); remove it') from error


def cut_crops(folder: Path, teacher: str, seed: int = 0) -> UnlabelledCrops:
    """Return crops of the hands that a teacher finds in a folder's bags, _VIEWS of each."""
    # Here: the machine of a training may lack what reads bags.
    from dense_hand_pose.bags.frames import FrameOptions
    from dense_hand_pose.bags.reader import BagError
    from dense_hand_pose.bags.topics import TopicOverrides
    from dense_hand_pose.evaluation.recordings.evaluate import open_bag

    estimator = HandPoseEstimator.load(teacher, config=EstimatorConfig(max_hands=2))
    rng = np.random.default_rng([seed, _STREAM])
    rows: list[tuple[Any, ...]] = []
    try:
        entries = sorted(path for path in folder.iterdir() if path.name != FILE)
    except OSError as error:
        raise ValueError(f'{folder}: {error.strerror}; expected a folder of bags') from error
    for path in entries:
        try:
            bag = open_bag(path, TopicOverrides(), FrameOptions())
            estimator.reset()
            frames = tqdm(bag.frames(), desc=path.name, unit='frame', disable=None)
            for number, frame in enumerate(frames):
                if number % EVERY == 0 and len(rows) < _MOST:
                    rows += _rows(frame, estimator, rng)
        except BagError as error:
            print(f'train: left out: {error}', file=sys.stderr)
    if not rows:
        raise ValueError(f'{folder}: no hand is found in a bag of it; name a folder of bags')
    return UnlabelledCrops(*(torch.from_numpy(np.array(c)) for c in zip(*rows, strict=True)))


def _rows(
    frame: BagFrame, estimator: HandPoseEstimator, rng: np.random.Generator
) -> list[tuple[Any, ...]]:
    """Return crop, centre and size of each view of a frame's hands; none of an unusable frame."""
    if frame.cause:
        return []
    try:
        depth, unit_m, intrinsics = frame.read()
    except InputError:
        return []
    stamp_s = 1e-9 * frame.stamp_ns
    rows = []
    for pose in estimator.estimate_hands(depth, intrinsics, unit_m=unit_m, stamp_s=stamp_s):
        for _ in range(_VIEWS):
            center_m = pose.raw_joints.mean(axis=0) + rng.normal(0.0, _JITTER_M, 3)
            x, y, z = (float(value) for value in center_m)
            window = CropWindow((x, y, max(z, _LEAST_Z_M)), pose.cube_size_m, intrinsics)
            crop = coded(crop_depth(depth, window, unit_m))
            center = np.array(window.center_m, np.float32)
            rows.append((crop, center, np.float32(pose.cube_size_m)))
    return rows
