# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The render command: a picture, the same for the same seed, and one-line errors."""

from pathlib import Path

import cv2
from dense_hand_pose.cli import main
import numpy as np
import pytest


def picture(folder: Path, *arguments: str) -> np.ndarray:
    path = folder / 'sheet.png'
    assert main(['render', '--out', str(path), '--count', '3', *arguments]) == 0
    return cv2.imread(str(path))


def test_writes_a_reproducible_contact_sheet(tmp_path: Path) -> None:
    first = picture(tmp_path, '--seed', '4')
    assert first.shape[0] >= 256
    assert first.shape[1] >= 3 * 256
    np.testing.assert_array_equal(picture(tmp_path, '--seed', '4'), first)
    assert not np.array_equal(picture(tmp_path, '--seed', '5'), first)


def test_joints_are_drawn_on_request(tmp_path: Path) -> None:
    plain, joints = picture(tmp_path), picture(tmp_path, '--joints')

    def coloured(image: np.ndarray) -> int:
        return int(np.count_nonzero(np.ptp(image.astype(int), axis=2) > 90))

    assert coloured(plain) == 0
    assert coloured(joints) > 1000


def test_wrong_arguments_end_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['render', '--out', str(tmp_path / 'sheet.bmp')]) == 2
    assert main(['render', '--out', str(tmp_path / 'missing' / 'sheet.png'), '--count', '1']) == 1
    with pytest.raises(SystemExit, match='2'):
        main(['render', '--out', str(tmp_path / 'sheet.png'), '--count', '0'])
    assert len(capsys.readouterr().err.strip().splitlines()) == 3
