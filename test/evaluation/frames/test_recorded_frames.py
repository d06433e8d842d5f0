# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded frames: the files that are read and refused, and their figures."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from dense_hand_pose.cli.common import CommandError
from dense_hand_pose.cli.evaluate.frames import measure_recorded
from dense_hand_pose.evaluation.frames.depth_frames import (
    frame_files,
    FrameFileError,
    read_frames,
    RecordedFrame,
)
from dense_hand_pose.evaluation.frames.recorded import RecordedResult, summarise, table
from dense_hand_pose.skeleton import HAND_21_TO_MSRA_21
from dense_hand_pose.synthesis.frames import render_frame
import numpy as np
import pytest

K = np.array([475.0, 475.0, 320.0, 240.0])


def write(path: Path, **changes: Any) -> Path:
    """Write a file of two frames, with changes; None removes a key."""
    depth = np.full((48, 64), 600, np.uint16)
    joints = np.full((2, 21, 3), (0.0, 0.0, 600.0))
    arrays = {'d0': depth, 'd1': depth + 1, 'K': np.stack([K, K]), 'joints': joints} | changes
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def test_frames_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    many = {f'd{n}': np.full((4, 5), 500 + n, np.uint16) for n in range(12)}
    path = write(tmp_path / 'a.npz', **many, K=K, joints=None)
    frames = list(read_frames(path))
    assert [int(frame.depth[0, 0]) for frame in frames] == list(range(500, 512))
    assert frames[3].name == 'a[3]'
    assert frames[3].joints_m is None
    assert frames[3].intrinsics.as_array() == pytest.approx(K)


def test_units_and_orders_of_joints(tmp_path: Path) -> None:
    joints = np.random.default_rng(0).normal(size=(2, 21, 3))
    msra = joints[:, list(HAND_21_TO_MSRA_21)] * 1000.0
    path = write(tmp_path / 'a.npz', joints=msra, unit_mm=np.float64(0.125))
    frame = next(read_frames(path, 'msra21'))
    assert frame.unit_m == pytest.approx(0.000125)
    np.testing.assert_allclose(frame.joints_m, joints[0])
    metres = write(
        tmp_path / 'b.npz', d0=np.full((4, 5), 0.6), d1=None, K=K, joints=None, joints_m=joints[:1]
    )
    frame = next(read_frames(metres))
    assert frame.unit_m == 1.0
    assert frame.depth.dtype == np.float32
    np.testing.assert_allclose(frame.joints_m, joints[0])


@pytest.mark.parametrize(
    ('changes', 'text'),
    [
        ({'d0': None, 'd1': None}, 'no key d0'),
        ({'K': None}, 'no key K'),
        ({'K': np.zeros((3, 4))}, r'K of shape \(3, 4\)'),
        ({'K': np.full(4, np.nan)}, 'expected finite'),
        ({'K': np.zeros(4)}, r'K\[0\]'),
        ({'joints': np.zeros((2, 20, 3))}, r'joints of shape \(2, 20, 3\)'),
        ({'d0': np.zeros((4, 5, 3), np.uint16)}, r'd0 of shape \(4, 5, 3\)'),
        ({'d0': np.zeros((4, 5), np.int64)}, 'd0 of type int64'),
        ({'unit_mm': np.float64(-1.0)}, 'unit_mm = -1.0'),
        ({'d0': np.array([[{}]], object)}, 'not a readable'),
    ],
)
def test_wrong_files_are_named_with_key_and_value(
    tmp_path: Path, changes: dict[str, Any], text: str
) -> None:
    path = write(tmp_path / 'wrong.npz', **changes)
    with pytest.raises(FrameFileError, match=text) as caught:
        list(read_frames(path))
    assert str(path) in str(caught.value)


