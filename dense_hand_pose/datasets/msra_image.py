# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""MSRA's binary images: a box of depth in a frame that is otherwise empty."""

from dataclasses import dataclass
import os
from pathlib import Path
from typing import BinaryIO

from dense_hand_pose.camera.depth_image import to_metres
import numpy as np
import numpy.typing as npt

from .facts import MSRA
from .frames import DatasetError

_HEADER_BYTES = 24
_DEPTH = np.dtype('<f4')
_FIRST_VALUES = 1024  # the box fits the hand: its first row shows it already


@dataclass(frozen=True)
class _Box:
    """The part of the image that a file holds; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """Return the number of pixels; 0 for a box that ends before it begins."""
        return max(self.right - self.left, 0) * max(self.bottom - self.top, 0)


def read_depth(path: Path) -> npt.NDArray[np.float32]:
    """Read an image as (240, 320) float32 metres; DatasetError names a wrong file."""
    depth_m = np.zeros((MSRA.height, MSRA.width), np.float32)
    try:
        with path.open('rb') as file:
            box = _read_box(file, path)
            content = file.read(_DEPTH.itemsize * box.area)
    except OSError as error:
        raise DatasetError(f'{path} cannot be read ({error}): expected a depth image') from error
    if box.area:
        patch = np.frombuffer(content, _DEPTH).reshape(box.bottom - box.top, box.right - box.left)
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        depth_m[rows, columns] = to_metres(patch, 0.001)
    return depth_m


def is_empty(path: Path) -> bool:
    """Say whether an image shows nothing: no box or no depth in it; DatasetError as above."""
    try:
        with path.open('rb', buffering=0) as file:
            area = _read_box(file, path).area
            if area == 0:
                return True
            first = file.read(_FIRST_VALUES * _DEPTH.itemsize)
            return not (_shows_depth(first) or _shows_depth(file.read()))
    except OSError as error:
        raise DatasetError(f'{path} cannot be read ({error}): expected a depth image') from error


def _shows_depth(content: bytes) -> bool:
    """Say whether any value is a depth."""
    return bool((np.frombuffer(content, _DEPTH) > 0.0).any()) if content else False


def _read_box(file: BinaryIO, path: Path) -> _Box:
    """Read the header and compare it with the length of the file."""
    header = file.read(_HEADER_BYTES)
    size = os.fstat(file.fileno()).st_size
    if len(header) < _HEADER_BYTES:
        raise DatasetError(f'{path} is truncated: {size} bytes, expected 6 int32 and a depth box')
    columns, rows, *edges = (int(v) for v in np.frombuffer(header, '<i4'))
    box = _Box(*edges)
    if (columns, rows) != (MSRA.width, MSRA.height):
        raise DatasetError(
            f'{path}: an image of {columns} x {rows}, expected {MSRA.width} x {MSRA.height}'
        )
    inside = box.left >= 0 and box.top >= 0 and box.right <= columns and box.bottom <= rows
    if box.area and not inside:
        raise DatasetError(f'{path}: {box} is not inside {columns} x {rows}')
    expected = _HEADER_BYTES + _DEPTH.itemsize * box.area
    if size != expected and box.area:
        raise DatasetError(f'{path}: {size} bytes, expected {expected} for {box}')
    return box
