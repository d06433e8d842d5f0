# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What a training begins with: the weights that ship, without a verdict on other features."""

from dataclasses import replace
from pathlib import Path

import dense_hand_pose
from dense_hand_pose.network.weights import load_weights, save_weights
from dense_hand_pose.training.config import load_config, TrainingConfig
from dense_hand_pose.training.runs import make_network
import pytest
from support.tiny import TINY, tiny_network
import torch

MODELS = Path(dense_hand_pose.__file__).parent / 'models'
CONFIGS = Path(__file__).parents[2] / 'config' / 'train'


@pytest.mark.parametrize(('model', 'settings'), [('default', 'default'), ('detector', 'detector')])
def test_the_weights_that_ship_can_be_trained_on(model: str, settings: str) -> None:
    config = load_config(CONFIGS / f'{settings}.yaml')
    network = make_network(config, MODELS / f'{model}.safetensors', torch.device('cpu'))
    assert network.config == config.network


@pytest.mark.parametrize('hidden', [TINY.verdict_hidden, 5])
def test_a_verdict_of_any_size_is_left_behind(tmp_path: Path, hidden: int) -> None:
    judging = replace(TINY, verdict=True, verdict_hidden=hidden)
    path = tmp_path / 'judging.safetensors'
    save_weights(tiny_network(judging), path, {})
    assert load_weights(path).verdict is not None
    network = make_network(TrainingConfig(network=TINY), path, torch.device('cpu'))
    assert network.config == TINY
    assert not any(name.startswith('verdict') for name in network.state_dict())


def test_weights_with_one_stack_begin_a_training_with_two(tmp_path: Path) -> None:
    path = tmp_path / 'one.safetensors'
    save_weights(tiny_network(), path, {})
    config = TrainingConfig(network=replace(TINY, stacks=2))
    network = make_network(config, path, torch.device('cpu'))
    assert network.config == config.network
    first, second = network.eval()(torch.rand(2, 1, 128, 128))
    torch.testing.assert_close(second, first, rtol=0.0, atol=1e-5)
    wider = TrainingConfig(network=replace(TINY, stacks=2, widths=(24,) * 5))
    with pytest.raises(ValueError, match='another architecture'):
        make_network(wider, path, torch.device('cpu'))
