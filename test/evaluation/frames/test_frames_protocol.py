# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The test on held-out frames: its seeds, its two centres, and the command from end to end."""

import csv
from dataclasses import replace
import json
from pathlib import Path
import sys

import cv2
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.cli import main
from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.evaluation.frames.protocol import (
    estimate_frames,
    FrameEstimate,
    tabulate,
)
from dense_hand_pose.evaluation.frames.report import mean_error_m, worst_answers, worst_sheet
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
from dense_hand_pose.synthesis.frames import render_frame, SensorFrame
from dense_hand_pose.synthesis.seeds import TEST_FRAMES
import numpy as np
import pytest
from support.tiny import always_hand_network

FRAMES = 8
FILES = {
    'metrics.json', 'per_frame.csv', 'success_curve.png', 'per_joint.png', 'reliability.png',
    'worst_truth.png', 'worst_detected.png',
}  # fmt: skip


@pytest.fixture(scope='module')
def estimator() -> HandPoseEstimator:
    """Return an estimator that finds hands in some of the frames, and refuses others."""
    config = EstimatorConfig(min_score=0.0, min_new_score=0.0)
    return HandPoseEstimator(TorchBackend(always_hand_network(), 'cpu'), config)


@pytest.fixture(scope='module')
def answers(estimator: HandPoseEstimator) -> dict[str, list[FrameEstimate]]:
    return estimate_frames(estimator, FRAMES)


def test_the_true_centre_is_the_mean_of_the_joints(
    answers: dict[str, list[FrameEstimate]],
) -> None:
    for answer in answers['truth']:
        if answer.pose is not None:
            assert answer.pose.center == pytest.approx(answer.true_joints_m.mean(axis=0))
    assert any(answer.pose is not None for answer in answers['truth'])


def test_answers_are_those_of_the_estimator(answers: dict[str, list[FrameEstimate]]) -> None:
    fresh = HandPoseEstimator(TorchBackend(always_hand_network(), 'cpu'))
    # In the middle of what this network believes, so that some are reported and some are not.
    scores = [a.pose.confidence.mean() for a in answers['truth'] if a.pose is not None]
    fresh.config = EstimatorConfig(
        min_confidence=float(np.median(scores)), min_score=0.0, min_new_score=0.0
    )
    gated = estimate_frames(fresh, FRAMES)
    assert fresh.config.min_confidence == float(np.median(scores))
    assert {a.found for a in gated['truth']} == {True, False}
    for i in range(FRAMES):
        frame = render_frame(TEST_FRAMES[i])
        for center, at in (('truth', frame.joints_m.mean(axis=0)), ('detected', None)):
            fresh.reset()
            pose = fresh.estimate(frame.depth_m, frame.intrinsics, at)
            answer = gated[center][i]
            assert answer.found == (pose is not None)
            if pose is not None and answer.pose is not None:
                assert np.array_equal(pose.joints, answer.pose.joints)


def test_a_detected_hand_is_reported_as_a_new_one() -> None:
    """Each frame is the first: hands that the estimator would refuse there are not reported."""
    fresh = HandPoseEstimator(TorchBackend(always_hand_network(), 'cpu'))
    answers = estimate_frames(fresh, FRAMES)['detected']
    scores = [answer.pose.score for answer in answers if answer.pose is not None]
    fresh.config = EstimatorConfig(
        min_confidence=0.0, min_score=0.0, min_new_score=float(np.median(scores))
    )
    gated = estimate_frames(fresh, FRAMES)
    assert {answer.found for answer in gated['detected']} == {True, False}
    for center, at in (('truth', True), ('detected', False)):
        for answer in gated[center]:
            frame = render_frame(answer.seed)
            fresh.reset()
            middle = frame.joints_m.mean(axis=0) if at else None
            pose = fresh.estimate(frame.depth_m, frame.intrinsics, middle)
            assert answer.found == (pose is not None)


