# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The exported graph against the eager parts that it is made of."""

from dense_hand_pose.codec.config import DecodingConfig, METHODS
from dense_hand_pose.codec.decoding import decode
from dense_hand_pose.codec.encoding import DenseMaps, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth
from dense_hand_pose.network.config import CONFIGURATIONS, NetworkConfig
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.graph import example_inputs, export_graph, HandGraph
from dense_hand_pose.network.weights import find_weights, load_weights
from dense_hand_pose.synthesis.crops import render_crops
import pytest
from support.tiny import TINY, tiny_network
import torch
from torch import Tensor

# TensorRT has no converter for these, or wants a shape that it cannot know (tensorrt.md).
NEVER = ('max.dim', 'min.dim', 'max_pool2d_with_indices', 'nonzero', 'sort', 'inverse', 'svd')
TOLERANCE_M = 0.05e-3


def real_crops(count: int) -> tuple[Tensor, ...]:
    crops = render_crops(47, count)
    parts = (crops.depth, crops.center_m, crops.cube_size_m)
    return tuple(torch.from_numpy(part) for part in parts)


def in_parts(
    network: DenseRegressionNet, inputs: tuple[Tensor, ...], config: DecodingConfig
) -> Tensor:
    """Return the joints by the network with its normalisation unfolded, then the decoding."""
    crop, cube = inputs[0].unsqueeze(1), Cube(inputs[1], inputs[2])
    with torch.no_grad():
        channels = network(crop)[-1]
    maps = DenseMaps.from_channels(channels, network.config.joints)
    reach = SupportRadius(network.config.theta_m, network.config.tau_px)
    return decode(maps, lift(reduce_depth(crop), cube), cube, reach, config).joints_m


@pytest.mark.parametrize('method', METHODS)
def test_shipped_weights_give_the_joints_of_eager(method: str) -> None:
    config = DecodingConfig(method=method, weighted=method == 'soft')
    path = find_weights('default')
    inputs = real_crops(3)
    exported = export_graph(HandGraph(load_weights(path), config), 3)
    joints = exported.module()(*inputs)[0]
    expected = in_parts(load_weights(path), inputs, config)
    assert (joints - expected).norm(dim=-1).max() < TOLERANCE_M


@pytest.mark.parametrize('config', [TINY, CONFIGURATIONS['paper']], ids=['tiny', 'paper'])
def test_random_weights_give_the_joints_of_eager(config: NetworkConfig) -> None:
    decoding = DecodingConfig()
    inputs = real_crops(2)
    exported = export_graph(HandGraph(tiny_network(config), decoding), 2)
    joints = exported.module()(*inputs)[0]
    expected = in_parts(tiny_network(config), inputs, decoding)
    miss = (joints - expected).norm(dim=-1).flatten()
    # Candidates of a random network tie; folding may then pick another one.
    assert miss.quantile(0.9) < TOLERANCE_M


def test_no_operation_is_one_that_runtimes_lack() -> None:
    exported = export_graph(HandGraph(tiny_network(), DecodingConfig()), 1)
    names = {str(node.target) for node in exported.graph.nodes if node.op == 'call_function'}
    assert 'aten.topk.default' in names
    assert not [name for name in names if any(lacking in name for lacking in NEVER)]
    assert not exported.range_constraints, 'a size of the graph is not static'


@pytest.mark.parametrize('method', ['soft', 'dense_mean_shift'])
def test_votes_are_merged_without_what_draws_them_into_bfloat16(method: str) -> None:
    """What leads to a product of matrices, maps and votes too, OpenVINO computes in bfloat16."""
    exported = export_graph(HandGraph(tiny_network(), DecodingConfig(method=method)), 1)
    names = {str(node.target) for node in exported.graph.nodes if node.op == 'call_function'}
    products = ('matmul', 'bmm', 'einsum', 'linear', 'addmm')
    assert not [name for name in names if any(product in name for product in products)]


def test_the_maps_follow_where_they_are_asked_for() -> None:
    inputs = example_inputs(2)
    plain = HandGraph(tiny_network(), DecodingConfig())(*inputs)
    with_maps = HandGraph(tiny_network(), DecodingConfig(), maps=True)(*inputs)
    assert len(plain) == 5
    torch.testing.assert_close(with_maps[:5], plain, rtol=0.0, atol=0.0)
    with torch.no_grad():
        channels = tiny_network().for_inference()(inputs[0].unsqueeze(1))[-1]
    torch.testing.assert_close(with_maps[5], channels, rtol=0.0, atol=0.0)


def test_a_network_in_half_precision_leaves_the_decoding_in_float32() -> None:
    inputs = real_crops(2)
    config = DecodingConfig()
    full = HandGraph(load_weights(find_weights('default')), config)(*inputs)
    low = HandGraph(load_weights(find_weights('default')).bfloat16(), config)(*inputs)
    assert {part.dtype for part in low} == {torch.float32}
    assert (low[0] - full[0]).norm(dim=-1).mean() < 2e-3
