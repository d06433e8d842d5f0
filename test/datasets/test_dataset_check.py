# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""``dataset check`` says what a folder holds; frames travel to the workers of a DataLoader."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from dense_hand_pose.cli import main
from dense_hand_pose.datasets.icvl import open_icvl
from dense_hand_pose.datasets.opening import open_part, open_protocol
import numpy as np
import pytest
from support.miniatures import write_icvl, write_msra, write_nyu

WRITERS: dict[str, Callable[[Path], Any]] = {
    'nyu': write_nyu,
    'icvl': write_icvl,
    'msra': lambda root: write_msra(root, frames=1),
}


def run_check(*words: str) -> int:
    """Return the exit status of the command, however it ends."""
    try:
        return main(['dataset', 'check', *words])
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code


@pytest.mark.parametrize(
    ('dataset', 'said', 'official'),
    [
        (
            'nyu',
            ['train: 3 frames, 14 joints\n', 'test: 4 frames, 14 joints, subject 1\n'],
            '3 training frames, the official set has 72757',
        ),
        (
            'icvl',
            ['train: 3 frames', 'test_seq_1: 2 frames', 'test_seq_2: 3 frames, 16 joints\n'],
            '5 test frames, the official set has 1596',
        ),
        (
            'msra',
            [f'P{i}: 17 frames, 21 joints, subject P{i}\n' for i in range(9)],
            '153 all frames, the official set has 76375',
        ),
    ],
)
def test_a_miniature_is_whole_but_small(
    dataset: str,
    said: list[str],
    official: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    WRITERS[dataset](tmp_path)
    assert run_check(dataset, str(tmp_path), '--partial') == 0
    out, err = capsys.readouterr()
    assert err == ''
    assert all(line in out for line in [*said, 'no problem found'])
    assert run_check(dataset, str(tmp_path)) == 1
    out, err = capsys.readouterr()
    assert official in err
    assert 'no problem found' not in out


def test_the_first_problem_is_named_and_the_rest_still_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_nyu(tmp_path)
    (tmp_path / 'train/depth_1_0000003.png').write_bytes(b'no image')
    assert run_check('nyu', str(tmp_path), '--partial') == 1
    out, err = capsys.readouterr()
    assert 'train: not usable' in out
    assert 'test: 4 frames' in out
    assert err.count('\n') == 1
    assert 'depth_1_0000003.png cannot be read' in err


def test_joints_behind_the_camera_are_a_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_msra(tmp_path, frames=1)
    path = tmp_path / 'P5/2/joint.txt'
    words = path.read_text().split()
    words[6] = words[6].removeprefix('-')
    path.write_text(f'{words[0]}\n{" ".join(words[1:])}\n')
    assert run_check('msra', str(tmp_path), '--partial') == 1
    assert 'P5/2/000000: a joint that is not in front' in capsys.readouterr().err


def test_skipped_frames_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_msra(tmp_path, frames=1)
    empty = np.array([320, 240, 0, 0, 0, 0], '<i4').tobytes()
    (tmp_path / 'P7/L/000000_depth.bin').write_bytes(empty)
    assert run_check('msra', str(tmp_path), '--partial') == 0
    out = capsys.readouterr().out
    assert 'P7: 16 frames, 21 joints, subject P7, 1 empty frames skipped, first P7/L/000000' in out


def test_an_empty_folder_is_a_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check('icvl', str(tmp_path)) == 1
    assert 'Training/labels.txt is missing' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('words', 'said'),
    [
        (['nyu', '/nowhere'], '/nowhere is not a folder: expected that of nyu'),
        (['kitti', '.'], "invalid choice: 'kitti'"),
        (['nyu'], 'required: ROOT'),
        (['nyu', '.', '--images', '-1'], "'-1' is not a number of images"),
    ],
)
def test_wrong_arguments_end_with_status_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_check(*words) == 2
    assert said in capsys.readouterr().err


def test_protocols_are_the_usual_ones(tmp_path: Path) -> None:
    for dataset, write in WRITERS.items():
        write(tmp_path / dataset)
    sizes = {
        name: tuple(map(len, open_protocol(name, tmp_path / name, held_out)))
        for name, held_out in (('nyu', None), ('icvl', None), ('msra', 'P3'))
    }
    assert sizes == {'nyu': (3, 4), 'icvl': (3, 5), 'msra': (8 * 17, 17)}
    with pytest.raises(ValueError, match='expected one of'):
        open_protocol('msra', tmp_path / 'msra')
    with pytest.raises(ValueError, match='only for msra'):
        open_protocol('nyu', tmp_path / 'nyu', 'P1')
    with pytest.raises(ValueError, match='is no data set'):
        open_part('kitti', tmp_path, 'train')


def first_of(batch: list[Any]) -> Any:
    """Return the only item of a batch."""
    return batch[0]


def test_workers_read_what_the_parent_reads(tmp_path: Path) -> None:
    from torch.utils.data import DataLoader

    write_icvl(tmp_path)
    frames = open_icvl(tmp_path, 'test')
    data: Any = frames  # a sequence, which DataLoader takes for a data set
    loader: DataLoader[Any] = DataLoader(data, num_workers=2, collate_fn=first_of)
    for here, there in zip(frames, loader, strict=True):
        assert there.frame_id == here.frame_id
        np.testing.assert_array_equal(there.depth_m, here.depth_m)
        np.testing.assert_array_equal(there.joints_m, here.joints_m)
    with pytest.raises(IndexError, match='frame 5 of 5 in icvl test'):
        frames[5]