COUNT = 52  # three frames have a second hand


class SearchesOthers:
    """Answers the n-th hand of a frame where it is to search, moved a little."""

    def __init__(self, estimator: HandPoseEstimator, which: int) -> None:
        self.config, self.which = estimator.config, which
        self.frames = [render_frame(TEST_FRAMES[i]) for i in range(COUNT)]
        self.pose = next(
            pose
            for frame in map(render_frame, range(20))
            if (pose := estimator.estimate(frame.depth_m, frame.intrinsics, _middle(frame)))
        )

    def reset(self) -> None:
        """Do nothing."""

    def estimate(
        self, depth: np.ndarray, _: Intrinsics, center: np.ndarray | None = None
    ) -> HandPose:
        """Return the hand, or the first one for a centre."""
        (frame,) = (f for f in self.frames if np.array_equal(f.depth_m, depth))
        hands = [frame.joints_m, *(joints for joints, _ in frame.others)]
        joints = hands[0 if center is not None else min(self.which, len(hands) - 1)]
        return replace(self.pose, joints=(joints + np.array([0.0, 0.0, 0.01])).astype(np.float32))


def _middle(frame: SensorFrame) -> np.ndarray:
    return frame.joints_m.mean(axis=0)


def test_whoever_searches_may_find_another_hand_of_the_frame(
    estimator: HandPoseEstimator,
) -> None:
    for which in (0, 1):
        oracle = SearchesOthers(estimator, which)
        crowded = [len(frame.others) for frame in oracle.frames]
        assert sum(crowded) >= 2
        found = estimate_frames(oracle, COUNT)  # type: ignore[arg-type]
        for center, column in found.items():
            answers = tabulate(column)
            other = [which == 1 and center == 'detected' and count == 1 for count in crowded]
            assert answers.other.tolist() == other
            assert answers.errors_m == pytest.approx(np.full((COUNT, 21), 0.01), abs=1e-6)
            for answer, frame in zip(column, oracle.frames, strict=True):
                assert answer.side == (frame.others[0][1] if answer.other else frame.side)


def moved(answer: FrameEstimate, by_m: tuple[float, float, float]) -> np.ndarray:
    """Return the true joints of an answer, each moved by the same vector."""
    return (answer.true_joints_m + np.array(by_m)).astype(np.float32)


def test_columns_hold_errors_of_all_estimates(answers: dict[str, list[FrameEstimate]]) -> None:
    first = answers['truth'][0]
    assert first.pose is not None
    off = replace(first.pose, joints=moved(first, (0.0, 0.003, 0.004)))
    known = [replace(first, pose=off, found=False), replace(first, pose=None, found=False)]
    columns = tabulate([replace(known[0], found=True), *known])
    assert columns.errors_m[:2] == pytest.approx(np.full((2, 21), 0.005), abs=1e-6)
    assert np.isinf(columns.errors_m[2]).all()
    assert np.isfinite(columns.reported_errors_m).all(axis=1).tolist() == [True, False, False]
    assert columns.confidence[2].max() == 0.0


def test_the_worst_come_first_and_refused_ones_last(
    answers: dict[str, list[FrameEstimate]],
) -> None:
    def answer(seed: int, error_m: float, found: bool) -> FrameEstimate:
        truth = answers['truth'][0]
        assert truth.pose is not None
        pose = replace(truth.pose, joints=moved(truth, (0.0, 0.0, error_m)))
        return replace(truth, seed=seed, pose=pose, found=found)

    some = [answer(1, 0.01, True), answer(2, 0.2, False), answer(3, 0.03, True)]
    nothing = replace(some[0], seed=4, pose=None, found=False)
    assert [a.seed for a in worst_answers([nothing, *some])] == [3, 1, 2, 4]
    assert mean_error_m(some[2]) == pytest.approx(0.03, abs=1e-6)
    assert [a.seed for a in worst_answers(some, 2)] == [3, 1]
    sheet = worst_sheet([*some, nothing])
    assert sheet.shape[1] > sheet.shape[0] > 2 * 220


