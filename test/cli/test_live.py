# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""`live`: from a source to text, a Rerun file or a window, and errors with their remedies."""

from pathlib import Path
import re
import sys

from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.cli import main
from dense_hand_pose.estimator import HandPoseEstimator
from dense_hand_pose.live.open_source import SyntheticHandSource
from dense_hand_pose.live.source import track_hands
from dense_hand_pose.live.view import drawn, portable_pixmap, TextView
import numpy as np
from PIL import Image
import pytest


@pytest.fixture(scope='module')
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('bag') / 'sample'
    write_sample(folder, SampleOptions(seconds=0.5, rate_hz=10.0, width=320, height=240))
    return folder


def test_a_bag_into_a_rerun_file(
    bag: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip('rerun', reason='rerun-sdk has no wheel for this Python')
    file = tmp_path / 'hands.rrd'
    assert main(['live', '--source', 'bag', str(bag), '--rerun', str(file)]) == 0
    assert '5 frames' in capsys.readouterr().err
    content = file.read_bytes()
    assert content[:4] == b'RRF2'
    for entity in (b'camera/depth', b'hand_0/joints', b'hand_0/bones', b'hand_0/palm'):
        assert entity in content


def test_a_part_of_a_synthetic_stream_as_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('dense_hand_pose.live.view._EVERY_S', 0.0)
    assert main(['live', '--source', 'synthetic', '--seconds', '0.2']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 6
    hand = r'hand 0 at [+-]0\.\d\d [+-]0\.\d\d \+0\.\d\d m, pinch \d+ mm, grasp \d\.\d'
    assert re.fullmatch(rf'0\.17 s, \d+ frames/s: (right|unknown) {hand}', lines[-1])


def test_text_of_a_frame_without_a_hand() -> None:
    lines: list[str] = []
    view = TextView(lines.append)
    frame = next(iter(SyntheticHandSource()))
    for _ in range(3):
        assert view.show(frame, [])
    assert lines == []  # a line a second
    view._since_s -= 2.0
    view.show(frame, [])
    assert lines[0].endswith('frames/s: no hand')


def test_the_window_shows_depth_and_skeleton() -> None:
    frame, hands = next(track_hands(SyntheticHandSource(), HandPoseEstimator.load(threads=1)))
    plain, with_hand = drawn(frame, []), drawn(frame, hands)
    assert with_hand.shape == (*frame.depth.shape, 3)
    changed = (plain != with_hand).any(axis=2)
    assert 500 < changed.sum() < 60_000


def test_the_windows_picture_is_a_portable_pixmap(tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    file = tmp_path / 'image.ppm'
    file.write_bytes(portable_pixmap(image))
    with Image.open(file) as read:
        np.testing.assert_array_equal(np.asarray(read), image[:, :, ::-1])


def test_a_window_needs_a_display(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv('DISPLAY', raising=False)
    assert main(['live', '--source', 'synthetic', '--window']) == 1
    assert re.search(r'tkinter|a window needs a display', capsys.readouterr().err)


@pytest.mark.parametrize(
    ('source', 'package', 'extra'),
    [('realsense', 'pyrealsense2', 'realsense'), ('oak', 'depthai', 'oak')],
)
def test_a_missing_package_is_named_with_its_extra(
    source: str,
    package: str,
    extra: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert main(['live', '--source', source]) == 1
    said = capsys.readouterr().err
    assert package in said
    assert f'[{extra}]' in said


@pytest.mark.parametrize(
    ('words', 'status', 'message'),
    [
        (['--source', 'bag'], 2, 'expected the PATH'),
        (['--source', 'bag', 'nothing'], 1, 'nothing'),
        (['--source', 'synthetic', 'nothing'], 2, 'expected no PATH'),
        (['--source', 'synthetic', '--model', 'nothing'], 2, 'nothing'),
    ],
)
def test_what_cannot_be_shown(
    words: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['live', *words]) == status
    assert message in capsys.readouterr().err


def test_a_recording_of_rerun_that_cannot_be_written(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip('rerun', reason='an extra')
    assert main(['live', '--source', 'synthetic', '--rerun', '/nowhere/hands.rrd']) == 1
    assert '/nowhere' in capsys.readouterr().err
