# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What every reader gives: frames in metres and the camera's optical frame, read on demand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dense_hand_pose.camera.intrinsics import Intrinsics
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
    optical frame (x right, y down, z forward). ``subject`` is None where nobody says who it is.
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
    DataLoader. ``joints_m`` is (N, J, 3); ``skipped`` are the frames left out for want of a hand.
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
