# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Shapes, size and wiring of the networks."""

from typing import Any

from dense_hand_pose.network.baselines import build_network
from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.network.dense_regression import DenseRegressionNet, PaperHead, SharedHead
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode


def gigamacs(network: DenseRegressionNet) -> float:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.ones(1, 1, 128, 128))
    return counter.get_total_flops() / 2 / 1e9


@pytest.mark.parametrize(('name', 'limit'), [('default', 1.3), ('paper', 5.0)])
def test_shapes_and_cost(name: str, limit: float) -> None:
    config = CONFIGURATIONS[name]
    network = DenseRegressionNet(config).eval()
    with torch.no_grad():
        outputs = network(torch.ones(2, 1, 128, 128))
    assert len(outputs) == config.stacks
    assert all(maps.shape == (2, 5 * config.joints, 32, 32) for maps in outputs)
    cost = gigamacs(network)
    assert 0.05 < cost <= limit
    megabytes = 2 * sum(p.numel() for p in network.parameters()) / 1e6
    assert megabytes <= 12.0, 'the size that may be committed in fp16'


def test_the_paper_configuration_is_the_papers() -> None:
    paper = CONFIGURATIONS['paper']
    assert (paper.stacks, paper.stem, paper.head) == (2, 'paper', 'paper')
    assert paper.widths == (128,) * 5
    assert (paper.theta_m, paper.tau_px) == (0.08, 4.0)


def test_every_stack_is_supervised_and_learns() -> None:
    config = NetworkConfig(joints=3, stacks=3, widths=(8,) * 5)
    network = DenseRegressionNet(config).train()
    outputs = network(torch.rand(2, 1, 128, 128))
    sum(maps.square().mean() for maps in outputs).backward()
    without = [n for n, p in network.named_parameters() if p.grad is None]
    assert without == []


def test_the_second_stack_reads_the_maps_of_the_first() -> None:
    torch.manual_seed(0)
    network = DenseRegressionNet(NetworkConfig(joints=2, stacks=2, widths=(8,) * 5)).eval()
    crop = torch.rand(1, 1, 128, 128)
    with torch.no_grad():
        first, second = network(crop)
        network.heads[0].heat_2d.bias += 1.0
        first_moved, second_moved = network(crop)
    assert not torch.allclose(first, first_moved)
    assert not torch.allclose(second, second_moved)


def test_the_shared_head_is_one_product_where_it_serves_and_the_same_in_training() -> None:
    torch.manual_seed(0)
    head = SharedHead(8, 3).eval()
    x, depth = torch.randn(2, 8, 32, 32), torch.rand(2, 1, 32, 32)
    read: list[torch.Size] = []
    head.maps.register_forward_pre_hook(lambda _module, args: read.append(args[0].shape))
    with torch.no_grad():
        served, features = head(x, depth)
        assert read == [(2, 9, 32, 32)]
        head.training = True  # its normalisation stays at rest
        trained, _ = head(x, depth)
    expected = torch.einsum(
        'oc,bchw->bohw',
        head.maps.weight[:, :, 0, 0].double(),
        torch.cat([features, depth], dim=1).double(),
    ) + head.maps.bias.double().view(1, -1, 1, 1)
    torch.testing.assert_close(served.double(), expected, rtol=0.0, atol=1e-5)
    torch.testing.assert_close(trained.double(), expected, rtol=0.0, atol=1e-5)


def test_the_paper_head_masks_by_the_binarised_depth() -> None:
    """V reads what is seen, and the same with the background blanked (Sec. 3.3)."""
    torch.manual_seed(0)
    head = PaperHead(8, 3).eval()
    got: list[torch.Tensor] = []
    head.pointing.register_forward_pre_hook(lambda _module, args: got.append(args[0]))
    x, depth = torch.randn(1, 8, 32, 32), torch.rand(1, 1, 32, 32)
    depth[:, :, :, 16:] = 1.0
    with torch.no_grad():
        maps, _ = head(x, depth)
    seen, masked = got[0].split(8 + 2 * 3, dim=1)
    torch.testing.assert_close(seen[:, :8], x)
    torch.testing.assert_close(seen[:, 8:], maps[:, :6])
    torch.testing.assert_close(masked[..., :16], seen[..., :16])
    assert not masked[..., 16:].any()
    assert seen[..., 16:].any()


@pytest.mark.parametrize(
    'task', ['dense', 'coordinates', 'detection_coordinates', 'detection_depth', 'offset']
)
def test_nothing_is_joined_in_another_type(task: str) -> None:
    """Beside a float32 depth all features were copied to float32, and back by what reads them."""
    network = build_network(NetworkConfig(joints=3, widths=(8,) * 5, task=task)).train()
    types: list[torch.dtype] = []
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d) and module.in_channels > 1:
            module.register_forward_pre_hook(lambda _module, args: types.append(args[0].dtype))
    with torch.autocast('cpu', torch.bfloat16):
        network(torch.rand(2, 1, 128, 128))
    assert set(types) == {torch.bfloat16}


@pytest.mark.parametrize(
    'wrong',
    [{'widths': (8, 8)}, {'widths': (4, 8, 8, 8, 8)}, {'widths': (8, 8, 8, 8, 10**6)},
     {'head': 'none'}, {'stem': 'none'}, {'stacks': 0}, {'stacks': 9}, {'joints': 0},
     {'theta_m': 0.0}, {'theta_m': float('nan')}, {'tau_px': 40.0}],
)  # fmt: skip
def test_settings_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f'{name} = '):
        NetworkConfig(**wrong)


def test_settings_go_to_plain_types_and_back() -> None:
    for config in CONFIGURATIONS.values():
        plain = config.to_dict()
        assert type(plain['widths']) is list
        assert NetworkConfig.from_dict(plain) == config
    with pytest.raises(ValueError, match='unknown network settings depth: known are head'):
        NetworkConfig.from_dict({'depth': 4})
    with pytest.raises(ValueError, match='expected a mapping'):
        NetworkConfig.from_dict([])  # type: ignore[arg-type]


def test_presence_is_told_in_training_alone_and_where_it_is_learnt() -> None:
    torch.manual_seed(2)
    network = DenseRegressionNet(CONFIGURATIONS['default'])
    crops = torch.rand(3, 1, 128, 128)
    assert len(network.train()(crops)) == 1
    network.learn_presence()
    assert len(network.eval()(crops)) == 1
    maps, odds = network.train()(crops)
    assert maps.shape == (3, 105, 32, 32) and odds.shape == (3, 1)
    odds.sum().backward()
    # It teaches the features, not the maps that are made of them.
    head = network.heads[0]
    assert head.maps.weight.grad is None
    assert network.stem.layers[0].conv.weight.grad.abs().sum() > 0.0
    assert head.features[1].conv.weight.grad.abs().sum() > 0.0
