# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A network of a few thousand weights, for tests that need one and not its answers."""

from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.dense_regression import DenseRegressionNet
import torch

TINY = NetworkConfig(stacks=1, stem='folded', head='shared', widths=(16, 16, 16, 16, 16))


def tiny_network(config: NetworkConfig = TINY, seed: int = 0) -> DenseRegressionNet:
    """Return a random network with random running statistics, in evaluation mode."""
    torch.manual_seed(seed)
    network = DenseRegressionNet(config)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.3, 1.0)
            module.bias.data.normal_(0.0, 0.2)
            module.running_mean.normal_(0.0, 0.3)
            module.running_var.uniform_(0.5, 3.0)
    return network.eval()


def always_hand_network(seed: int = 0) -> DenseRegressionNet:
    """Return a tiny network whose R and S are high everywhere, so that it sees hands anywhere."""
    network = tiny_network(seed=seed)
    joints = network.config.joints
    maps = network.heads[-1].maps
    maps.weight.data.mul_(0.05)
    maps.bias.data[: 2 * joints] = 0.85
    return network
