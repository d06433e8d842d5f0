# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Folding a normalisation changes nothing but the number of operations."""

from dense_hand_pose.network.blocks import ConvNorm, fold_norms, Residual
from dense_hand_pose.network.config import NetworkConfig
import pytest
from support.tiny import TINY, tiny_network
import torch
from torch import nn

PAPER_HEAD = NetworkConfig(stacks=2, widths=(16, 16, 16, 16, 16))


@pytest.mark.parametrize('config', [TINY, PAPER_HEAD], ids=['tiny', 'paper'])
def test_folding_keeps_the_output(config: NetworkConfig) -> None:
    network = tiny_network(config)
    crop = torch.rand(2, 1, 128, 128, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        before = [maps.clone() for maps in network(crop)]
        network.for_inference()
        after = network(crop)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in network.modules())
    assert not any(p.requires_grad for p in network.parameters())
    for a, b in zip(before, after, strict=True):
        assert float((a - b).abs().max()) < 1e-4
        assert float(a.std()) > 1e-3, 'an output that says nothing'


def test_folding_twice_is_folding_once() -> None:
    block = Residual(8, 16).eval()
    x = torch.randn(1, 8, 5, 5)
    fold_norms(block)
    once = block(x)
    fold_norms(block)
    torch.testing.assert_close(block(x), once, rtol=0.0, atol=0.0)


def test_without_running_statistics_there_is_nothing_to_fold() -> None:
    block = ConvNorm(4, 4, 3)
    block.norm = nn.BatchNorm2d(4, track_running_stats=False)
    with pytest.raises(ValueError, match='running statistics'):
        block.fold()


def test_a_fresh_residual_is_its_shortcut() -> None:
    x = torch.rand(2, 8, 6, 6)
    torch.testing.assert_close(Residual(8, 8).train()(x), x)
