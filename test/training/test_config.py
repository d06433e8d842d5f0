# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Training settings: every wrong one is named."""

import math
from pathlib import Path
from typing import Any

from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.training.config import load_config, LossConfig, TrainingConfig
import pytest

DEFAULT = Path(__file__).parents[2] / 'config' / 'train' / 'default.yaml'


def test_the_shipped_configuration_trains_the_default_network() -> None:
    config = load_config(DEFAULT)
    assert config.network == CONFIGURATIONS['default']
    assert config.minutes > 0


def test_settings_are_read(tmp_path: Path) -> None:
    path = tmp_path / 'a.yaml'
    path.write_text(
        'network: {stacks: 1, widths: [8, 8, 8, 8, 8]}\nloss: {coordinates: 0}\n'
        'learning_rate: 2.0e-3\nminutes: 3\nsamples: 0\n'
    )
    config = load_config(path)
    assert config.network == NetworkConfig(stacks=1, widths=(8,) * 5)
    assert config.loss == LossConfig(coordinates=0)
    assert (config.learning_rate, config.minutes, config.samples) == (0.002, 3, 0)


WRONG: list[tuple[str, str]] = [
    ('learning_rate: 2e-3', "learning_rate = '2e-3': expected a finite number, such as 2.0e-3"),
    ('learning_rate: .nan', 'learning_rate = nan'),
    ('learning_rate: 0', 'learning_rate = 0'),
    ('batch_size: 2.5', 'batch_size = 2.5: expected a whole number'),
    ('batch_size: -1', 'batch_size = -1'),
    ('workers: true', 'workers = True'),
    ('sync_batch_norm: 1', 'sync_batch_norm = 1: expected true or false'),
    ('samples: many', "samples = 'many'"),
    ('{samples: 0, minutes: 0}', 'samples and minutes are both 0'),
    ('minutes: -5', 'minutes = -5'),
    ('threads: -1', 'threads = -1'),
    ('gradient_norm: -1', 'gradient_norm = -1'),
    ('ema_decay: 1.0', 'ema_decay = 1.0'),
    ('seed: -1', 'seed = -1'),
    ('processes: 0', 'processes = 0'),
    ('{processes: 3, batch_size: 32}', 'batch_size = 32: no multiple of processes = 3'),
    ('{processes: 2, validation_samples: 32}', 'validation_samples = 32: fewer batches of 32'),
    ('schedule: linear', "schedule = 'linear': expected cosine or wsd or step"),
    ('data: bighand', "data = 'bighand': expected synthetic or searched or unlabelled"),
    ('data: nyu', 'network.joints = 21: the hands of nyu have 14'),
    ('cube_m: 3', 'cube_m = 3'),
    ('augmentation: {rotation_deg: 200}', 'augmentation.rotation_deg = 200'),
    ('augmentation: {aspect: wide}', "augmentation.aspect = 'wide'"),
    ('augmentation: {tilt: 1}', 'expected a mapping of aspect, center_m'),
    ('decay_share: 1.5', 'decay_share = 1.5'),
    ('precision: int8', "precision = 'int8': expected auto or float32 or bfloat16"),
    ('device: tpu', "device = 'tpu'"),
    ('seed: 256', 'seed = 256: expected 0 to 255'),
    ('{seed: 0, batch_size: 512}', 'batch_size = 512: with seed = 0'),
    ('checkpoint_every: 0', 'checkpoint_every = 0'),
    ('depth: 3', 'unknown settings depth: known are augmentation, batch'),
    ('3: 4', 'unknown settings 3'),
    ('network: huge', "network 'huge': expected one of paper, default"),
    ('network: 5', 'network 5: expected a name or a mapping'),
    ('network: {depth: 4}', 'unknown network settings depth'),
    ('network: {widths: [8, 8]}', r'widths = \(8, 8\)'),
    ('network: {joints: 14}', 'network.joints = 14'),
    ('loss: {offset: 1}', 'expected a mapping of beta, coordinates'),
    ('loss: 3', 'loss 3: expected a mapping'),
    ('loss: {heat_2d: -1}', 'loss.heat_2d = -1'),
    ('loss: {beta: x}', "loss.beta = 'x'"),
    ('[1, 2]', 'expected a mapping of settings'),
    ('{unclosed: ', 'expected'),
    ('!!python/object/apply:os.getcwd []', 'could not determine a constructor'),
]


@pytest.mark.parametrize(('text', 'words'), WRONG, ids=[text for text, _ in WRONG])
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / 'wrong.yaml'
    path.write_text(text)
    with pytest.raises(ValueError, match=words) as caught:
        load_config(path)
    assert str(caught.value).startswith(f'{path}: ')


def test_a_file_that_is_none(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / 'absent.yaml'):
        with pytest.raises(ValueError, match=str(path)):
            load_config(path)
    (tmp_path / 'binary.yaml').write_bytes(b'\xff\xfe\x00')
    with pytest.raises(ValueError, match=r'binary\.yaml'):
        load_config(tmp_path / 'binary.yaml')


@pytest.mark.parametrize('value', [math.inf, -math.inf])
def test_infinite_numbers_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match='weight_decay = '):
        TrainingConfig(weight_decay=value)
