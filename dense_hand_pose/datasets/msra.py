# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
MSRA hand gestures (Sun et al., CVPR 2015): reader of the official layout.

``P<subject>/<gesture>/joint.txt`` holds the number of frames and a line of 21 x y z (mm, y upward,
z towards the camera) for each; ``%06d_depth.bin`` counts from 0 and holds six int32 (columns,
rows, left, top, right, bottom; right and bottom exclusive) and the box's depth, float32 mm.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
from typing import BinaryIO

from dense_hand_pose.camera.depth_image import to_metres
import numpy as np
import numpy.typing as npt

from .facts import MSRA
from .frames import DatasetError, FrameSet, join, numbers, read_lines, require_images

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


SUBJECTS = tuple(f'P{i}' for i in range(9))
GESTURES = (
    '1', '2', '3', '4', '5', '6', '7', '8', '9', 'I', 'IP', 'L', 'MP', 'RP', 'T', 'TIP', 'Y',
)  # fmt: skip


def open_msra(root: Path, subject: str) -> FrameSet:
    """
    Open the frames of one subject, 'P0' to 'P8', gesture by gesture.

    Frames without a hand are left out and listed in ``skipped``: looking for them reads the first
    rows of every image. DatasetError for what is missing or wrong, ValueError for an unknown
    subject.
    """
    if subject not in SUBJECTS:
        raise ValueError(f'MSRA {subject!r}: expected one of {SUBJECTS}')
    gestures = [_read_gesture(root / subject / gesture, subject) for gesture in GESTURES]
    return join(gestures, subject)


def leave_one_out(root: Path, subject: str) -> tuple[FrameSet, FrameSet]:
    """Return (train, test) of one fold: the eight other subjects, and the one left out."""
    return _fold({name: open_msra(root, name) for name in SUBJECTS}, subject)


def folds(root: Path) -> Iterator[tuple[FrameSet, FrameSet]]:
    """Yield (train, test) of all nine folds; every subject is opened once."""
    opened = {name: open_msra(root, name) for name in SUBJECTS}
    for subject in SUBJECTS:
        yield _fold(opened, subject)


def _fold(opened: dict[str, FrameSet], subject: str) -> tuple[FrameSet, FrameSet]:
    """Split the opened subjects; DatasetError where both parts have a subject or file."""
    if subject not in opened:
        raise ValueError(f'MSRA {subject!r}: expected one of {SUBJECTS}')
    others = [frames for name, frames in opened.items() if name != subject]
    train, test = join(others, f'all but {subject}'), opened[subject]
    shared = set(train.subjects) & set(test.subjects)
    # Two names of one folder (a link) would let the test leak into the training.
    folders = [{path.resolve() for path in {p.parent for p in s.paths}} for s in (train, test)]
    if shared or folders[0] & folders[1]:
        both = shared or {str(path) for path in folders[0] & folders[1]}
        raise DatasetError(f'MSRA {subject}: {sorted(map(str, both))} in training and test')
    return train, test


def _read_gesture(folder: Path, subject: str) -> FrameSet:
    """Read the labels of a gesture and find its empty frames."""
    labels = folder / 'joint.txt'
    xyz = _read_labels(labels)
    paths = tuple(folder / f'{i:06d}_depth.bin' for i in range(len(xyz)))
    require_images(paths, labels)
    names = tuple(f'{subject}/{folder.name}/{i:06d}' for i in range(len(xyz)))
    empty = [is_empty(path) for path in paths]
    kept = [i for i in range(len(xyz)) if not empty[i]]
    return FrameSet(
        facts=MSRA,
        split=subject,
        paths=tuple(paths[i] for i in kept),
        frame_ids=tuple(names[i] for i in kept),
        subjects=(subject,) * len(kept),
        joints_m=MSRA.optical_from_annotated_m(xyz[kept]),
        read_depth=read_depth,
        skipped=tuple(name for name, without in zip(names, empty, strict=True) if without),
    )


def _read_labels(labels: Path) -> npt.NDArray[np.float64]:
    """Return the joints (N, 21, 3) of a joint.txt in mm, as annotated."""
    joints = len(MSRA.skeleton)
    lines = read_lines(labels, f'the number of frames, then {3 * joints} numbers a line')
    rows = [(i, line.split()) for i, line in enumerate(lines, 1) if line.strip()]
    count = _count(rows[0][1] if rows else [], labels)
    if len(rows) - 1 != count:
        raise DatasetError(f'{labels}: {len(rows) - 1} lines of joints, expected {count} (line 1)')
    values = [numbers(words, 3 * joints, f'{labels}:{i}') for i, words in rows[1:]]
    return np.array(values).reshape(count, joints, 3)


def _count(words: Sequence[str], labels: Path) -> int:
    """Return the number of frames of the first line."""
    if len(words) != 1 or not words[0].isdecimal():
        raise DatasetError(f'{labels}:1: {" ".join(words)!r}, expected the number of frames')
    return int(words[0])
