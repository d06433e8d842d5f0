# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
Rendered crops as files, so that a GPU's minutes go to the training alone.

A shard holds the crops of consecutive seeds, without loss: a crop is the palette of its depths
and an index for each pixel, compressed. A training reads the batches that its folder holds and
renders the others, so that it computes the same with shards and without. Legend: B crops, S =
CROP_SIZE_PX.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
import re
from typing import Any
import zlib

from dense_hand_pose.camera.crop import CROP_SIZE_PX
from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.network.weight_file import write_atomically
from dense_hand_pose.skeleton import HAND_21
import numpy as np
import numpy.typing as npt
from safetensors import safe_open, SafetensorError
from safetensors.numpy import save
import torch

from .synthetic import Batch, make_batch, Maker

Crop = npt.NDArray[np.float32]
FORMAT = 'dense_hand_pose/shard/1'
_LABELS = ('ends', 'joints_m', 'center_m', 'size_m')
_NAME = re.compile(r'hands-(\d{20})-(\d{6})x(\d{6})\.safetensors')
_LEVEL = 6
_PIXELS = CROP_SIZE_PX**2
_BYTE = 256
_MISS = 1e-4
"""Of metres and of normalised depth: more is another renderer, less another processor."""


class ShardError(ValueError):
    """A shard that cannot be used; the message names the file and the remedy."""


@dataclass(frozen=True)
class Shard:
    """A file of ``count`` crops for each of ``seeds`` seeds from ``first`` on."""

    first: int
    seeds: int
    count: int

    @property
    def name(self) -> str:
        """Return the file's name, made of first seed, seeds and crops."""
        return f'hands-{self.first:020d}-{self.seeds:06d}x{self.count:06d}.safetensors'

    @classmethod
    def of(cls, path: Path) -> 'Shard | None':
        """Return the shard of a file's name, None for another file."""
        found = _NAME.fullmatch(path.name)
        return cls(*map(int, found.groups())) if found else None


