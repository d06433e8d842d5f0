# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The estimate command: files in, overlays and JSON out."""

import io
import json
import os
from pathlib import Path
import tempfile

import cv2
from dense_hand_pose.camera.depth_files import overlay_names, read_depth
from dense_hand_pose.cli import main
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.hand_stream import GestureSequence, SyntheticFrame
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
from PIL import Image
import pytest


def test_png_and_npy_are_read_in_their_own_unit(tmp_path: Path) -> None:
    depth = np.arange(6, dtype=np.uint16).reshape(2, 3) * 9000
    cv2.imwrite(str(tmp_path / 'a.png'), depth)
    np.save(tmp_path / 'a.npy', depth)
    np.save(tmp_path / 'b.npy', depth / 1000.0)
    assert np.array_equal(read_depth(tmp_path / 'a.png'), depth)
    assert np.array_equal(read_depth(tmp_path / 'a.npy'), depth)
    metres = read_depth(tmp_path / 'b.npy')
    assert metres.dtype == np.float32
    assert metres == pytest.approx(depth / 1000.0)


def test_integers_beyond_16_bits_never_wrap_around(tmp_path: Path) -> None:
    np.save(tmp_path / 'far.npy', np.array([[0, 70_000]], dtype=np.int32))
    with pytest.raises(ValueError, match='holds a depth of 70000; expected integers up to 65535'):
        read_depth(tmp_path / 'far.npy')
    np.save(tmp_path / 'invalid.npy', np.array([[-1, 700]], dtype=np.int16))
    assert read_depth(tmp_path / 'invalid.npy').tolist() == [[0, 700]]


@pytest.mark.parametrize('ending', ['empty', 'archive', 'huge'])
def test_an_npy_file_without_an_array_is_refused(ending: str, tmp_path: Path) -> None:
    path = tmp_path / 'a.npy'
    if ending == 'archive':
        np.savez(tmp_path / 'a.npz', depth=np.zeros((2, 2), np.uint16))
        (tmp_path / 'a.npz').rename(path)
    else:
        np.save(path, np.zeros((2, 2), np.uint16))
        huge = path.read_bytes().replace(b'(2, 2), }' + 12 * b' ', b'(9999999, 9999999), }')
        path.write_bytes(b'' if ending == 'empty' else huge)
    with pytest.raises(ValueError, match=r'not a readable \.npy file'):
        read_depth(path)


@pytest.mark.parametrize('name', ['text.png', 'empty.png', 'colour.png', 'grey8.png', 'cube.npy'])
def test_what_holds_no_depth_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / 'text.png').write_text('not an image')
    (tmp_path / 'empty.png').touch()
    cv2.imwrite(str(tmp_path / 'colour.png'), np.zeros((4, 4, 3), np.uint8))
    cv2.imwrite(str(tmp_path / 'grey8.png'), np.zeros((4, 4), np.uint8))
    np.save(tmp_path / 'cube.npy', np.zeros((2, 2, 2), np.float32))
    with pytest.raises(ValueError, match='expected'):
        read_depth(tmp_path / name)


