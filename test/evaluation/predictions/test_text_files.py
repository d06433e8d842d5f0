# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Files of poses: against the formulas of the data sets, there and back, and wrong ones."""

from collections.abc import Callable
from pathlib import Path
import re

from dense_hand_pose.datasets.facts import DatasetFacts, DATASETS, ICVL, MSRA, NYU
from dense_hand_pose.evaluation.predictions.text_files import (
    read_poses_m,
    TextFileError,
    write_predictions,
)
from hypothesis import given, HealthCheck, settings
from hypothesis import strategies as st
import numpy as np
import pytest

PUBLISHED = Path('/work/shared/data/published')
# fx, fy, cx, cy and the signs of the annotated axes, as the data sets publish them.
CALIBRATIONS = {
    'nyu': (588.03, 587.07, 320, 240, (1, -1, 1)),
    'icvl': (240.99, 240.96, 160, 120, (1, 1, 1)),
    'msra': (241.42, 241.42, 160, 120, (1, -1, -1)),
}


def hands_m(facts: DatasetFacts, frames: int, seed: int = 0) -> np.ndarray:
    """Return random joints (N, J, 3) in metres near the axis of the camera."""
    rng = np.random.default_rng(seed)
    shape = (frames, len(facts.skeleton), 3)
    return rng.uniform((-0.1, -0.1, 0.4), (0.1, 0.1, 0.6), shape)


@pytest.mark.parametrize('name', DATASETS)
def test_both_layouts_follow_the_formulas_of_the_data_set(name: str, tmp_path: Path) -> None:
    facts, (fx, fy, cx, cy, signs) = DATASETS[name], CALIBRATIONS[name]
    joints_m = hands_m(facts, 2)
    lines = {'uvd': '', 'xyz': ''}
    for frame in joints_m:
        for x, y, z in frame:
            lines['uvd'] += f'{cx + fx * x / z:.9f} {cy + fy * y / z:.9f} {1000 * z:.9f} '
            axes = (1000 * s * value for s, value in zip(signs, (x, y, z), strict=True))
            lines['xyz'] += ' '.join(f'{value:.9f}' for value in axes) + ' '
        lines = {layout: text + '\n' for layout, text in lines.items()}
    for layout, text in lines.items():
        (tmp_path / layout).write_text(text)
        assert read_poses_m(tmp_path / layout, facts, layout) == pytest.approx(joints_m, abs=1e-9)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # overwritten each time
@given(
    st.sampled_from(list(DATASETS)),
    st.sampled_from(['uvd', 'xyz']),
    st.integers(1, 4),
    st.integers(0, 99),
)
def test_what_is_written_comes_back(
    tmp_path: Path, name: str, layout: str, frames: int, seed: int
) -> None:
    facts, path = DATASETS[name], tmp_path / 'poses.txt'
    joints_m = hands_m(facts, frames, seed)
    write_predictions(path, joints_m, facts, layout)
    back = read_poses_m(path, facts, layout, frames)
    assert np.abs(back - joints_m).max() < 2e-6  # half of 0.001 px at 0.6 m is a micrometre
    assert path.read_text().count('\n') == frames


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason=f'{PUBLISHED} is not here')
def test_a_published_file_is_written_as_it_was_read(tmp_path: Path) -> None:
    source, copy = PUBLISHED / 'nyu/groundtruth.txt', tmp_path / 'copy.txt'
    write_predictions(copy, read_poses_m(source, NYU, frames=NYU.test_frames), NYU)
    assert copy.read_text().split() == source.read_text().split()


def good_lines(facts: DatasetFacts = NYU, frames: int = 5) -> list[str]:
    """Return the lines of a right file in pixels and millimetres."""
    middle = f'{facts.width / 2} {facts.height / 2 + 1} 700.0'
    return [' '.join([middle] * len(facts.skeleton))] * frames


def replaced(line: int, old: str, new: str) -> Callable[[list[str]], list[str]]:
    """Return what changes the first such word of a line, counted from 1."""
    return lambda lines: [
        text.replace(old, new, 1) if i == line else text for i, text in enumerate(lines, start=1)
    ]


