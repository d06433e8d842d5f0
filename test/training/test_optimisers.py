# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Muon moves the hidden kernels by orthogonal steps, in place; AdamW moves all else."""

from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.training.optimisers import Optimisers
import numpy as np
import pytest
import torch

WIDE = NetworkConfig(stacks=1, stem='folded', head='shared', widths=(64, 64, 64, 64, 64))
RATE = 0.01


def network_with_gradients() -> DenseRegressionNet:
    torch.manual_seed(0)
    network = DenseRegressionNet(WIDE).to(memory_format=torch.channels_last)
    for parameter in network.parameters():
        parameter.grad = torch.randn_like(parameter)
    return network


def test_a_hidden_kernel_moves_by_an_orthogonal_matrix_of_adamw_s_size() -> None:
    network = network_with_gradients()
    optimisers = Optimisers(network, RATE, weight_decay=0.0, kind='muon')
    kernel = network.get_parameter('hourglasses.0.skip.spatial.conv.weight')
    gradient = kernel.grad.double().reshape(32, -1).numpy()
    before = kernel.detach().clone()
    optimisers.step()
    step = (before - kernel.detach()).double().reshape(32, -1).numpy()
    # Muon's polynomial brings each singular value near one, and leaves the singular vectors.
    left, _, right = np.linalg.svd(gradient, full_matrices=False)
    size = RATE * 0.2 * np.sqrt(9 * 32)
    values = np.diag(left.T @ step @ right.T) / size
    assert values.min() > 0.6
    assert values.max() < 1.3
    assert np.abs(left.T @ step @ right.T / size - np.diag(values)).max() < 0.1


def test_every_parameter_moves_once() -> None:
    """All but Muon's move as AdamW alone moves them; its first step is the rate itself."""
    plain, mixed = network_with_gradients(), network_with_gradients()
    Optimisers(plain, RATE, weight_decay=0.0, kind='adamw').step()
    optimisers = Optimisers(mixed, RATE, weight_decay=0.0, kind='muon')
    optimisers.step()
    start = dict(network_with_gradients().named_parameters())
    names, differing = [], []
    for (name, a), b in zip(plain.named_parameters(), mixed.parameters(), strict=True):
        assert not torch.equal(start[name], b), f'{name} stayed'
        names.append(name)
        if not torch.equal(a, b):
            differing.append(name)
    hidden = [n for n in names if n.endswith('conv.weight') and n != 'stem.layers.0.conv.weight']
    assert differing == hidden
    assert len(optimisers.parts['muon'].param_groups[0]['params']) == len(hidden)


def test_kernels_that_muon_could_not_move_in_place_are_refused() -> None:
    network = DenseRegressionNet(WIDE)
    Optimisers(network, RATE, weight_decay=0.0, kind='adamw')
    with pytest.raises(ValueError, match='channels last: bring it there by'):
        Optimisers(network, RATE, weight_decay=0.0, kind='muon')


def test_gradients_are_forgotten() -> None:
    network = network_with_gradients()
    optimisers = Optimisers(network, RATE, weight_decay=0.0, kind='muon')
    optimisers.zero_grad()
    assert all(parameter.grad is None for parameter in network.parameters())
