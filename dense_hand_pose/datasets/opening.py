# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""One door to all data sets: a name, a folder and a split or fold."""

from collections.abc import Callable
from pathlib import Path

from . import icvl, msra, nyu
from .frames import FrameSet

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
    Return (train, test) of the usual protocol; MSRA wants the subject to hold out, 'P0' to 'P8'.

    Errors as for ``open_part``.
    """
    if dataset == 'msra':
        return msra.leave_one_out(root, held_out or '')
    if held_out is not None:
        raise ValueError(f'{dataset} has one split: held_out = {held_out!r} is only for msra')
    return open_part(dataset, root, 'train'), open_part(dataset, root, 'test')