WRONG = {
    'cut in a line': (lambda x: [*x[:4], x[4][:200]], 5, '34 numbers: expected 42'),
    'cut after a line': (lambda x: x[:3], 3, 'the file ends after 3 frames: expected 5'),
    'too long': (lambda x: [*x, x[0]], 6, 'one frame too many: expected 5'),
    'a value too many': (replaced(2, '700.0', '700.0 1'), 2, '43 numbers: expected 42'),
    'words': (replaced(1, '320.0', 'u'), 1, "value 1 is 'u': expected finite numbers"),
    'commas': (replaced(3, ' ', ', '), 3, "value 1 is '320.0,'"),
    'NaN': (replaced(4, '241.0', 'nan'), 4, "value 2 is 'nan'"),
    'Inf': (replaced(4, '700.0', '-inf'), 4, "value 3 is '-inf'"),
    'beyond all sense': (replaced(4, '700.0', '1e300'), 4, "value 3 is '1e300'"),
    'underscores': (replaced(4, '700.0', '7_00'), 4, "value 3 is '7_00'"),
    'an empty line': (lambda x: [*x[:2], '', *x[2:4]], 3, 'is empty: every frame needs a line'),
    'nothing': (lambda _: [], 1, 'the file is empty'),
    'no depth': (replaced(2, '700.0', '0'), 2, 'not in front of the camera of NYU'),
    'another data set': (lambda _: good_lines(ICVL), 1, 'is it a file of ICVL?'),
    'a file of MSRA': (lambda _: good_lines(MSRA), 1, 'is it a file of MSRA?'),
    'x y z': (
        lambda x: [x[0], *(text.replace('320.0', '-50.0') for text in x[1:])],
        2,
        'outside of the 640x480 image, as in 4 of 5 frames: is the file x y z?',
    ),
}


@pytest.mark.parametrize(('change', 'line', 'said'), WRONG.values(), ids=WRONG)
def test_a_wrong_file_is_refused_with_its_line(
    tmp_path: Path, change: Callable[[list[str]], list[str]], line: int, said: str
) -> None:
    path = tmp_path / 'poses.txt'
    path.write_text('\n'.join(change(good_lines())) + '\n')
    with pytest.raises(TextFileError, match=re.escape(said)) as caught:
        read_poses_m(path, NYU, frames=5)
    assert str(caught.value).startswith(f'{path}, line {line}: ')
    assert '\n' not in str(caught.value)


def test_the_z_of_msra_points_towards_the_camera(tmp_path: Path) -> None:
    path = tmp_path / 'poses.txt'
    path.write_text(' '.join(['10 20 -300'] * 21) + '\n' + ' '.join(['10 20 300'] * 21) + '\n')
    with pytest.raises(TextFileError, match=r'line 2: .* not in front of the camera of MSRA'):
        read_poses_m(path, MSRA, 'xyz')


@pytest.mark.parametrize('data', [b'\x89PNG\r\n\x1a\n\x00\x00', b'\x00' * 300_000])
def test_a_binary_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / 'poses.txt'
    path.write_bytes(data)
    with pytest.raises(TextFileError, match=r'line 1: value 1 is '):
        read_poses_m(path, NYU)


def test_empty_lines_at_the_end_and_other_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / 'poses.txt'
    path.write_bytes('\r\n'.join([*good_lines(), '', '']).encode())
    assert read_poses_m(path, NYU, frames=5).shape == (5, 14, 3)


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    path, joints_m = tmp_path / 'poses.txt', hands_m(NYU, 3)
    with pytest.raises(ValueError, match=re.escape('expected (N, 14, 3) for NYU')):
        write_predictions(path, hands_m(ICVL, 3), NYU)
    with pytest.raises(ValueError, match=r"layout 'zyx': expected uvd or xyz"):
        write_predictions(path, joints_m, NYU, 'zyx')
    behind_m = joints_m * (1, 1, -1)
    with pytest.raises(ValueError, match='only points with z > 0 project'):
        write_predictions(path, behind_m, NYU)
    joints_m[1, 2, 0] = np.nan
    with pytest.raises(ValueError, match='frame 1 holds NaN or Inf'):
        write_predictions(path, joints_m, NYU)
    assert not path.exists()
