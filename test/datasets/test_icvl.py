# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The reader of ICVL gives back what an independent writer of the official layout wrote."""

from pathlib import Path

from dense_hand_pose.datasets.frames import DatasetError
from dense_hand_pose.datasets.icvl import open_icvl
import numpy as np
from PIL import Image
import pytest
from support.agreement import assert_depth_meets_joints, assert_same_joints
from support.miniatures import ICVL_CAMERA, Points, write_icvl


@pytest.fixture
def icvl(tmp_path: Path) -> tuple[Path, dict[str, Points]]:
    return tmp_path, write_icvl(tmp_path)


@pytest.mark.parametrize(
    ('split', 'file'), [('train', 'labels')] + [(f'test_seq_{i}',) * 2 for i in (1, 2)]
)
def test_reading_gives_what_was_written(
    icvl: tuple[Path, dict[str, Points]], split: str, file: str
) -> None:
    frames = open_icvl(icvl[0], split)
    assert len(frames) == len(icvl[1][file])
    assert frames.skeleton.joints[:4] == ('palm', 'thumb_root', 'thumb_mid', 'thumb_tip')
    assert tuple(frames.intrinsics.as_array()) == ICVL_CAMERA
    for frame, joints in zip(frames, icvl[1][file], strict=True):
        assert frame.depth_m.shape == (240, 320)
        assert frame.depth_m.dtype == np.float32
        assert frame.depth_m.max() < 1.0  # 32001 is no depth
        assert_same_joints(frame, joints)
        assert_depth_meets_joints(frame, ICVL_CAMERA)


def test_training_uses_the_originals_only(icvl: tuple[Path, dict[str, Points]]) -> None:
    names = open_icvl(icvl[0], 'train').frame_ids
    assert names == tuple(f'201403121135/image_000{i}' for i in (1, 2, 3))


def test_the_test_is_both_sequences_in_order(icvl: tuple[Path, dict[str, Points]]) -> None:
    frames = open_icvl(icvl[0], 'test')
    expected = [f'test_seq_1/image_000{i}' for i in range(2)]
    expected += [f'test_seq_2/image_000{i}' for i in range(3)]
    assert [frame.frame_id for frame in frames] == expected
    assert_same_joints(frames[-1], icvl[1]['test_seq_2'][2])


def change_line(path: Path, number: int, old: str, new: str) -> None:
    """Replace the first ``old`` of a line, counted from 1."""
    lines = path.read_text().splitlines()
    assert old in lines[number - 1]
    lines[number - 1] = lines[number - 1].replace(old, new, 1)
    path.write_text('\n'.join(lines) + '\n')


@pytest.mark.parametrize(
    ('new', 'said'),
    [
        ('.png 1.0 ', r'labels\.txt:3: 49 numbers, expected 48'),
        ('.png x', r'labels\.txt:3: could not convert'),
        ('.png inf 1 1 ', r'labels\.txt:3: 51 numbers'),
    ],
)
def test_wrong_numbers_are_named(
    icvl: tuple[Path, dict[str, Points]], new: str, said: str
) -> None:
    change_line(icvl[0] / 'Training/labels.txt', 3, '.png ', new)
    with pytest.raises(DatasetError, match=said):
        open_icvl(icvl[0])


def test_a_number_that_is_not_finite_is_named(icvl: tuple[Path, dict[str, Points]]) -> None:
    path = icvl[0] / 'Testing/test_seq_1.txt'
    word = path.read_text().splitlines()[1].split()[5]
    change_line(path, 2, word, 'nan')
    with pytest.raises(DatasetError, match=r"test_seq_1\.txt:2: 'nan' is not finite"):
        open_icvl(icvl[0], 'test')


def test_missing_files_are_named(icvl: tuple[Path, dict[str, Points]]) -> None:
    (icvl[0] / 'Testing/Depth/test_seq_2/image_0001.png').unlink()
    with pytest.raises(DatasetError, match=r'image_0001\.png is missing: .*test_seq_2\.txt has'):
        open_icvl(icvl[0], 'test')
    (icvl[0] / 'Testing/test_seq_1.txt').unlink()
    with pytest.raises(DatasetError, match=r'test_seq_1\.txt is missing: expected "<path> u v d"'):
        open_icvl(icvl[0], 'test')


def test_labels_of_rotated_copies_alone_are_refused(tmp_path: Path) -> None:
    (tmp_path / 'Training').mkdir()
    (tmp_path / 'Training/labels.txt').write_text('22.5/a.png 1 2 3\n')
    with pytest.raises(DatasetError, match='labels no image that train uses'):
        open_icvl(tmp_path)


def test_a_path_that_leads_out_is_refused(icvl: tuple[Path, dict[str, Points]]) -> None:
    change_line(icvl[0] / 'Testing/test_seq_1.txt', 1, 'test_seq_1/', '../../')
    with pytest.raises(DatasetError, match=r'test_seq_1\.txt:1: .* leads out of the data set'):
        open_icvl(icvl[0], 'test')


def test_an_image_of_8_bits_is_refused(icvl: tuple[Path, dict[str, Points]]) -> None:
    frames = open_icvl(icvl[0], 'test_seq_1')
    Image.fromarray(np.zeros((240, 320), np.uint8)).save(frames.paths[1])
    with pytest.raises(DatasetError, match='mode L: expected a 320 x 240 PNG, 16-bit grey'):
        frames[1]


def test_unknown_splits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ICVL 'val': expected one of"):
        open_icvl(tmp_path, 'val')
