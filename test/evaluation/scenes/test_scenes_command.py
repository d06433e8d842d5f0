# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""``evaluate scenes`` from end to end."""

import csv
import json
from pathlib import Path

from dense_hand_pose.cli import main
from dense_hand_pose.evaluation.scenes import detection
from dense_hand_pose.evaluation.scenes.summary import THRESHOLDS
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.synthesis.scenes.situations import EMPTY, SITUATIONS
import numpy as np
from PIL import Image
import pytest
from support.tiny import always_hand_network

FRAMES, SEQUENCES = 4, 2
FILES = {
    'metrics.json', 'scenes.csv', 'sequences.csv', 'plots.png', 'worst_scenes.png',
    'kinds.csv', 'worst_kinds.png',
}  # fmt: skip
NO_KINDS = ('--kind-scenes', '0', '--object-sequences', '0')


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('model') / 'tiny.safetensors'
    save_weights(always_hand_network(), path, {})
    return path


def evaluate(model: Path, *more: str) -> int:
    words = ['evaluate', 'scenes', '--model', str(model)]
    return main([*words, '--backend', 'cpu', '--frames', str(FRAMES), '--quick', *more])


def test_two_runs_write_the_same_files(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in 'ab':
        out = tmp_path / name
        more = ['--object-sequences', '1', '--sequences', str(SEQUENCES), '--out', str(out)]
        assert evaluate(model, *more) == 0
    said = capsys.readouterr()
    assert 'one hand, found' in said.out and 'by kind' in said.out
    assert said.err == ''  # no bar where stderr is no terminal
    assert {path.name for path in (tmp_path / 'a').iterdir()} == FILES
    for name in FILES:
        assert (tmp_path / 'a' / name).read_bytes() == (tmp_path / 'b' / name).read_bytes(), name
    agree(tmp_path / 'a')
    agree_in_kinds(tmp_path / 'a')
    assert 'calibration error of the score' in said.out
    assert 'followed, and searched alone' in said.out


def agree(out: Path) -> None:
    """Check the files of a run against each other."""
    text = (out / 'metrics.json').read_text()
    assert str(out) not in text and 'NaN' not in text
    document = json.loads(text)
    figures = document['scenes']
    rows = list(csv.DictReader((out / 'scenes.csv').open()))
    assert [int(row['asked']) for row in rows] == [detection.hands_asked(i) for i in range(FRAMES)]
    ones = [row for row in rows if row['asked'] == '1']
    recall = sum(int(row['found']) for row in ones) / len(ones)
    assert figures['one_hand'] == {
        'hands': len(ones),
        'recall': round(recall, 4),
        'recall_of_the_best': figures['one_hand']['recall_of_the_best'],
    }
    false = sum(int(row['false']) for row in rows)
    assert figures['false_positives_per_scene'] == pytest.approx(false / FRAMES)
    assert len(figures['over_score']['recall']) == len(THRESHOLDS)
    tracks = list(csv.DictReader((out / 'sequences.csv').open()))
    assert [row['kind'] for row in tracks] == ['alone', 'leave']
    seen = sum(int(row['seen']) for row in tracks)
    assert document['sequences']['hands_seen'] == seen > 0
    assert document['sequences']['frames'] == sum(int(row['frames']) for row in tracks)
    for name in ('plots.png', 'worst_scenes.png'):
        assert np.array(Image.open(out / name)).std() > 5.0, name


def agree_in_kinds(out: Path) -> None:
    """Check the figures of kinds, reliability and sequences with an object."""
    document = json.loads((out / 'metrics.json').read_text())
    kinds, rows = document['kinds'], list(csv.DictReader((out / 'kinds.csv').open()))
    assert [row['kind'] for row in rows] == list(SITUATIONS) == list(kinds['per_kind'])
    for row in rows:
        assert int(row['scenes']) == 1
        assert int(row['hands']) == kinds['per_kind'][row['kind']]['hands']
        assert (row['recall'] == '') == (row['kind'] in EMPTY)
    group = kinds['per_group']['empty']
    assert group['scenes'] == len(EMPTY) and group['hands'] == 0
    false = [int(row['false_hands']) for row in rows if row['kind'] in EMPTY]
    assert group['false_hands'] == sum(false)
    for part in document['reliability'].values():
        assert part['hands'] == sum(one['count'] for one in part['bins']) > 0
        error = sum(o['count'] * abs(o['mean_score'] - o['right_share']) for o in part['bins'])
        assert part['error'] == pytest.approx(error / part['hands'], abs=2e-4)
    objects = document['object_sequences']
    assert list(objects['per_kind']) == ['pick_up'] and objects['frames'] == 12


def test_without_sequences_there_are_no_figures_of_them(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        evaluate(model, *NO_KINDS, '--sequences', '0', '--frames', '2', '--out', str(tmp_path))
        == 0
    )
    document = json.loads((tmp_path / 'metrics.json').read_text())
    assert document['sequences'] is document['kinds'] is document['object_sequences'] is None
    assert not (tmp_path / 'kinds.csv').exists()
    assert 'sequences:' not in capsys.readouterr().out


def test_an_interrupt_ends_in_one_line_and_without_files(
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(detection, 'render_scene', interrupted)
    assert evaluate(model, '--out', str(tmp_path)) == 130
    err = capsys.readouterr().err
    assert 'evaluate: interrupted\n' in err and 'Traceback' not in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ('more', 'said'),
    [
        (['--center=both'], 'unrecognized arguments: --center=both'),
        (['--kind-scenes', '-1'], "'-1' is not a number of scenes"),
        (['--sequences', '-1'], "'-1' is not a number of sequences"),
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
    assert out == '' and err.count('\n') == 1 and said in err
