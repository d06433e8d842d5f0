# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The figures, table and rows of made-up answers whose errors are known."""

import csv
import json
from pathlib import Path

from dense_hand_pose.evaluation.frames.protocol import FrameEstimates
from dense_hand_pose.evaluation.frames.report import table, write_metrics, write_per_frame
from dense_hand_pose.evaluation.frames.summary import figures, summarise
from dense_hand_pose.skeleton import HAND_21
import numpy as np
import pytest

J = len(HAND_21)


def made_up() -> FrameEstimates:
    """
    Return four frames: 5 mm, 15 mm, a refused one of 100 mm and one without an estimate.

    The wrist of the second frame is 36 mm off and the only joint of it that is not trusted.
    """
    errors = np.stack([np.full(J, mm / 1000.0) for mm in (5.0, 15.0, 100.0, np.inf)])
    errors[1, 0] = 0.036
    confidence = np.stack([np.full(J, c) for c in (0.9, 0.7, 0.05, 0.0)])
    confidence[1, 0] = 0.3
    return FrameEstimates(
        seeds=(10, 11, 12, 13),
        cameras=('sr300', 'd435', 'd435', 'kinect'),
        sides=('left', 'right', 'left', 'right'),
        found=np.array([True, True, False, False]),
        other=np.array([False, True, True, False]),
        errors_m=errors,
        confidence=confidence,
    )


def test_all_figures_of_known_errors() -> None:
    found = summarise(made_up())
    mean_mm = (J * 5.0 + (J - 1) * 15.0 + 36.0) / (2 * J)
    assert (found['frames'], found['frames_with_hand'], found['no_hand_share']) == (4, 2, 0.5)
    assert found['other_hand_share'] == 0.25  # a refused hand is none that was found
    assert found['mean_joint_error_mm'] == pytest.approx(mean_mm, abs=1e-4)
    assert found['median_joint_error_mm'] == pytest.approx(10.0)
    assert found['p95_joint_error_mm'] == pytest.approx(15.0)
    assert found['frames_under_mm'] == {'10': 0.25, '20': 0.25, '30': 0.25, '40': 0.5}
    with_refused = (2 * J * mean_mm + J * 100.0) / (3 * J)
    too = found['refused_too']
    assert too['mean_joint_error_mm'] == pytest.approx(with_refused, abs=1e-4)
    assert too['median_joint_error_mm'] == pytest.approx(15.0)
    assert too['p95_joint_error_mm'] == pytest.approx(100.0)
    assert found['per_joint']['wrist']['mean_joint_error_mm'] == pytest.approx(20.5)
    assert found['per_joint']['little_tip']['mean_joint_error_mm'] == pytest.approx(10.0)


def test_groups_stand_against_the_whole() -> None:
    found = summarise(made_up())
    mean_mm = found['mean_joint_error_mm']
    assert list(found['per_camera']) == ['d435', 'kinect', 'sr300']
    assert found['per_camera']['sr300']['mean_against_all'] == pytest.approx(
        5.0 / mean_mm - 1.0, abs=1e-4
    )
    d435 = found['per_camera']['d435']
    assert (d435['frames'], d435['frames_with_hand'], d435['no_hand_share']) == (2, 1, 0.5)
    assert found['per_camera']['kinect']['mean_joint_error_mm'] is None
    assert found['per_camera']['kinect']['mean_against_all'] is None
    assert found['per_side']['left']['mean_joint_error_mm'] == pytest.approx(5.0)


def test_reliability_is_that_of_reported_hands() -> None:
    found = summarise(made_up())['reliability']
    assert (found['confident']['joints'], found['others']['joints']) == (2 * J - 1, 1)
    assert found['others']['mean_joint_error_mm'] == pytest.approx(36.0)
    confident_mm = (J * 5.0 + (J - 1) * 15.0) / (2 * J - 1)
    assert found['confident']['mean_joint_error_mm'] == pytest.approx(confident_mm, abs=1e-4)
    assert found['error_ratio'] == pytest.approx(confident_mm / 36.0, abs=1e-4)
    assert [b['joints'] for b in found['bins']] == [0, 0, 1, 0, 0, 0, J - 1, 0, J, 0]


def test_no_hand_anywhere_gives_nulls_not_errors() -> None:
    nothing, zeros, none = np.full((3, J), np.inf), np.zeros((3, J)), np.zeros(3, bool)
    assert figures(nothing, none)['mean_joint_error_mm'] is None
    assert figures(nothing, none)['frames_under_mm'] == {
        '10': 0.0,
        '20': 0.0,
        '30': 0.0,
        '40': 0.0,
    }
    answers = FrameEstimates((1, 2, 3), ('a',) * 3, ('left',) * 3, none, none, nothing, zeros)
    found = summarise(answers)
    assert found['reliability']['error_ratio'] is None
    text = table({'truth': found})
    assert 'nan' not in text and 'inf' not in text


def test_the_table_has_a_column_per_centre_and_fits_a_terminal() -> None:
    found = summarise(made_up())
    lines = table({'truth': found, 'detected': found}).splitlines()
    assert lines[0].split() == ['true', 'centre', 'detected', 'centre']
    assert max(map(len, lines)) < 80
    (wrist,) = (line for line in lines if line.strip().startswith('wrist'))
    assert wrist.split() == ['wrist', '20.5', '20.5']


def test_metrics_json_is_valid_json_without_nan(tmp_path: Path) -> None:
    write_metrics(tmp_path / 'metrics.json', {'centers': {'truth': summarise(made_up())}})
    text = (tmp_path / 'metrics.json').read_text()
    assert json.loads(text)['centers']['truth'] == summarise(made_up())
    assert 'NaN' not in text and 'Infinity' not in text


def test_a_row_per_frame_and_centre(tmp_path: Path) -> None:
    write_per_frame(tmp_path / 'rows.csv', {'truth': made_up(), 'detected': made_up()})
    rows = list(csv.DictReader((tmp_path / 'rows.csv').open()))
    assert [row['center'] for row in rows] == ['truth'] * 4 + ['detected'] * 4
    assert rows[1] == {
        'seed': '11', 'camera': 'd435', 'side': 'right', 'center': 'truth', 'found': '1',
        'other_hand': '1', 'mean_error_mm': '16.0000', 'max_error_mm': '36.0000',
        'confidence': '0.6810',
    }  # fmt: skip
    assert (rows[2]['found'], rows[2]['mean_error_mm']) == ('0', '100.0000')
    assert (rows[3]['found'], rows[3]['mean_error_mm'], rows[3]['max_error_mm']) == ('0', '', '')
