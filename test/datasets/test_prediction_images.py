# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""``evaluate --images`` shows the images of the labelled frames, and only of those."""

from pathlib import Path

import cv2
from dense_hand_pose.cli import main
from dense_hand_pose.datasets.facts import ICVL
from dense_hand_pose.evaluation.predictions.text_files import write_predictions
import numpy as np
import pytest
from support.miniatures import write_icvl


@pytest.fixture
def icvl(tmp_path: Path) -> Path:
    """Write a small ICVL with labels.txt (5 test frames) and predictions 10 mm off beside."""
    written = write_icvl(tmp_path / 'root')
    joints_m = np.concatenate([written['test_seq_1'], written['test_seq_2']]) / 1000.0
    write_predictions(tmp_path / 'labels.txt', joints_m, ICVL)
    write_predictions(tmp_path / 'mine.txt', joints_m + np.array([0.0, 0.0, 0.01]), ICVL)
    write_predictions(tmp_path / 'reversed.txt', joints_m[::-1], ICVL)
    write_predictions(tmp_path / 'first.txt', joints_m[:2], ICVL)
    return tmp_path


def evaluate(folder: Path, labels: str, predictions: str, *more: str) -> int:
    files = ['--labels', str(folder / labels), '--predictions', str(folder / predictions)]
    return main(['evaluate', 'predictions', '--dataset', 'icvl', *files, *more])


def poses(folder: Path) -> np.ndarray:
    picture = cv2.imread(str(folder / 'poses.png'))
    assert picture is not None
    return picture


def test_depth_stands_behind_the_skeletons(icvl: Path) -> None:
    assert evaluate(icvl, 'labels.txt', 'mine.txt', '--out', str(icvl / 'bare')) == 0
    images = ['--images', str(icvl / 'root'), '--out', str(icvl / 'full')]
    assert evaluate(icvl, 'labels.txt', 'mine.txt', *images) == 0
    bare, full = poses(icvl / 'bare'), poses(icvl / 'full')
    assert bare.shape == full.shape and not np.array_equal(bare, full)


def test_a_part_may_be_chosen(icvl: Path) -> None:
    more = ['--images', str(icvl / 'root'), '--part', 'test_seq_1', '--out', str(icvl / 'out')]
    assert evaluate(icvl, 'first.txt', 'first.txt', *more) == 0


@pytest.mark.parametrize(
    ('labels', 'more', 'said'),
    [
        ('labels.txt', ['--images', 'root'], 'give --out DIR'),
        ('labels.txt', ['--part', 'test'], 'give both'),
        ('first.txt', ['--images', 'root', '--out', 'out'], 'has 5 frames in test'),
        ('reversed.txt', ['--images', 'root', '--out', 'out'], 'other frames, or another order?'),
        ('labels.txt', ['--images', 'nowhere', '--out', 'out'], 'nowhere'),
    ],
)
def test_images_of_other_frames_are_refused(
    icvl: Path,
    labels: str,
    more: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(icvl)
    assert evaluate(icvl, labels, labels, *more) == 2
    out, err = capsys.readouterr()
    assert out == '' and err.count('\n') == 1 and said in err


def test_an_image_that_cannot_be_read_is_named(
    icvl: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in (icvl / 'root/Testing').rglob('*.png'):
        path.write_bytes(b'no picture')
    more = ['--images', str(icvl / 'root'), '--out', str(icvl / 'out')]
    assert evaluate(icvl, 'labels.txt', 'mine.txt', *more) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert '.png' in err
