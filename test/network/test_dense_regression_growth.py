# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A network that gets more stacks gives what it gave before, in every runtime, and learns."""

from dataclasses import replace

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.network.dense_regression import add_stacks, DenseRegressionNet, may_grow
from dense_hand_pose.network.graph import export_graph, HandGraph
from dense_hand_pose.network.weights import find_weights, load_weights
from dense_hand_pose.synthesis.crops import render_crops
from dense_hand_pose.training.config import LossConfig
from dense_hand_pose.training.data.synthetic import make_batch
from dense_hand_pose.training.objectives.objectives import joint_method_of
import pytest
from support.tiny import TINY, tiny_network
import torch
from torch.utils.flop_counter import FlopCounterMode

JUDGING = replace(TINY, verdict=True)


def crops(count: int) -> torch.Tensor:
    return torch.from_numpy(render_crops(48, count).depth).unsqueeze(1)


@pytest.mark.parametrize(('begin', 'stacks'), [(1, 2), (1, 4), (2, 3)])
def test_every_stack_puts_out_what_the_last_one_did(begin: int, stacks: int) -> None:
    network = tiny_network(replace(JUDGING, stacks=begin)).eval()
    grown = add_stacks(network, stacks)
    assert grown.config == replace(network.config, stacks=stacks)
    before, after = network.forward_features(crops(2)), grown.forward_features(crops(2))
    assert len(after.outputs) == stacks
    for i, maps in enumerate(after.outputs):
        expected = before.outputs[min(i, begin - 1)]
        torch.testing.assert_close(maps, expected, rtol=0.0, atol=1e-5)
    for was, now in zip(network.verdict(before), grown.verdict(after), strict=True):
        torch.testing.assert_close(now, was, rtol=0.0, atol=1e-5)


def test_the_shipped_weights_with_two_stacks_give_the_same_joints_through_the_graph() -> None:
    network = load_weights(find_weights('default'))
    grown = add_stacks(network, network.config.stacks + 1)
    parts = render_crops(48, 3)
    inputs = tuple(
        torch.from_numpy(part) for part in (parts.depth, parts.center_m, parts.cube_size_m)
    )
    exported = export_graph(HandGraph(grown, DecodingConfig()), 3)
    with torch.no_grad():
        expected = HandGraph(network, DecodingConfig())(*inputs)
        found = exported.module()(*inputs)
    assert len(found) == len(expected) == 7
    for was, now in zip(expected, found, strict=True):
        torch.testing.assert_close(now, was, rtol=0.0, atol=1e-5)


def test_both_stacks_and_the_correction_between_them_learn_from_the_coordinates_alone() -> None:
    grown = add_stacks(tiny_network().train(), 2)
    only = LossConfig(heat_2d=0.0, heat_3d=0.0, direction=0.0, coordinates=1.0)
    batch = make_batch(3, 4)
    outputs = grown(batch.crop)
    both = joint_method_of(grown.config, only).loss(outputs, batch)
    last = joint_method_of(grown.config, only).loss(outputs[1:], batch)
    torch.testing.assert_close(both.coordinates, 2.0 * last.coordinates, rtol=1e-4, atol=0.0)
    both.total.backward()
    moved = {n for n, p in grown.named_parameters() if p.grad is not None and p.grad.abs().max()}
    for part in ('stem', 'heads.0', 'heads.1', 'remap_maps.0.weight', 'remap_features.0.weight'):
        assert any(name.startswith(part) for name in moved), part


def test_the_old_network_keeps_its_weights() -> None:
    network = tiny_network()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    grown = add_stacks(network, 2)
    with torch.no_grad():
        for parameter in grown.parameters():
            parameter.add_(1.0)
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0.0, atol=0.0)


def test_default_with_two_stacks_keeps_within_its_budget() -> None:
    network = DenseRegressionNet(replace(CONFIGURATIONS['default'], stacks=2)).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(torch.ones(1, 1, 128, 128))
    assert counter.get_total_flops() / 2 <= 0.6e9


@pytest.mark.parametrize(
    ('wanted', 'fits'),
    [
        (replace(TINY, stacks=2), True),
        (TINY, False),
        (replace(TINY, stacks=2, head='paper'), False),
        (replace(TINY, stacks=2, theta_m=0.1), False),
    ],
)
def test_only_the_number_of_stacks_may_differ(wanted: NetworkConfig, fits: bool) -> None:
    assert may_grow(TINY, wanted) is fits


def test_what_cannot_grow_is_refused() -> None:
    with pytest.raises(ValueError, match='stacks = 1: the network has 1'):
        add_stacks(tiny_network(), 1)
    with pytest.raises(ValueError, match='is folded'):
        add_stacks(tiny_network().for_inference(), 2)
