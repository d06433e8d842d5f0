# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
NYU hand pose (Tompson et al., ACM Transactions on Graphics 2014): reader of the official layout.

``{train,test}/depth_<view>_%07d.png`` counts from 1 and holds millimetres as G * 256 + B;
``{train,test}/joint_data.mat`` (MATLAB v5) holds ``joint_xyz`` (3 views, N, 36, 3), mm, y upward.
"""

from pathlib import Path
from typing import Any

from dense_hand_pose.camera.depth_image import to_metres
from dense_hand_pose.safe_output import reason_of
from dense_hand_pose.skeleton import NYU_14_OF_36
import numpy as np
import numpy.typing as npt

from .facts import NYU
from .frames import DatasetError, FrameSet, read_png, require_file, require_images

VIEWS = 3
MARKED_JOINTS = 36
SPLITS = ('train', 'test', 'test_subject_1', 'test_subject_2')
LABELS = 'joint_data.mat'


def open_nyu(root: Path, split: str = 'train', view: int = 1) -> FrameSet:
    """
    Open a split of NYU: 'train', 'test', or the test frames of one of its two subjects.

    ``root`` is the folder that holds train/ and test/, or the one above (``dataset`` in the
    archive). The evaluation of the literature uses view 1. The first 2,440 test frames are
    subject 1. DatasetError for what is missing or wrong, ValueError for an unknown split or view.
    """
    if split not in SPLITS or view not in range(1, VIEWS + 1):
        raise ValueError(
            f'NYU {split!r}, view {view}: expected a split of {SPLITS}, view 1..{VIEWS}'
        )
    part = split.partition('_')[0]
    folder = root / 'dataset' / part
    folder = folder if folder.is_dir() else root / part
    joints_mm = _read_joints(folder / LABELS)[view - 1][:, list(NYU_14_OF_36)]
    count = len(joints_mm)
    paths = tuple(folder / f'depth_{view}_{i:07d}.png' for i in range(1, count + 1))
    require_images(paths, folder / LABELS)
    first = NYU.parts[0]
    frames = FrameSet(
        facts=NYU,
        split=split,
        paths=paths,
        frame_ids=tuple(f'{part}/{path.stem}' for path in paths),
        # The official site names the subjects of the test frames only by their order.
        subjects=tuple(
            None if part == 'train' else '1' if i < first else '2' for i in range(count)
        ),
        joints_m=NYU.optical_from_annotated_m(joints_mm),
        read_depth=read_depth,
    )
    if split == part:
        return frames
    subject = split[-1]
    return frames.select([i for i in range(count) if frames.subjects[i] == subject], split)


def read_depth(path: Path) -> npt.NDArray[np.float32]:
    """Read a depth image as (480, 640) float32 metres; DatasetError names a wrong file."""
    rgb = read_png(path, 'RGB', NYU.width, NYU.height).astype(np.uint16)
    return to_metres(rgb[..., 1] * np.uint16(256) + rgb[..., 2], 0.001)


def _read_joints(path: Path) -> npt.NDArray[np.float64]:
    """Return joint_xyz, (3, N, 36, 3) float64 mm, of a MATLAB v5 file."""
    from scipy.io import loadmat

    expected = f'a MATLAB v5 file with joint_xyz [{VIEWS}][N][{MARKED_JOINTS}][3]'
    require_file(path, expected)
    try:
        content = loadmat(path, variable_names=['joint_xyz'])
    except Exception as error:  # damage is about anything to the reader of MATLAB files
        reason = reason_of(error)
        raise DatasetError(f'{path} cannot be read ({reason}): expected {expected}') from error
    return _checked(content.get('joint_xyz'), path, expected)


def _checked(joints: Any, path: Path, expected: str) -> npt.NDArray[np.float64]:
    """Return the array as float64, or raise DatasetError for another shape, kind or a NaN."""
    if joints is None:
        raise DatasetError(f'{path} holds no joint_xyz: expected {expected}')
    if joints.ndim != 4 or (*joints.shape[:1], *joints.shape[2:]) != (VIEWS, MARKED_JOINTS, 3):
        raise DatasetError(f'{path}: joint_xyz of shape {joints.shape}, expected {expected}')
    if joints.dtype.kind not in 'fiu':
        raise DatasetError(f'{path}: joint_xyz of {joints.dtype}, expected numbers')
    xyz = np.asarray(joints, np.float64)
    if not np.isfinite(xyz).all():
        view, frame, joint, _ = np.argwhere(~np.isfinite(xyz))[0]
        where = f'view {view + 1}, frame {frame + 1}, joint {joint}'
        raise DatasetError(f'{path}: joint_xyz is not finite at {where}')
    return xyz