def test_damaged_and_missing_files(tmp_path: Path) -> None:
    damaged = tmp_path / 'damaged.npz'
    damaged.write_bytes(write(tmp_path / 'whole.npz').read_bytes()[:200])
    for path in (damaged, tmp_path / 'missing.npz'):
        with pytest.raises(FrameFileError, match='not a readable'):
            list(read_frames(path))
    empty = tmp_path / 'empty'
    empty.mkdir()
    with pytest.raises(FrameFileError, match=r'no \.npz file'):
        frame_files([empty])
    assert frame_files([tmp_path]) == [damaged, tmp_path / 'whole.npz']


def result(true_m: Any, estimated_m: Any, reported: bool = True) -> RecordedResult:
    camera: Any = None
    frame = RecordedFrame('x', np.zeros((2, 2), np.uint16), 0.001, camera, true_m)
    pose: Any = None
    if estimated_m is not None:
        pose = SimpleNamespace(joints=estimated_m, score=0.8, side='right')
    return RecordedResult(frame, pose, reported)


def test_the_figures_against_sums_by_hand() -> None:
    rng = np.random.default_rng(1)
    true = 0.05 * rng.standard_normal((4, 21, 3))
    true[:, 3] = np.nan
    shift = np.array([0.01, 0.025, 0.035])
    results = [result(t, t + np.array([s, 0.0, 0.0])) for t, s in zip(true, shift, strict=False)]
    results += [result(true[3], None, reported=False), result(None, true[0])]
    figures = summarise(results)
    assert figures['frames'] == 5
    assert figures['frames_with_joints'] == 4
    assert figures['reported_share'] == pytest.approx(0.8)
    assert figures['mean_joint_error_mm'] == pytest.approx(1000.0 * shift.mean())
    assert figures['median_joint_error_mm'] == pytest.approx(25.0)
    assert figures['frames_under_mm'] == {'20': 0.25, '30': 0.5, '40': 0.75}
    assert figures['per_joint']['thumb_distal']['mean_joint_error_mm'] is None
    assert figures['per_joint']['wrist']['mean_joint_error_mm'] == pytest.approx(70.0 / 3.0)
    text = table({'truth': figures})
    assert '23.3' in text
    assert '80.0 %' in text


def test_frames_without_joints_have_presence_alone() -> None:
    figures = summarise([result(None, np.zeros((21, 3))), result(None, None, reported=False)])
    assert figures['reported_share'] == 0.5
    assert figures['mean_score'] == pytest.approx(0.8)
    assert figures['mean_joint_error_mm'] is None
    assert figures['frames_under_mm']['20'] is None
    assert '-' in table({'detected': figures})


def arguments(out: Path | None) -> Any:
    return SimpleNamespace(
        model='default', backend='auto', precision='auto', out=out, center='both', threads=0
    )


@pytest.mark.slow
def test_rendered_frames_are_measured_as_real_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames = [render_frame(2**46 + 5 + n) for n in range(3)]
    for n, frame in enumerate(frames):
        np.savez(
            tmp_path / f'{n}.npz', d0=np.rint(frame.depth_m * 1000.0).astype(np.uint16),
            K=frame.intrinsics.as_array(), joints=1000.0 * frame.joints_m[None],
        )  # fmt: skip
    out = tmp_path / 'out'
    assert measure_recorded(arguments(out), [tmp_path], 'hand21') == 0
    printed = capsys.readouterr().out
    assert 'mean, offset-free' in printed
    rows = (out / 'per_frame.csv').read_text().splitlines()
    assert len(rows) == 1 + 6
    errors = [float(row.split(',')[-1]) for row in rows[1:] if row.split(',')[1] == 'truth']
    assert np.median(errors) < 25.0
    assert (out / 'worst_truth.png').stat().st_size > 5000
    assert '"frames_with_joints": 3' in (out / 'metrics.json').read_text()


def test_a_wrong_file_ends_the_command_with_status_2(tmp_path: Path) -> None:
    path = write(tmp_path / 'wrong.npz', K=None)
    with pytest.raises(CommandError, match='no key K') as caught:
        measure_recorded(arguments(None), [path], 'hand21')
    assert caught.value.status == 2
