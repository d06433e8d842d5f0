# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The head that tells whether there is a hand: what it reads, its range, files and export."""

from dataclasses import replace
from pathlib import Path

from dense_hand_pose.codec.decoding import decode_soft
from dense_hand_pose.codec.encoding import DenseMaps, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift
from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.presence import (
    mirror_palm,
    palm_coordinates,
    PresenceHead,
    soft_joints,
)
from dense_hand_pose.network.weights import load_weights, save_weights
import numpy as np
import pytest
from support.tiny import TINY, tiny_network
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
        seen = self.network.forward_features(crop)
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


def test_the_verdict_is_the_layers_on_pooled_features() -> None:
    network = tiny_network(JUDGING)
    head = network.verdict
    assert isinstance(head, PresenceHead)
    with torch.no_grad():
        seen = network.forward_features(crops(3))
        presence, side = head(seen)
        joints = soft_joints(seen.outputs[-1], seen.depth, JUDGING.theta_m)
    lowest, features, maps = (
        t.double().numpy() for t in (seen.lowest, seen.upper, seen.outputs[-1])
    )
    heat = maps[:, : 2 * JUDGING.joints].max((2, 3))
    palm = palm_by_hand(joints.double().numpy()).clip(-8.0, 8.0)
    pooled = [palm.reshape(3, -1), lowest.reshape(3, -1), features.mean((2, 3))]
    pooled += [features.max((2, 3)), heat]
    w = {name: tensor.double().numpy() for name, tensor in head.state_dict().items()}
    hidden = np.concatenate(pooled, 1) @ w['hidden.weight'].T + w['hidden.bias']
    odds = np.maximum(hidden, 0.0) @ w['presence.weight'].T + w['presence.bias']
    np.testing.assert_allclose(presence, 1.0 / (1.0 + np.exp(-odds[:, 0])), atol=1e-4)
    there, mirrored = (
        np.maximum(coordinates.reshape(3, -1) @ w['bend.weight'].T + w['bend.bias'], 0.0)
        for coordinates in (palm, palm * [1.0, 1.0, -1.0])
    )
    right = 1.0 / (1.0 + np.exp(-(there - mirrored) @ w['side.weight'].T[:, 0]))
    np.testing.assert_allclose(side, right - (1.0 - right), atol=1e-4)


def palm_by_hand(joints: np.ndarray) -> np.ndarray:
    """Return the coordinates along the palm by Gram and Schmidt, hand after hand."""
    rows = []
    for hand in joints:
        out = hand - hand[0]
        length = np.linalg.norm(out[9])
        forward = out[9] / length
        normal = np.cross(out[5], out[17])
        normal -= (normal @ forward) * forward
        normal /= np.linalg.norm(normal)
        rows.append(out @ np.stack([forward, np.cross(normal, forward), normal], 1) / length)
    return np.array(rows)


def test_soft_joints_are_the_soft_decoders_for_a_far_camera() -> None:
    network = tiny_network()
    with torch.no_grad():
        seen = network.forward_features(crops(2))
    cube = Cube(torch.tensor([[0.0, 0.0, 1e4]] * 2).double(), torch.tensor([0.3, 0.25]).double())
    surface = lift(seen.depth.double(), cube)
    maps = DenseMaps.from_channels(seen.outputs[-1].double(), 21)
    expected = decode_soft(maps, surface, cube, SupportRadius(TINY.theta_m, TINY.tau_px))
    centered = (expected - cube.center_m[:, None]) / cube.size_m.view(-1, 1, 1) * 2.0
    joints = soft_joints(seen.outputs[-1], seen.depth, TINY.theta_m).double()
    torch.testing.assert_close(joints, centered, atol=1e-3, rtol=0.0)


def test_a_mirrored_hand_has_the_opposite_side_whatever_the_weights() -> None:
    head = PresenceHead(JUDGING)
    joints = torch.randn(5, 21, 3, generator=torch.Generator().manual_seed(2))
    palms = [
        palm_coordinates(hand).flatten(1) for hand in (joints, joints * torch.tensor([-1.0, 1, 1]))
    ]
    torch.testing.assert_close(palms[1], mirror_palm(palms[0]), atol=1e-4, rtol=1e-4)
    rest = torch.zeros(5, head.hidden.in_features - head.palm)
    with torch.no_grad():
        there, mirrored = (head.logits(torch.cat([palm, rest], 1))[1] for palm in palms)
    assert there.abs().min() > 0.0
    torch.testing.assert_close(mirrored, -there, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_what_is_no_number_is_no_hand(value: float) -> None:
    network = tiny_network(JUDGING)
    with torch.no_grad():
        seen = network.forward_features(crops(1))
        seen.lowest[0, 0] = value
        seen.outputs[-1][0] = value
        presence, side = network.verdict(seen)
    assert presence < 1e-6 or value > 0.0
    assert torch.isfinite(torch.cat([presence, side])).all()


def test_without_it_weights_and_header_are_as_before() -> None:
    assert tiny_network().verdict is None
    assert not [name for name in tiny_network().state_dict() if 'verdict' in name]
    assert 'verdict' not in TINY.to_dict()
    assert NetworkConfig.from_dict(JUDGING.to_dict()) == JUDGING


def test_the_size_of_the_first_verdicts_goes_without_saying() -> None:
    assert JUDGING.verdict_hidden == 64
    assert 'verdict_hidden' not in JUDGING.to_dict()
    wide = replace(JUDGING, verdict_hidden=96)
    assert NetworkConfig.from_dict(wide.to_dict()) == wide


@pytest.mark.parametrize('hidden', [64, 96])
def test_a_weight_file_holds_it(tmp_path: Path, hidden: int) -> None:
    network = tiny_network(replace(JUDGING, verdict_hidden=hidden))
    save_weights(network, tmp_path / 'a.safetensors', {})
    loaded = load_weights(tmp_path / 'a.safetensors')
    assert loaded.config == network.config
    assert loaded.verdict is not None
    with torch.no_grad():
        for ours, theirs in zip(Judge(network)(crops(2)), Judge(loaded)(crops(2)), strict=True):
            torch.testing.assert_close(theirs, ours, atol=0.02, rtol=0.02)


@pytest.mark.parametrize(
    'changes',
    [{'verdict': 1}, {'verdict': True, 'task': 'offset'}, {'verdict': True, 'joints': 14}],
)
def test_a_wrong_setting_is_named(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match='verdict = '):
        replace(TINY, **changes)


@pytest.mark.parametrize('hidden', [0, 2000, 64.0, True])
def test_a_wrong_size_is_named(hidden: object) -> None:
    with pytest.raises(ValueError, match='verdict_hidden = '):
        replace(JUDGING, verdict_hidden=hidden)


def test_it_exports_and_costs_next_to_nothing() -> None:
    judge = Judge(tiny_network(JUDGING)).eval()
    exported = torch.export.export(judge, (crops(2),), strict=False)
    names = {str(node.target) for node in exported.graph.nodes if node.op == 'call_function'}
    assert not [name for name in names if any(lacking in name for lacking in NEVER)]
    with torch.no_grad():
        torch.testing.assert_close(exported.module()(crops(2)), judge(crops(2)))
    head = PresenceHead(CONFIGURATIONS['default'])
    assert sum(tensor.numel() for tensor in head.parameters()) < 200_000