def pack_crop(crop: Crop) -> bytes:
    """Return a crop (S, S) without loss: its depths in their order, then an index a pixel."""
    palette, index = np.unique(np.ascontiguousarray(crop).view(np.uint32), return_inverse=True)
    index = index.reshape(-1)
    planes = [(index % _BYTE).astype(np.uint8)]
    if len(palette) > _BYTE:
        planes.append((index // _BYTE).astype(np.uint8))
    body = b''.join([palette.tobytes(), *(plane.tobytes() for plane in planes)])
    return zlib.compress(body, _LEVEL)


def unpack_crop(packed: bytes) -> Crop:
    """Return the crop (S, S) that pack_crop was given; ValueError for anything else."""
    reader = zlib.decompressobj()
    # The most that a crop takes: a depth of its own and two bytes of index for each pixel.
    body = reader.decompress(packed, 6 * _PIXELS + 1)
    one, two = len(body) - _PIXELS, len(body) - 2 * _PIXELS
    entries = (one if one <= 4 * _BYTE else two) // 4
    if not reader.eof or entries < 1 or len(body) % 4:
        raise ValueError('not a packed crop')
    palette = np.frombuffer(body, np.float32, entries)
    planes = np.frombuffer(body, np.uint8, offset=4 * entries).reshape(-1, _PIXELS)
    index = planes[0].astype(np.intp)
    for plane in planes[1:]:
        index += _BYTE * plane.astype(np.intp)
    crop: Crop = palette[index].reshape(CROP_SIZE_PX, CROP_SIZE_PX)
    return crop


def write_shard(folder: Path, shard: Shard, make: Maker = make_batch) -> Path:
    """Render what a shard holds and write its file at once; OSError where that fails."""
    batches = [make(shard.first + i, shard.count, 0) for i in range(shard.seeds)]
    packed = [pack_crop(crop) for batch in batches for crop in batch.crop.numpy()[:, 0]]
    labels = {
        'ends': np.cumsum([len(part) for part in packed]),
        'joints_m': np.concatenate([batch.joints_m.numpy() for batch in batches]),
        'center_m': np.concatenate([batch.cube.center_m.numpy() for batch in batches]),
        'size_m': np.concatenate([batch.cube.size_m.numpy() for batch in batches]),
    }
    path = folder / shard.name
    crops = np.frombuffer(b''.join(packed), np.uint8)
    header = {'format': FORMAT, 'checksum': _checksum(labels)}
    write_atomically(path, save({'crops': crops, **labels}, header))
    return path


def _checksum(labels: Mapping[str, npt.NDArray[Any]]) -> str:
    """Return the checksum of the labels; a packed crop has its own."""
    return f'{zlib.crc32(b"".join(labels[name].tobytes() for name in _LABELS)):08x}'


class Shards:
    """
    The shards of a folder, and the renderer for what they do not hold.

    Raises ShardError for a path that is no folder or holds no shard. Workers of a loader share the
    files' pages, not the open files.
    """

    def __init__(self, folder: Path, make: Maker = make_batch) -> None:
        self.folder = folder
        self._make = make
        try:
            found = [Shard.of(path) for path in folder.iterdir()]
        except OSError as error:
            raise ShardError(f'{folder}: {error.strerror}; expected a folder of shards') from error
        self.shards = sorted((s for s in found if s), key=lambda shard: shard.first)
        if not self.shards:
            raise ShardError(f'{folder}: no shards; `render-shards` makes them')
        self._firsts = [shard.first for shard in self.shards]
        self._open: tuple[Shard, Any] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave the open file behind."""
        return {**self.__dict__, '_open': None}

    def holds(self, seed: int, count: int, first: int = 0) -> bool:
        """Say whether a file has these crops."""
        return self._find(seed, first + count) is not None

    def batch(self, seed: int, count: int, first: int = 0) -> Batch:
        """Return ``count`` crops of a seed from number ``first`` on, read or else rendered."""
        shard = self._find(seed, first + count)
        return (
            self._make(seed, count, first)
            if shard is None
            else self.read(shard, seed, count, first)
        )

    def read(self, shard: Shard, seed: int, count: int, first: int = 0) -> Batch:
        """Return crops out of a file; ShardError where it is damaged."""
        begin = (seed - shard.first) * shard.count + first
        rows = slice(begin, begin + count)
        try:
            file = self._file(shard)
            last = begin + count + 1
            bounds = [0, *file.get_tensor('ends').tolist()][begin:last]
            packed = file.get_slice('crops')[slice(bounds[0], bounds[-1])].tobytes()
            crops = np.empty((count, 1, CROP_SIZE_PX, CROP_SIZE_PX), np.float32)
            for crop, (start, end) in zip(crops, pairwise(bounds), strict=True):
                crop[0] = unpack_crop(packed[slice(start - bounds[0], end - bounds[0])])
            joints_m, center_m, size_m = (
                torch.from_numpy(file.get_slice(name)[rows]) for name in _LABELS[1:]
            )
        except (OSError, SafetensorError, zlib.error, ValueError, IndexError) as error:
            raise ShardError(
                f'{self.folder / shard.name}: damaged ({" ".join(str(error).split())}); remove it '
                'and run `render-shards` again, or train without it'
            ) from error
        if joints_m.shape != (count, len(HAND_21.joints), 3):
            raise ShardError(f'{self.folder / shard.name}: joints of shape {joints_m.shape}')
        return Batch(torch.from_numpy(crops), joints_m, Cube(center_m, size_m))

    def difference(self) -> float:
        """
        Return how far the first crops of the folder are from what is rendered here.

        The largest difference of a joint in metres and of nine in ten pixels in half cubes: 0 on
        the machine that rendered them; above ``_MISS`` for another version of the renderer.
        """
        shard = self.shards[0]
        count = min(shard.count, 4)
        kept, made = self.read(shard, shard.first, count), self._make(shard.first, count, 0)
        joints = float((kept.joints_m - made.joints_m).abs().max())
        return max(joints, float((kept.crop - made.crop).abs().flatten().quantile(0.9)))

    def other_renderer(self) -> str | None:
        """Say that another version rendered the shards, None where it is this one."""
        off = self.difference()
        if off <= _MISS:
            return None
        return (
            f'{self.folder}: rendered by another version of the renderer (its first crops differ '
            f'by {off:.3g}); render them again, or use the version that made them'
        )

    def _find(self, seed: int, count: int) -> Shard | None:
        place = bisect_right(self._firsts, seed) - 1
        while place >= 0 and self._firsts[place] + self.shards[place].seeds > seed:
            if self.shards[place].count >= count:
                return self.shards[place]
            place -= 1
        return None

    def _file(self, shard: Shard) -> Any:
        if self._open is None or self._open[0] != shard:
            path = self.folder / shard.name
            file: Any = safe_open(path, framework='np')
            header = file.metadata() or {}
            if header.get('format') != FORMAT:
                raise ValueError(f'format {header.get("format")!r}')
            if header.get('checksum') != _checksum({n: file.get_tensor(n) for n in _LABELS}):
                raise ValueError('its checksum does not fit')
            self._open = (shard, file)
        return self._open[1]
