# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Open a data set by name, folder and split or fold, and check its files."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from . import icvl, msra, nyu
from .facts import DatasetFacts, DATASETS
from .frames import DatasetError, FrameSet

# The disjoint parts of each data set, from which its protocols are made.
PARTS: dict[str, tuple[str, ...]] = {
    'nyu': ('train', 'test'),
    'icvl': ('train', 'test_seq_1', 'test_seq_2'),
    'msra': msra.SUBJECTS,
}
_OPENERS: dict[str, Callable[[Path, str], FrameSet]] = {
    'nyu': nyu.open_nyu,
    'icvl': icvl.open_icvl,
    'msra': msra.open_msra,
}


def open_part(dataset: str, root: Path, part: str) -> FrameSet:
    """
    Open a part or split by name: 'train', 'test', ... of NYU and ICVL, a subject of MSRA.

    DatasetError for what is missing or wrong, ValueError for an unknown name.
    """
    if dataset not in _OPENERS:
        raise ValueError(f'{dataset!r} is no data set: expected one of {tuple(_OPENERS)}')
    return _OPENERS[dataset](root, part)


def open_protocol(
    dataset: str, root: Path, held_out: str | None = None
) -> tuple[FrameSet, FrameSet]:
    """
    Return (train, test) of the usual protocol; for MSRA ``held_out`` is the subject to test on.

    Errors as for ``open_part``.
    """
    if dataset == 'msra':
        return msra.leave_one_out(root, held_out or '')
    if held_out is not None:
        raise ValueError(f'{dataset} has one split: held_out = {held_out!r} is only for msra')
    return open_part(dataset, root, 'train'), open_part(dataset, root, 'test')


@dataclass
class Findings:
    """Lines to print, the frames of each part that could be opened, and the problems."""

    lines: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def check(dataset: str, root: Path, images: int = 20, partial: bool = False) -> Findings:
    """
    Open every part of a data set and read ``images`` images of each, evenly spread.

    A number of frames other than the official one is a problem unless ``partial``.
    """
    found = Findings()
    for part in PARTS[dataset]:
        try:
            frames = open_part(dataset, root, part)
            _check_frames(frames, images)
        except DatasetError as error:
            found.lines.append(f'{part}: not usable')
            found.problems.append(str(error))
            continue
        found.counts[part] = len(frames)
        found.lines.append(_describe(frames))
    if not partial and len(found.counts) == len(PARTS[dataset]):
        found.problems += _wrong_counts(DATASETS[dataset], found.counts)
    return found


def _check_frames(frames: FrameSet, images: int) -> None:
    """Read some images, and see that the joints lie before the camera."""
    behind = np.flatnonzero((frames.joints_m[..., 2] <= 0.0).any(axis=1))
    if len(behind):
        raise DatasetError(
            f'{frames.frame_ids[behind[0]]}: a joint that is not in front of the camera, '
            f'in {len(behind)} of {len(frames)} frames'
        )
    chosen = np.linspace(0, len(frames) - 1, min(images, len(frames))).astype(int)
    for i in chosen:
        frame = frames[int(i)]
        if not frame.depth_m.any():
            raise DatasetError(f'{frames.paths[int(i)]} shows no depth at all')


def _describe(frames: FrameSet) -> str:
    """Return the line of a part: frames, joints, subjects, skipped frames."""
    subjects = sorted({subject for subject in frames.subjects if subject is not None})
    words = [f'{frames.split}: {len(frames)} frames', f'{len(frames.skeleton)} joints']
    if subjects:
        counts = ', '.join(f'{name} ({frames.subjects.count(name)})' for name in subjects)
        words.append(f'subjects {counts}' if len(subjects) > 1 else f'subject {subjects[0]}')
    if frames.skipped:
        words.append(f'{len(frames.skipped)} empty frames skipped, first {frames.skipped[0]}')
    return ', '.join(words)


def _wrong_counts(facts: DatasetFacts, counts: dict[str, int]) -> list[str]:
    """Compare the numbers of frames with the official ones, where those are known."""
    train = counts.get('train')
    test = sum(count for part, count in counts.items() if part.startswith('test'))
    pairs = (
        ('training', train, facts.train_frames),
        ('test', test, facts.test_frames),
        ('all', sum(counts.values()), facts.total_frames),
    )
    return [
        f'{found} {name} frames, the official set has {official} (--partial accepts this)'
        for name, found, official in pairs
        if official is not None and found != official
    ]