def test_pickles_are_never_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / 'a.npy', np.array([{'a': 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match='allow_pickle'):
        read_depth(tmp_path / 'a.npy')


def test_large_and_endless_files_are_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((5000, 5000), np.uint16)).save(tmp_path / 'large.png')
    with pytest.raises(ValueError, match='has 5000 x 5000 pixels; expected at most 16777216'):
        read_depth(tmp_path / 'large.png')
    np.save(tmp_path / 'wide.npy', np.zeros((1, (1 << 24) + 1), np.uint16))
    with pytest.raises(ValueError, match='expected at most 16777216'):
        read_depth(tmp_path / 'wide.npy')
    with (tmp_path / 'sparse.npy').open('wb') as file:
        file.truncate(1 << 34)
    with pytest.raises(ValueError, match='more than 268435456 bytes'):
        read_depth(tmp_path / 'sparse.npy')
    os.mkfifo(tmp_path / 'pipe.png')
    with pytest.raises(ValueError, match='is no file'):
        read_depth(tmp_path / 'pipe.png')


@given(
    st.sampled_from(['npy', 'png']),
    st.lists(st.tuples(st.integers(0, 140), st.integers(0, 255)), max_size=8),
    st.one_of(st.none(), st.integers(0, 140)),
)
def test_any_damage_is_a_depth_image_or_one_error(
    ending: str, changes: list[tuple[int, int]], cut: int | None
) -> None:
    file = io.BytesIO()
    depth = np.arange(12, dtype=np.uint16).reshape(3, 4)
    if ending == 'npy':
        np.save(file, depth)
    else:
        Image.fromarray(depth).save(file, 'PNG')
    data = bytearray(file.getvalue())
    for place, value in changes:
        data[place % len(data)] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f'a.{ending}'
        path.write_bytes(data[:cut])
        try:
            found = read_depth(path)
        except ValueError as error:
            assert str(error).isprintable()
        else:
            assert found.ndim == 2


def test_overlay_names_never_collide() -> None:
    assert overlay_names([Path('a/1.png'), Path('b/2.png')]) == ['1_overlay.png', '2_overlay.png']
    assert len(set(overlay_names([Path('a/1.png'), Path('b/1.png'), Path('1.npy')]))) == 3


@pytest.fixture(scope='module')
def frame() -> SyntheticFrame:
    """Return a frame of the synthetic camera."""
    return GestureSequence(seed=0).frame(0.0)


def arguments(frame: SyntheticFrame, out: Path, files: list[Path]) -> list[str]:
    """Return the command line for files in millimetres."""
    k = frame.intrinsics
    numbers = [str(value) for value in (k.fx, k.fy, k.cx, k.cy)]
    words = ['estimate', *map(str, files), '--intrinsics', *numbers]
    return [*words, '--depth-unit-mm', '1', '--out', str(out)]


def test_a_hand_is_found_where_it_is(frame: SyntheticFrame, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'hand.png'), frame.depth_mm)
    np.save(tmp_path / 'wall.npy', np.full((480, 640), 3000, np.uint16))
    out = tmp_path / 'out'
    files = [tmp_path / 'hand.png', tmp_path / 'wall.npy']
    assert main(arguments(frame, out, files)) == 0
    document = json.loads((out / 'estimates.json').read_text())
    assert document['joint_names'] == list(HAND_21.joints)
    hand, wall = document['frames']
    assert (hand['hand'], wall['hand']) == (True, False)
    errors = np.linalg.norm(np.array(hand['joints_m']) - frame.joints_m, axis=1)
    assert errors.mean() < 0.06
    for name in ('hand_overlay.png', 'wall_overlay.png', 'sheet.png'):
        assert cv2.imread(str(out / name)).std() > 0
    assert cv2.imread(str(out / 'hand_overlay.png')).shape == (480, 640, 3)


def test_the_sheet_shows_hands_or_whole_frames(frame: SyntheticFrame, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / 'hand.png'), frame.depth_mm)
    sizes = {}
    for kind in ('hands', 'frames'):
        words = arguments(frame, tmp_path / kind, [tmp_path / 'hand.png'])
        assert main([*words, '--sheet', kind]) == 0
        sizes[kind] = cv2.imread(str(tmp_path / kind / 'sheet.png')).shape[:2]
    gap = 2 * 6
    assert sizes['hands'][0] == sizes['hands'][1]
    height, width = sizes['frames'][0] - gap, sizes['frames'][1] - gap
    assert height / width == pytest.approx(480 / 640, abs=0.01)
    (hand,) = json.loads((tmp_path / 'frames/estimates.json').read_text())['frames']
    assert hand['side'] in ('left', 'right', 'unknown')
    assert 0.0 <= hand['score'] <= 1.0 and 0.0 <= hand['side_score'] <= 1.0


def test_an_unreadable_file_is_named_and_the_others_are_done(
    frame: SyntheticFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cv2.imwrite(str(tmp_path / 'hand.png'), frame.depth_mm)
    files = [tmp_path / 'missing.png', tmp_path / 'hand.png']
    assert main(arguments(frame, tmp_path / 'out', files)) == 1
    assert 'missing.png' in capsys.readouterr().err
    document = json.loads((tmp_path / 'out/estimates.json').read_text())
    assert 'error' in document['frames'][0]
    assert document['frames'][1]['hand']


def test_a_file_for_the_folder_is_status_2(
    frame: SyntheticFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / 'out').touch()
    assert main(arguments(frame, tmp_path / 'out', [tmp_path / 'a.npy'])) == 2
    assert '--out: ' in capsys.readouterr().err


def test_no_hand_anywhere_is_status_1(
    frame: SyntheticFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / 'wall.npy', np.full((480, 640), 3000, np.uint16))
    assert main(arguments(frame, tmp_path / 'out', [tmp_path / 'wall.npy'])) == 1
    assert 'no hand in any file' in capsys.readouterr().err


def test_values_that_make_no_camera_are_status_2(
    frame: SyntheticFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = arguments(frame, tmp_path / 'out', [tmp_path / 'wall.npy'])
    words[words.index('--intrinsics') + 1] = '0'
    assert main(words) == 2
    err = capsys.readouterr().err
    assert err.count('\n') == 1
    assert 'focal lengths' in err
