# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The reader of NYU gives back what an independent writer of the official layout wrote."""

import os
from pathlib import Path

from dense_hand_pose.datasets.frames import DatasetError
from dense_hand_pose.datasets.nyu import open_nyu
import numpy as np
from PIL import Image
import pytest
from scipy.io import savemat
from support.agreement import assert_depth_meets_joints, assert_same_joints
from support.miniatures import (
    make_joints,
    NYU_CAMERA,
    NYU_EVALUATED,
    Points,
    write_nyu,
    write_nyu_image,
    write_nyu_labels,
)  # fmt: skip


@pytest.fixture
def nyu(tmp_path: Path) -> tuple[Path, dict[str, Points]]:
    return tmp_path, write_nyu(tmp_path)


@pytest.mark.parametrize(('split', 'count'), [('train', 3), ('test', 4)])
@pytest.mark.parametrize('view', [1, 2])
def test_reading_gives_what_was_written(
    nyu: tuple[Path, dict[str, Points]], split: str, count: int, view: int
) -> None:
    root, written = nyu
    frames = open_nyu(root, split, view)
    assert len(frames) == count
    assert frames.skeleton.joints[0] == 'little_tip'
    assert len(frames.skeleton) == 14
    assert tuple(frames.intrinsics.as_array()) == NYU_CAMERA
    for i, frame in enumerate(frames):
        assert frame.depth_m.shape == (480, 640)
        assert frame.depth_m.dtype == np.float32
        assert frame.frame_id == f'{split}/depth_{view}_{i + 1:07d}'
        assert_same_joints(frame, written[split][view - 1, i, list(NYU_EVALUATED)])
        assert_depth_meets_joints(frame, NYU_CAMERA)


def test_depth_above_255_mm_takes_both_bytes(tmp_path: Path) -> None:
    write_nyu(tmp_path, train=1)
    rgb = np.zeros((480, 640, 3), np.uint8)
    rgb[10, 20] = 255, 2, 3
    rgb[11, 21] = 0, 255, 255
    Image.fromarray(rgb).save(tmp_path / 'train/depth_1_0000001.png')
    depth = open_nyu(tmp_path)[0].depth_m
    assert depth[10, 20] == pytest.approx(0.515)
    assert depth[11, 21] == pytest.approx(65.535)
    assert np.count_nonzero(depth) == 2


def test_the_folder_above_is_taken_too(tmp_path: Path) -> None:
    write_nyu(tmp_path / 'dataset')
    assert len(open_nyu(tmp_path, 'test')) == 4


def test_subject_1_has_the_first_2440_test_frames(tmp_path: Path) -> None:
    folder = tmp_path / 'test'
    folder.mkdir()
    joints = np.zeros((3, 2443, 36, 3)) + make_joints(36, 1)
    joints[0, 2440:, :, 0] += 5.0
    write_nyu_labels(folder, joints)
    write_nyu_image(folder / 'image.png', make_joints(14, 1))
    for i in range(1, 2444):
        os.link(folder / 'image.png', folder / f'depth_1_{i:07d}.png')
    both = open_nyu(tmp_path, 'test')
    one, two = (open_nyu(tmp_path, f'test_subject_{s}') for s in (1, 2))
    assert (len(both), len(one), len(two)) == (2443, 2440, 3)
    assert set(one.subjects) == {'1'}
    assert set(two.subjects) == {'2'}
    assert [f.frame_id for f in two] == [f'test/depth_1_000{i}' for i in (2441, 2442, 2443)]
    assert not set(one.frame_ids) & set(two.frame_ids)
    np.testing.assert_array_equal(both.joints_m[2440:], two.joints_m)


def write_mat(folder: Path, name: str, content: Points) -> None:
    """Replace the labels by another array."""
    savemat(folder / 'joint_data.mat', {name: content})


@pytest.mark.parametrize(
    ('shape', 'name', 'said'),
    [
        ((3, 3, 36, 3), 'joint_uvd', 'holds no joint_xyz: expected a MATLAB v5 file'),
        ((3, 3, 14, 3), 'joint_xyz', r'joint_xyz of shape \(3, 3, 14, 3\)'),
        ((3, 36, 3), 'joint_xyz', r'joint_xyz of shape \(3, 36, 3\)'),
        ((3, 5, 36, 3), 'joint_xyz', r'depth_1_0000004.png is missing: .* \(2 of 5 images'),
    ],
)
def test_other_labels_are_refused(
    nyu: tuple[Path, dict[str, Points]], shape: tuple[int, ...], name: str, said: str
) -> None:
    write_mat(nyu[0] / 'train', name, np.ones(shape))
    with pytest.raises(DatasetError, match=said):
        open_nyu(nyu[0])


def test_labels_that_are_not_finite_are_named(nyu: tuple[Path, dict[str, Points]]) -> None:
    joints = nyu[1]['train'].copy()
    joints[0, 1, 7, 2] = np.nan
    write_nyu_labels(nyu[0] / 'train', joints)
    with pytest.raises(DatasetError, match='not finite at view 1, frame 2, joint 7'):
        open_nyu(nyu[0])


def test_labels_cut_anywhere_are_refused(nyu: tuple[Path, dict[str, Points]]) -> None:
    labels = nyu[0] / 'train' / 'joint_data.mat'
    whole = labels.read_bytes()
    for length in np.linspace(0, len(whole) - 1, 60).astype(int):
        labels.write_bytes(whole[:length])
        with pytest.raises(DatasetError, match=r'joint_data\.mat'):
            open_nyu(nyu[0])


def test_missing_labels_are_named(nyu: tuple[Path, dict[str, Points]]) -> None:
    (nyu[0] / 'train/joint_data.mat').unlink()
    with pytest.raises(DatasetError, match=r'train/joint_data\.mat is missing: expected a MATLAB'):
        open_nyu(nyu[0])


def test_a_missing_image_is_named_at_opening(nyu: tuple[Path, dict[str, Points]]) -> None:
    (nyu[0] / 'train/depth_1_0000002.png').unlink()
    with pytest.raises(DatasetError, match=r'depth_1_0000002\.png is missing: .* \(1 of 3'):
        open_nyu(nyu[0])


def test_damaged_images_are_named_when_read(nyu: tuple[Path, dict[str, Points]]) -> None:
    frames = open_nyu(nyu[0])
    path = nyu[0] / 'train/depth_1_0000001.png'
    whole = path.read_bytes()
    for length in np.linspace(0, len(whole) - 30, 25).astype(int):
        path.write_bytes(whole[:length])
        with pytest.raises(DatasetError, match=r'depth_1_0000001\.png cannot be read'):
            frames[0]
    Image.fromarray(np.zeros((480, 640), np.uint8)).save(path)
    with pytest.raises(DatasetError, match='640 x 480, mode L: expected a 640 x 480 PNG, 8-bit'):
        frames[0]
    path.unlink()
    with pytest.raises(DatasetError, match='is missing: expected a 640 x 480 PNG'):
        frames[0]


@pytest.mark.parametrize(('split', 'view'), [('val', 1), ('train', 0), ('train', 4)])
def test_unknown_splits_and_views_are_refused(tmp_path: Path, split: str, view: int) -> None:
    with pytest.raises(ValueError, match='expected a split of'):
        open_nyu(tmp_path, split, view)
