# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Thresholds and calibration in a weight file's header: written, read, refused, left out."""

import json
import math
from pathlib import Path

from dense_hand_pose.network.score_settings import NOTE, ScoreMap, ScoreSettings
from dense_hand_pose.network.weight_file import read_config, read_notes, WeightsError, write_notes
from dense_hand_pose.network.weights import load_weights, save_weights
from dense_hand_pose.runtimes.base import Model
from hypothesis import given
from hypothesis import strategies as st
import pytest
from support.tiny import tiny_network
import torch

SETTINGS = ScoreSettings(
    neutral_score=0.9,
    detector_weight=0.6,
    hopeless_score=0.01,
    fused=ScoreMap(0.7, -0.2),
    network=ScoreMap(1.3, 0.4),
)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / 'weights.safetensors'
    save_weights(tiny_network(), path, {'samples': '7'})
    return path


def test_a_file_without_them_has_the_values_of_the_first_weights(weights: Path) -> None:
    assert Model(weights).scores == ScoreSettings()
    assert ScoreSettings().neutral_score == 0.646


def test_what_is_written_is_read_and_the_network_stays(weights: Path) -> None:
    before = load_weights(weights).state_dict()
    write_notes(weights, SETTINGS.to_note())
    assert ScoreSettings.read(weights) == SETTINGS
    assert read_notes(weights)['samples'] == '7'
    assert read_config(weights) == tiny_network().config
    after = load_weights(weights).state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize(
    ('note', 'named'),
    [
        ('[', 'unusable scores'),
        ('[1]', r'scores = \[1\]'),
        ('{"neutral_score": 1.5}', 'neutral_score = 1.5'),
        ('{"neutral_score": "a"}', "scores.neutral_score = 'a'"),
        ('{"neutral_score": true}', 'scores.neutral_score = True'),
        ('{"detector_weight": 0}', 'detector_weight = 0'),
        ('{"least": 1}', 'unknown least'),
        ('{"fused": {"slope": 0}}', 'slope = 0'),
        ('{"fused": {"slope": -1.0}}', 'slope = -1.0'),
        ('{"fused": 0.5}', 'scores.fused = 0.5'),
        ('{"network": {"offset": NaN}}', 'offset = nan'),
        ('{"network": {"bend": 1}}', 'unknown bend'),
        ('[' * 100_000, 'unusable scores'),
    ],
)
def test_a_damaged_header_is_refused_by_name(weights: Path, note: str, named: str) -> None:
    write_notes(weights, {NOTE: note})
    with pytest.raises(WeightsError, match=named) as error:
        ScoreSettings.read(weights)
    assert str(weights) in str(error.value)


def test_no_header_is_written_into_another_file(tmp_path: Path) -> None:
    path = tmp_path / 'notes.safetensors'
    path.write_bytes(b'no weights')
    with pytest.raises(WeightsError):
        write_notes(path, SETTINGS.to_note())
    assert path.read_bytes() == b'no weights'


@given(st.floats(0.0, 1.0))
def test_the_identity_changes_nothing(score: float) -> None:
    assert ScoreMap()(score) == score


@given(st.floats(0.001, 0.999), st.floats(0.1, 3.0), st.floats(-4.0, 4.0))
def test_a_map_is_linear_in_log_odds(score: float, slope: float, offset: float) -> None:
    odds = slope * math.log(score / (1.0 - score)) + offset
    assert ScoreMap(slope, offset)(score) == pytest.approx(1.0 / (1.0 + math.exp(-odds)))


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.1, 9.0), st.floats(-9.0, 9.0))
def test_a_map_keeps_the_order(one: float, other: float, slope: float, offset: float) -> None:
    low, high = (ScoreMap(slope, offset)(score) for score in sorted([one, other]))
    assert 0.0 <= low <= high <= 1.0


def test_the_note_is_plain_json() -> None:
    assert json.loads(SETTINGS.to_note()[NOTE])['fused'] == {'slope': 0.7, 'offset': -0.2}
