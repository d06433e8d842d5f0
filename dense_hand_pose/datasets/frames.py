# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What every reader gives: frames in metres and the camera's optical frame, read on demand.

The functions below read PNG images and lines of numbers; their errors name what was expected.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
import os
from pathlib import Path
from typing import Any

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.safe_output import reason_of
from dense_hand_pose.skeleton import Skeleton
import numpy as np
import numpy.typing as npt

from .facts import DatasetFacts

DepthReader = Callable[[Path], npt.NDArray[np.float32]]


class DatasetError(ValueError):
    """A file of a data set is missing or wrong: which one, and what was expected."""


@dataclass(frozen=True, eq=False)
class DatasetFrame:
    """
    One annotated depth image.

    ``depth_m`` is (H, W) float32 with 0 = invalid; ``joints_m`` is (J, 3) float64 in the camera's
    optical frame (x right, y down, z forward). ``subject`` is None where the data set has none.
    """

    depth_m: npt.NDArray[np.float32]
    joints_m: npt.NDArray[np.float64]
    frame_id: str
    subject: str | None


@dataclass(frozen=True, eq=False)
class FrameSet(Sequence[DatasetFrame]):
    """
    The frames of a split: labels in memory, images read one by one when they are asked for.

    Nothing is opened between two readings, so that a set may be copied to the workers of a
    DataLoader. ``joints_m`` is (N, J, 3); ``skipped`` are the frames without a hand, left out.
    """

    facts: DatasetFacts
    split: str
    paths: tuple[Path, ...]
    frame_ids: tuple[str, ...]
    subjects: tuple[str | None, ...]
    joints_m: npt.NDArray[np.float64]
    read_depth: DepthReader
    skipped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse columns of different lengths and labels that are not the skeleton's."""
        count, shape = len(self.paths), self.joints_m.shape
        if shape != (count, len(self.skeleton), 3):
            raise ValueError(
                f'joints of shape {shape}: expected {count} x {len(self.skeleton)} x 3'
            )
        if {len(self.frame_ids), len(self.subjects)} != {count}:
            raise ValueError(f'{self.facts.name} {self.split}: columns of different lengths')

    @property
    def skeleton(self) -> Skeleton:
        """Return the joint set, which is the data set's own."""
        return self.facts.skeleton

    @property
    def intrinsics(self) -> Intrinsics:
        """Return the camera of all frames."""
        return self.facts.intrinsics

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.paths)

    # No slices: see select.
    def __getitem__(self, index: int) -> DatasetFrame:  # type: ignore[override]
        """Read a frame; IndexError outside the set, DatasetError for an unreadable image."""
        if not -len(self) <= index < len(self):
            raise IndexError(f'frame {index} of {len(self)} in {self.facts.name} {self.split}')
        return DatasetFrame(
            self.read_depth(self.paths[index]),
            self.joints_m[index].copy(),
            self.frame_ids[index],
            self.subjects[index],
        )

    def select(self, indices: Sequence[int], split: str) -> 'FrameSet':
        """Return the set of some of the frames, under a name of its own."""
        return FrameSet(
            self.facts,
            split,
            tuple(self.paths[i] for i in indices),
            tuple(self.frame_ids[i] for i in indices),
            tuple(self.subjects[i] for i in indices),
            self.joints_m[np.asarray(indices, np.intp)],
            self.read_depth,
        )


def join(sets: Sequence[FrameSet], split: str) -> FrameSet:
    """Return the frames of several sets of one data set, one after another."""
    first = sets[0]
    return FrameSet(
        first.facts,
        split,
        tuple(path for s in sets for path in s.paths),
        tuple(name for s in sets for name in s.frame_ids),
        tuple(subject for s in sets for subject in s.subjects),
        np.concatenate([s.joints_m for s in sets]),
        first.read_depth,
        tuple(name for s in sets for name in s.skipped),
    )


def require_file(path: Path, expected: str) -> None:
    """Raise DatasetError where there is no such file, with what was expected of it."""
    if not path.is_file():
        raise DatasetError(f'{path} is missing: expected {expected}')


def require_images(paths: Sequence[Path], labels: Path) -> None:
    """Raise DatasetError for images that are not there; reads each folder once, no image."""
    folders = {path.parent: frozenset[str]() for path in paths}
    for folder in folders:
        try:
            # Not Path.iterdir: NYU has 600,000 names in a folder.
            folders[folder] = frozenset(os.listdir(folder))  # noqa: PTH208
        except OSError:
            continue  # all its images are missing
    missing = [path for path in paths if path.name not in folders[path.parent]]
    if missing:
        raise DatasetError(
            f'{missing[0]} is missing: {labels} has labels for it '
            f'({len(missing)} of {len(paths)} images are missing)'
        )


def read_png(path: Path, mode: str, width: int, height: int) -> npt.NDArray[Any]:
    """
    Read a PNG of one mode: 'RGB' gives (H, W, 3) uint8, 'I;16' gives (H, W) uint16.

    DatasetError for a missing, damaged or different image. Pillow, unlike OpenCV, refuses a
    truncated file.
    """
    from PIL import Image

    wanted = f'a {width} x {height} PNG, {"8-bit RGB" if mode == "RGB" else "16-bit grey"}'
    try:
        with Image.open(path, formats=('PNG',)) as image:
            # Older Pillows unpack 16-bit grey to 32 bits and call it I.
            modes = ('RGB',) if mode == 'RGB' else ('I;16', 'I;16B', 'I')
            if image.size != (width, height) or image.mode not in modes:
                found = f'{image.size[0]} x {image.size[1]}, mode {image.mode}'
                raise DatasetError(f'{path} is {found}: expected {wanted}')
            return np.asarray(image).astype(np.uint8 if mode == 'RGB' else np.uint16)
    except FileNotFoundError as error:
        raise DatasetError(f'{path} is missing: expected {wanted}') from error
    except DatasetError:
        raise
    except Exception as error:  # damage is about anything to Pillow
        reason = reason_of(error)
        raise DatasetError(f'{path} cannot be read ({reason}): expected {wanted}') from error


def numbers(words: Iterable[str], count: int, where: str) -> npt.NDArray[np.float64]:
    """Return a line's words as ``count`` finite numbers; DatasetError names the line otherwise."""
    listed = list(words)
    if len(listed) != count:
        raise DatasetError(f'{where}: {len(listed)} numbers, expected {count}')
    try:
        values = np.array(listed, dtype=np.float64)
    except ValueError as error:
        raise DatasetError(f'{where}: {error}; expected {count} numbers') from error
    if not np.isfinite(values).all():
        bad = listed[int(np.flatnonzero(~np.isfinite(values))[0])]
        raise DatasetError(f'{where}: {bad!r} is not finite')
    return values


def read_lines(path: Path, expected: str) -> list[str]:
    """Return the lines of a text file of labels; DatasetError where it cannot be read."""
    require_file(path, expected)
    try:
        return path.read_text(encoding='ascii').splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f'{path} cannot be read ({error}): expected {expected}') from error
