# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
More stacks on trained weights: the grown network computes what the trained one did.

A new stack is a copy of the last one. What it reads is the features that the last one read plus a
correction from that one's maps and features (Sec. 3.3), whose weights start at zero: so every
stack puts out the same maps at first, and training moves the corrections away from zero. The
presence head reads the last stack, which sees the same features, and needs no change.
"""

from dataclasses import replace

import torch
from torch import nn

from .config import NetworkConfig
from .dense_regression import DenseRegressionNet


def may_grow(trained: NetworkConfig, wanted: NetworkConfig) -> bool:
    """Say whether ``wanted`` is ``trained`` with more stacks and nothing else changed."""
    more = wanted.stacks > trained.stacks and trained.task == 'dense'
    return more and replace(trained, stacks=wanted.stacks) == wanted


@torch.no_grad()
def add_stacks(network: DenseRegressionNet, stacks: int) -> DenseRegressionNet:
    """
    Return a network of ``stacks`` stacks that gives the same maps, presence and side.

    The result is in the mode (training or evaluation), on the device and in the floating type of
    ``network``, which keeps its weights and shares none of them. Raises ValueError where the
    network has that many stacks already, or its normalisation is folded.
    """
    count = network.config.stacks
    if stacks <= count:
        raise ValueError(f'stacks = {stacks}: the network has {count}; ask for more of them')
    if not any(isinstance(module, nn.BatchNorm2d) for module in network.modules()):
        raise ValueError('the normalisation of the network is folded: load the weights again')
    grown = DenseRegressionNet(replace(network.config, stacks=stacks))
    if network.there is not None:
        grown.learn_presence()
    # What is in neither is the correction of a new stack.
    trained = _with_copies(network, stacks)
    tensors = {
        name: trained.get(name, torch.zeros_like(tensor))
        for name, tensor in grown.state_dict().items()
    }
    grown.load_state_dict(tensors)
    weight = next(network.parameters())
    return grown.to(weight.device, weight.dtype).train(network.training)


def _with_copies(network: DenseRegressionNet, stacks: int) -> dict[str, torch.Tensor]:
    """Return the network's tensors, those of its last stack again for each new one."""
    tensors = dict(network.state_dict())
    last = network.config.stacks - 1
    for part in ('hourglasses', 'heads'):
        prefix = f'{part}.{last}.'
        copied = {name: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
        for stack in range(last + 1, stacks):
            for name, tensor in copied.items():
                tensors[f'{part}.{stack}.{name.removeprefix(prefix)}'] = tensor
    return tensors
