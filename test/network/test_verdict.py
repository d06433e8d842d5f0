# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The head that tells whether there is a hand: what it reads, its range, files and export."""

from dataclasses import replace
from pathlib import Path

from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.verdict import VerdictHead
from dense_hand_pose.network.weights import load_weights, save_weights
import numpy as np
import pytest
from tiny import TINY, tiny_network
import torch
from torch import nn, Tensor

JUDGING = replace(TINY, verdict=True)
# TensorRT has no converter for these (tensorrt.md).
NEVER = ('max.dim', 'min.dim', 'max_pool2d_with_indices', 'nonzero', 'sort')


class Judge(nn.Module):
    """A network's last channels and its verdict, as a runtime would have them."""

    def __init__(self, network: DenseRegressionNet) -> None:
        super().__init__()
        self.network = network.for_inference()

    def forward(self, crop: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return channels, presence and side."""
        seen = self.network.see(crop)
        verdict = self.network.verdict
        assert verdict is not None
        return (seen.outputs[-1], *verdict(seen))


def crops(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(5)
    return torch.rand(count, 1, 128, 128, generator=generator) * 2.0 - 1.0


@pytest.mark.parametrize('config', [TINY, NetworkConfig(stacks=2, widths=(16, 8, 8, 8, 24))])
def test_a_verdict_changes_nothing_else(config: NetworkConfig) -> None:
    plain, judging = tiny_network(config), tiny_network(replace(config, verdict=True))
    missing, unexpected = judging.load_state_dict(plain.state_dict(), strict=False)
    assert not unexpected
    assert all(name.startswith('verdict.') for name in missing)
    with torch.no_grad():
        torch.testing.assert_close(judging(crops(2)), plain(crops(2)), rtol=0.0, atol=0.0)


def test_the_verdict_is_the_two_layers_on_pooled_features() -> None:
    network = tiny_network(JUDGING)
    head = network.verdict
    assert isinstance(head, VerdictHead)
    with torch.no_grad():
        seen = network.see(crops(3))
        presence, side = head(seen)
    lowest, features = (t.double().numpy() for t in (seen.lowest, seen.features))
    heat = seen.outputs[-1].double().numpy()[:, : 2 * JUDGING.joints]
    pooled = [lowest.reshape(3, -1), features.mean((2, 3)), features.max((2, 3)), heat.max((2, 3))]
    weights = {name: tensor.double().numpy() for name, tensor in head.state_dict().items()}
    hidden = np.concatenate(pooled, 1) @ weights['hidden.weight'].T + weights['hidden.bias']
    odds = np.maximum(hidden, 0.0) @ weights['result.weight'].T + weights['result.bias']
    sigmoid = 1.0 / (1.0 + np.exp(-odds))
    np.testing.assert_allclose(presence, sigmoid[:, 0], atol=1e-5)
    np.testing.assert_allclose(side, sigmoid[:, 1] - (1.0 - sigmoid[:, 1]), atol=1e-5)


def test_without_it_weights_and_header_are_as_before() -> None:
    assert tiny_network().verdict is None
    assert not [name for name in tiny_network().state_dict() if 'verdict' in name]
    assert 'verdict' not in TINY.to_dict()
    assert NetworkConfig.from_dict(JUDGING.to_dict()) == JUDGING


def test_a_weight_file_holds_it(tmp_path: Path) -> None:
    network = tiny_network(JUDGING)
    save_weights(network, tmp_path / 'a.safetensors', {})
    loaded = load_weights(tmp_path / 'a.safetensors')
    assert loaded.config.verdict
    assert loaded.verdict is not None
    with torch.no_grad():
        for ours, theirs in zip(Judge(network)(crops(2)), Judge(loaded)(crops(2)), strict=True):
            torch.testing.assert_close(theirs, ours, atol=0.02, rtol=0.02)


@pytest.mark.parametrize('changes', [{'verdict': 1}, {'verdict': True, 'task': 'offset'}])
def test_a_wrong_setting_is_named(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match='verdict = '):
        replace(TINY, **changes)


def test_it_exports_and_costs_next_to_nothing() -> None:
    judge = Judge(tiny_network(JUDGING)).eval()
    exported = torch.export.export(judge, (crops(2),), strict=False)
    names = {str(node.target) for node in exported.graph.nodes if node.op == 'call_function'}
    assert not [name for name in names if any(lacking in name for lacking in NEVER)]
    with torch.no_grad():
        torch.testing.assert_close(exported.module()(crops(2)), judge(crops(2)))
    head = VerdictHead(CONFIGURATIONS['default'])
    assert sum(tensor.numel() for tensor in head.parameters()) < 200_000
