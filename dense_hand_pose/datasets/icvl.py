# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
ICVL hand posture (Tang et al., CVPR 2014): reader of the official layout.

``Training/labels.txt`` and ``Testing/test_seq_{1,2}.txt`` hold a line per image: its path below
``Depth/`` beside the file, then u v (pixels) and d (mm) of 16 joints. Images are 16-bit PNG, mm.
"""

from pathlib import Path

from dense_hand_pose.camera.depth_image import to_metres
from dense_hand_pose.camera.intrinsics import unproject
import numpy as np
import numpy.typing as npt

from .facts import ICVL, MM_PER_M
from .frames import DatasetError, FrameSet, join, numbers, read_lines, read_png, require_images

SPLITS = ('train', 'test', 'test_seq_1', 'test_seq_2')
ORIGINALS = '2014'
"""Folders of un-rotated images carry their date; those of rotated copies begin with an angle."""
UNMEASURED_MM = 32_001
"""Values from here on stand for no measurement."""


def open_icvl(root: Path, split: str = 'train') -> FrameSet:
    """
    Open a split of ICVL: 'train' (the un-rotated originals), 'test', or one test sequence.

    ``root`` is the folder that holds Training/ and Testing/. DatasetError for what is missing or
    wrong, ValueError for an unknown split.
    """
    if split == 'train':
        return _read_split(root / 'Training' / 'labels.txt', split)
    if split == 'test':
        return join([open_icvl(root, name) for name in SPLITS[2:]], split)
    if split not in SPLITS:
        raise ValueError(f'ICVL {split!r}: expected one of {SPLITS}')
    return _read_split(root / 'Testing' / f'{split}.txt', split)


def read_depth(path: Path) -> npt.NDArray[np.float32]:
    """Read a depth image as (240, 320) float32 metres; DatasetError names a wrong file."""
    raw = read_png(path, 'I;16', ICVL.width, ICVL.height)
    return to_metres(np.where(raw < UNMEASURED_MM, raw, 0).astype(np.uint16), 0.001)


def _read_split(labels: Path, split: str) -> FrameSet:
    """Read one file of labels."""
    joints = len(ICVL.skeleton)
    names, uvd = [], []
    for number, line in enumerate(read_lines(labels, f'"<path> u v d" x {joints} a line'), 1):
        name, *words = line.split() or ['']
        if not name or (split == 'train' and not name.startswith(ORIGINALS)):
            continue
        if Path(name).is_absolute() or '..' in Path(name).parts:
            raise DatasetError(f'{labels}:{number}: {name!r} leads out of the data set')
        names.append(name)
        uvd.append(numbers(words, 3 * joints, f'{labels}:{number}'))
    if not names:
        raise DatasetError(f'{labels} labels no image that {split} uses')
    paths = tuple(labels.parent / 'Depth' / name for name in names)
    require_images(paths, labels)
    points = np.array(uvd).reshape(-1, joints, 3)
    return FrameSet(
        facts=ICVL,
        split=split,
        paths=paths,
        frame_ids=tuple(name.removesuffix('.png') for name in names),
        subjects=(None,) * len(names),
        joints_m=unproject(points[..., :2], points[..., 2] / MM_PER_M, ICVL.intrinsics),
        read_depth=read_depth,
    )