def test_wrong_centre_and_no_answers_are_refused(estimator: HandPoseEstimator) -> None:
    with pytest.raises(ValueError, match="'middle': expected truth or detected"):
        estimate_frames(estimator, 1, ['middle'])
    with pytest.raises(ValueError, match='no answers'):
        tabulate([])


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('model') / 'tiny.safetensors'
    save_weights(always_hand_network(), path, {})
    return path


def evaluate(model: Path, *more: str) -> int:
    words = ['evaluate', 'frames', '--model', str(model), '--backend', 'cpu']
    return main([*words, '--frames', str(FRAMES), *more])


def test_two_runs_write_the_same_files(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(model, '--out', str(tmp_path / 'a')) == 0
    first = capsys.readouterr()
    assert evaluate(model, '--out', str(tmp_path / 'b')) == 0
    assert {path.name for path in (tmp_path / 'a').iterdir()} == FILES
    for name in FILES:
        assert (tmp_path / 'a' / name).read_bytes() == (tmp_path / 'b' / name).read_bytes(), name
    assert 'mean error' in first.out
    assert first.err == ''  # no bar where stderr is no terminal


def test_the_files_agree_with_each_other(model: Path, tmp_path: Path) -> None:
    assert evaluate(model, '--center', 'truth', '--out', str(tmp_path)) == 0
    text = (tmp_path / 'metrics.json').read_text()
    assert str(tmp_path) not in text and str(model) not in text
    document = json.loads(text)
    assert (document['frames'], list(document['centers'])) == (FRAMES, ['truth'])
    rows = list(csv.DictReader((tmp_path / 'per_frame.csv').open()))
    assert [int(row['seed']) for row in rows] == list(TEST_FRAMES[:FRAMES])
    reported = [float(row['mean_error_mm']) for row in rows if row['found'] == '1']
    figures = document['centers']['truth']
    assert figures['frames_with_hand'] == len(reported) > 0
    assert figures['mean_joint_error_mm'] == pytest.approx(np.mean(reported), abs=1e-3)
    for name in FILES - {'metrics.json', 'per_frame.csv', 'worst_detected.png'}:
        picture = cv2.imread(str(tmp_path / name))
        assert picture is not None and picture.std() > 5.0, name
    assert not (tmp_path / 'worst_detected.png').exists()


def test_without_out_only_the_table_is_written(
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert evaluate(model, '--center', 'truth', '--frames', '2') == 0
    assert list(tmp_path.iterdir()) == []
    assert 'results in' not in capsys.readouterr().out


@pytest.mark.parametrize(
    ('more', 'said'),
    [
        (['--labels=a.txt'], 'unrecognized arguments: --labels=a.txt'),
        (['--skeleton', 'msra21'], '--skeleton is the order of joints in files'),
        (['a.npz'], '--frames is the number of synthetic frames'),
        (['--frames', '0'], "'0' is not a number of frames"),
        (['--center', 'middle'], "invalid choice: 'middle'"),
        (['--model', 'nothing-here'], "model 'nothing-here'"),
        (['--backend', 'abacus'], "backend 'abacus'"),
        (['--out', __file__], 'File exists'),
    ],
)
def test_wrong_arguments_give_one_line_and_status_2(
    model: Path, more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = evaluate(model, *more)
    except SystemExit as end:
        status = int(end.code or 0)
    assert status == 2
    out, err = capsys.readouterr()
    assert out == ''
    assert err.count('\n') == 1 and said in err


def test_a_missing_matplotlib_is_named_before_the_long_part(
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, 'matplotlib', None)
    assert evaluate(model, '--out', str(tmp_path / 'out')) == 2
    said = capsys.readouterr()
    assert 'pip install matplotlib' in said.err and said.out == ''
    assert not (tmp_path / 'out').exists()
