# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The reader of MSRA gives back what an independent writer of the official layout wrote."""

from collections.abc import Callable
from pathlib import Path
import shutil

from dense_hand_pose.datasets.frames import DatasetError
from dense_hand_pose.datasets.msra import folds, leave_one_out, open_msra
import numpy as np
import pytest
from support.agreement import assert_depth_meets_joints, assert_same_joints
from support.miniatures import MSRA_CAMERA, MSRA_GESTURES, Points, write_msra

SUBJECTS = [f'P{i}' for i in range(9)]


@pytest.fixture(scope='module')
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Points]]:
    root = tmp_path_factory.mktemp('msra')
    return root, write_msra(root)


@pytest.fixture
def damaged(whole: tuple[Path, dict[str, Points]], tmp_path: Path) -> Path:
    """Return a copy of subject P3 that a test may damage."""
    shutil.copytree(whole[0] / 'P3', tmp_path / 'P3')
    return tmp_path


def test_reading_gives_what_was_written(whole: tuple[Path, dict[str, Points]]) -> None:
    root, written = whole
    frames = open_msra(root, 'P4')
    assert len(frames) == 2 * 17
    assert frames.skeleton.joints[:2] == ('wrist', 'index_proximal')
    assert frames.skeleton.joints[-1] == 'thumb_tip'
    assert tuple(frames.intrinsics.as_array()) == MSRA_CAMERA
    expected = [(f'P4/{g}', i) for g in MSRA_GESTURES for i in range(2)]
    for frame, (folder, i) in zip(frames, expected, strict=True):
        assert frame.frame_id == f'{folder}/{i:06d}'
        assert frame.subject == 'P4'
        assert frame.depth_m.shape == (240, 320)
        assert frame.depth_m.dtype == np.float32
        assert_same_joints(frame, written[folder][i])
        assert_depth_meets_joints(frame, MSRA_CAMERA)


def test_every_fold_leaves_one_subject_out(whole: tuple[Path, dict[str, Points]]) -> None:
    all_tested: list[str] = []
    for subject, (train, test) in zip(SUBJECTS, folds(whole[0]), strict=True):
        assert set(test.subjects) == {subject}
        assert set(train.subjects) == set(SUBJECTS) - {subject}
        assert not set(train.paths) & set(test.paths)
        assert len(train) + len(test) == 9 * 34
        all_tested += test.frame_ids
    assert len(set(all_tested)) == len(all_tested) == 9 * 34


def test_two_names_of_one_subject_are_refused(
    whole: tuple[Path, dict[str, Points]], tmp_path: Path
) -> None:
    for subject in SUBJECTS:
        source = 'P2' if subject == 'P6' else subject
        (tmp_path / subject).symlink_to(whole[0] / source)
    with pytest.raises(DatasetError, match=r'MSRA P6: .*/P2/1.* in training and test'):
        leave_one_out(tmp_path, 'P6')


def test_empty_frames_are_skipped_and_counted(damaged: Path) -> None:
    blank = np.array([320, 240, 10, 20, 110, 120], '<i4').tobytes() + bytes(4 * 100 * 100)
    (damaged / 'P3/TIP/000001_depth.bin').write_bytes(blank)
    no_box = np.array([320, 240, 320, 240, -1, -1], '<i4').tobytes()
    (damaged / 'P3/5/000000_depth.bin').write_bytes(no_box)
    frames = open_msra(damaged, 'P3')
    assert frames.skipped == ('P3/5/000000', 'P3/TIP/000001')
    assert len(frames) == 2 * 17 - 2
    assert not set(frames.skipped) & set(frames.frame_ids)
    assert frames[8].frame_id == 'P3/5/000001'
    assert_depth_meets_joints(frames[8], MSRA_CAMERA)


def test_depth_far_into_the_box_is_not_empty(damaged: Path) -> None:
    box = np.zeros((100, 100), '<f4')
    box[99, 99] = 400.0
    header = np.array([320, 240, 10, 20, 110, 120], '<i4').tobytes()
    (damaged / 'P3/1/000000_depth.bin').write_bytes(header + box.tobytes())
    frames = open_msra(damaged, 'P3')
    assert frames.skipped == ()
    assert np.argwhere(frames[0].depth_m).tolist() == [[119, 109]]


def cut(content: bytes) -> bytes:
    return content[:-1]


def cut_in_header(content: bytes) -> bytes:
    return content[:23]


def lengthen(content: bytes) -> bytes:
    return content + bytes(4)


def resize(content: bytes) -> bytes:
    return np.array([640, 480], '<i4').tobytes() + content[8:]


def move_out(content: bytes) -> bytes:
    return content[:8] + np.array([300, 0, 340, 10], '<i4').tobytes() + bytes(1600)


@pytest.mark.parametrize(
    ('damage', 'said'),
    [
        (cut, r'bytes, expected \d+ for'),
        (cut_in_header, 'is truncated: 23 bytes, expected 6 int32'),
        (lengthen, r'bytes, expected \d+ for'),
        (resize, 'an image of 640 x 480, expected 320 x 240'),
        (move_out, 'is not inside 320 x 240'),
    ],
)
def test_damaged_images_are_named(
    damaged: Path, damage: Callable[[bytes], bytes], said: str
) -> None:
    frames = open_msra(damaged, 'P3')
    path = damaged / 'P3/1/000001_depth.bin'
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DatasetError, match=rf'1/000001_depth\.bin.*{said}'):
        open_msra(damaged, 'P3')
    with pytest.raises(DatasetError, match=rf'1/000001_depth\.bin.*{said}'):
        frames[1]


def test_a_missing_image_is_named(damaged: Path) -> None:
    (damaged / 'P3/Y/000000_depth.bin').unlink()
    with pytest.raises(DatasetError, match=r'Y/000000_depth\.bin is missing: .*joint\.txt'):
        open_msra(damaged, 'P3')


@pytest.mark.parametrize(
    ('old', 'new', 'said'),
    [
        ('2\n', '3\n', r'joint\.txt: 2 lines of joints, expected 3'),
        ('2\n', '1\n', r'joint\.txt: 2 lines of joints, expected 1'),
        ('2\n', '', r'joint\.txt:1: .* expected the number of frames'),
        ('2\n', '2\n1.5 ', r'joint\.txt:2: 64 numbers, expected 63'),
        (None, '', r'joint\.txt:1: .* expected the number of frames'),
    ],
)
def test_wrong_labels_are_named(damaged: Path, old: str | None, new: str, said: str) -> None:
    path = damaged / 'P3/IP/joint.txt'
    path.write_text(new if old is None else path.read_text().replace(old, new, 1))
    with pytest.raises(DatasetError, match=said):
        open_msra(damaged, 'P3')


def test_a_missing_gesture_is_named(damaged: Path) -> None:
    shutil.rmtree(damaged / 'P3/MP')
    with pytest.raises(DatasetError, match=r'P3/MP/joint\.txt is missing: expected the number'):
        open_msra(damaged, 'P3')


def test_unknown_subjects_are_refused(whole: tuple[Path, dict[str, Points]]) -> None:
    for subject in ('P9', '0', ''):
        with pytest.raises(ValueError, match='expected one of'):
            open_msra(whole[0], subject)
