# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
The text files in which hand poses are published: one frame a line, three numbers a joint.

Legend: N frames, J joints of the data set in its own order. ``uvd`` holds pixels and depth (px,
px, mm), ``xyz`` millimetres on the axes of the data set's own annotation (datasets/facts.py; NYU's
y points up). Files of either kind are read into, and written from, metres in the optical frame.
"""

from collections.abc import Iterator
import math
from pathlib import Path
from typing import Final

from dense_hand_pose.camera.intrinsics import project, unproject
from dense_hand_pose.datasets.facts import DatasetFacts, DATASETS, MM_PER_M
from dense_hand_pose.safe_output import text_file
import numpy as np
import numpy.typing as npt

FORMATS: Final = ('uvd', 'xyz')
_LARGEST: Final = 100_000.0
"""Pixels or millimetres; what is beyond is no place of a hand."""
_LINE_LIMIT: Final = 1 << 16
"""Bytes; more than any line of poses, so that a binary file is not read as one line."""

Floats = npt.NDArray[np.float64]


class TextFileError(ValueError):
    """A file of poses is not what it should be; the message names file and line."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f'{path}, line {line}: {problem}')


def read_poses_m(
    path: Path, facts: DatasetFacts, layout: str = 'uvd', frames: int | None = None
) -> Floats:
    """
    Read the joints of a data set, (N, J, 3) metres in the optical frame.

    ``frames`` is how many there must be. Raises TextFileError for a line that does not hold three
    finite numbers a joint, for another number of frames and for poses that no camera of the data
    set can see; OSError for a file that cannot be read.
    """
    values = _read_numbers(path, facts, frames)
    if _checked(layout) == 'xyz':
        joints_m = facts.optical_from_annotated_m(values)
    else:
        _check_pixels(path, values, facts)
        joints_m = unproject(values[..., :2], values[..., 2] / MM_PER_M, facts.intrinsics)
    behind = (joints_m[..., 2] <= 0.0).any(axis=1)
    if behind.any():
        problem = f'a joint is not in front of the camera of {facts.title}: expected {layout}'
        raise TextFileError(path, int(np.argmax(behind)) + 1, problem)
    return joints_m


def write_predictions(
    path: Path, joints_m: npt.ArrayLike, facts: DatasetFacts, layout: str = 'uvd'
) -> None:
    """
    Write joints (N, J, 3), metres in the optical frame, to three decimals (a micrometre).

    ValueError for another shape, values that are not finite and, in ``uvd``, joints that are not
    in front of the camera. OSError when the file cannot be written.
    """
    joints = np.asarray(joints_m, np.float64)
    if joints.ndim != 3 or joints.shape[1:] != (len(facts.skeleton), 3):
        expected = f'(N, {len(facts.skeleton)}, 3) for {facts.title}'
        raise ValueError(f'joints of shape {joints.shape}: expected {expected}')
    finite = np.isfinite(joints).all(axis=(1, 2))
    if not finite.all():
        raise ValueError(
            f'frame {int(np.argmin(finite))} holds NaN or Inf: every frame needs a pose'
        )
    if _checked(layout) == 'xyz':
        values = facts.annotated_from_optical_mm(joints)
    else:
        pixels = project(joints, facts.intrinsics)
        values = np.concatenate([pixels, joints[..., 2:] * MM_PER_M], axis=2)
    with text_file(path) as file:
        np.savetxt(file, values.reshape(len(values), 3 * joints.shape[1]), fmt='%.3f')


def _read_numbers(path: Path, facts: DatasetFacts, frames: int | None) -> Floats:
    """Return the numbers of a file as (N, J, 3)."""
    rows: list[list[float]] = []
    blank = 0
    for line, words in _lines(path):
        if not words:
            blank = blank or line  # the file may end in empty lines, a frame may not be empty
            continue
        if blank:
            raise TextFileError(path, blank, 'is empty: every frame needs a line')
        if len(rows) == frames:
            raise TextFileError(path, line, f'one frame too many: expected {frames}')
        rows.append(_numbers(path, line, words, facts))
    if not rows:
        raise TextFileError(path, 1, 'the file is empty')
    if frames is not None and len(rows) < frames:
        problem = f'the file ends after {len(rows)} frames: expected {frames}'
        raise TextFileError(path, len(rows), problem)
    return np.array(rows).reshape(len(rows), len(facts.skeleton), 3)


def _lines(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the number and the words of each line."""
    with path.open('rb') as file:
        for line, text in enumerate(iter(lambda: file.readline(_LINE_LIMIT), b''), start=1):
            yield line, text.split()


def _numbers(path: Path, line: int, words: list[bytes], facts: DatasetFacts) -> list[float]:
    """Return the numbers of a frame, or raise TextFileError."""
    values = []
    for place, word in enumerate(words, start=1):
        try:
            values.append(float(word) if b'_' not in word else math.nan)
        except ValueError:
            values.append(math.nan)
        if not abs(values[-1]) <= _LARGEST:  # NaN is not either
            said = word[:20].decode('ascii', 'backslashreplace')
            expected = f'expected finite numbers up to {_LARGEST:g}, separated by spaces'
            raise TextFileError(path, line, f"value {place} is '{said}': {expected}")
    joints = len(facts.skeleton)
    if len(values) != 3 * joints:
        expected = f'expected {3 * joints}, three for each of the {joints} joints of {facts.title}'
        raise TextFileError(path, line, f'{len(values)} numbers: {expected}{_hint(len(values))}')
    return values


def _hint(numbers: int) -> str:
    """Return which data sets have lines of this number of values."""
    names = [f.title for f in DATASETS.values() if 3 * len(f.skeleton) == numbers]
    return f'; is it a file of {names[0]}?' if names else ''


def _check_pixels(path: Path, values: Floats, facts: DatasetFacts) -> None:
    """Refuse u v d (N, J, 3) that is mostly not in the image of the camera."""
    middle = values[..., :2].mean(axis=1)
    outside = ((middle < 0.0) | (middle > (facts.width, facts.height))).any(axis=1)
    if outside.mean() > 0.5:
        problem = f'the hand lies outside of the {facts.width}x{facts.height} image, as in '
        problem += f'{outside.sum()} of {len(values)} frames: is the file x y z?'
        raise TextFileError(path, int(np.argmax(outside)) + 1, problem)


def _checked(layout: str) -> str:
    """Return the layout, or raise ValueError for an unknown one."""
    if layout not in FORMATS:
        raise ValueError(f'layout {layout!r}: expected {" or ".join(FORMATS)}')
    return layout
