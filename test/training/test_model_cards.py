# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The model card says what the log and the settings say."""

import hashlib
from pathlib import Path

from dense_hand_pose.network.weight_file import read_notes
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.training.checkpoint import Progress
from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.model_cards import current_commit, export_weights, make_card
from dense_hand_pose.training.runs import beginning
from dense_hand_pose.training.validation import CsvLog
import pytest
from support.tiny import tiny_network
import yaml

COLUMNS = ('samples', 'validation_mean_shift_mm', 'validation_median_mm', 'validation_soft_mm')


def test_the_card_holds_the_curve_and_settings_that_train_again(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / 'log.csv', COLUMNS)
    log.write({'samples': 64000, **dict(zip(COLUMNS[1:], (21.04, 15.5, 20.0), strict=True))})
    log.write({'samples': 96000})
    config = TrainingConfig.from_dict({'minutes': 3.0, 'seed': 7, 'network': 'paper'})
    progress = Progress(step=3000, samples=96000, elapsed_s=5400.0)
    card = make_card('mine', config, progress, tmp_path / 'log.csv', 'abc123')
    assert '| samples seen | 96,000 in 3,000 steps of 32 |' in card
    assert '| training time | 1.50 h |' in card
    data = next(line for line in card.splitlines() if line.startswith('| training data |'))
    assert all(mesh in data for mesh in ('SOMA, Apache-2.0', 'MakeHuman, CC0', '7 * 2 ** 24'))
    assert 'abc123' in card
    assert [line for line in card.splitlines() if line.endswith(' mm |')] == [
        '| 64,000 | 21.0 mm | 15.5 mm | 20.0 mm |'
    ]
    settings = card.split('```yaml\n')[1].split('```')[0]
    assert TrainingConfig.from_dict(yaml.safe_load(settings)) == config


def test_the_card_counts_what_the_first_weights_had_seen(tmp_path: Path) -> None:
    first = tmp_path / 'first.safetensors'
    save_weights(tiny_network(), first, {'samples': '5000'})
    progress = beginning(first)
    progress.step, progress.samples = 3000, 96000
    CsvLog(tmp_path / 'log.csv', COLUMNS)
    card = make_card('mine', TrainingConfig(), progress, tmp_path / 'log.csv', 'abc123')
    digest = hashlib.sha256(first.read_bytes()).hexdigest()[:12]
    said = f'96,000 in 3,000 steps of 32, after 5,000 of first.safetensors (SHA-256 {digest})'
    assert f'| samples seen | {said} |' in card
    export_weights(tiny_network(), tmp_path, TrainingConfig(), progress, 'abc123')
    assert read_notes(tmp_path / 'weights.safetensors')['samples'] == '101000'


def test_a_log_goes_on_under_its_own_columns_alone(tmp_path: Path) -> None:
    path = tmp_path / 'log.csv'
    CsvLog(path, ('step', 'loss')).write({'step': 1, 'loss': 1.0 / 3.0})
    CsvLog(path, ('step', 'loss')).write({'step': 24_940_001})
    assert path.read_text().splitlines() == ['step,loss', '1,0.333333', '24940001,']
    with pytest.raises(ValueError, match=r'log\.csv: columns step, loss, expected step, samples'):
        CsvLog(path, ('step', 'samples'))


def test_the_commit_is_a_hash_or_unknown() -> None:
    commit = current_commit()
    assert commit == 'unknown' or (len(commit) == 40 and int(commit, 16) >= 0)


def test_the_card_of_a_data_set_names_its_terms(tmp_path: Path) -> None:
    log = CsvLog(tmp_path / 'log.csv', COLUMNS)
    for samples, mm in ((100, 9.0), (200, 8.0), (150, 7.0)):  # carried on from before the last
        log.write({'samples': samples, **dict.fromkeys(COLUMNS[1:], mm)})
    config = TrainingConfig(data='msra', held_out='P3')
    card = make_card('mine', config, Progress(), tmp_path / 'log.csv', 'abc123')
    assert '| training data | MSRA, all subjects but P3 |' in card
    assert '| licence | the terms of MSRA |' in card
    assert 'Apache' not in card
    assert [line[:8] for line in card.splitlines() if line.endswith(' mm |')] == [
        '| 100 | ', '| 150 | '
    ]  # fmt: skip
