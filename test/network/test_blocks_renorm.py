# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Batch renormalisation against its formula in float64 (Ioffe 2017, Algorithm 1)."""

from dense_hand_pose.network.blocks import BatchRenorm2d, bounds, ConvNorm, renormalise
import numpy as np
import pytest
import torch
from torch import nn

EPSILON = 1e-5


def random_norm(batches: int) -> BatchRenorm2d:
    torch.manual_seed(2)
    norm = BatchRenorm2d(4)
    norm.weight.data.uniform_(0.5, 2.0)
    norm.bias.data.normal_()
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.3, 4.0)
    norm.num_batches_tracked.fill_(batches)
    return norm


@pytest.mark.parametrize('batches', [0, 5_000, 9_000, 20_000, 40_000, 90_000])
def test_training_is_the_formula(batches: int) -> None:
    norm = random_norm(batches)
    x = torch.randn(5, 4, 6, 6) * 3.0 + 1.0
    before_mean, before_var = norm.running_mean.double(), norm.running_var.double()
    y = norm(x)
    r_max = float(np.interp(batches, [5_000, 40_000], [1.0, 3.0]))
    d_max = float(np.interp(batches, [5_000, 25_000], [0.0, 5.0]))
    flat = x.double().transpose(0, 1).flatten(1)
    mean, sigma = flat.mean(dim=1), (flat.var(dim=1, correction=0) + EPSILON).sqrt()
    usual = (before_var + EPSILON).sqrt()
    r = (sigma / usual).clamp(1.0 / r_max, r_max)
    d = ((mean - before_mean) / usual).clamp(-d_max, d_max)
    shaped = [v.view(1, -1, 1, 1) for v in (mean, sigma, r, d, norm.weight, norm.bias)]
    mean4, sigma4, r4, d4, weight4, bias4 = shaped
    wanted = ((x.double() - mean4) / sigma4 * r4 + d4) * weight4 + bias4
    torch.testing.assert_close(y.double(), wanted, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(norm.running_mean.double(), before_mean * 0.99 + mean * 0.01)
    unbiased = flat.var(dim=1)
    torch.testing.assert_close(norm.running_var.double(), before_var * 0.99 + unbiased * 0.01)
    assert int(norm.num_batches_tracked) == batches + 1


def test_r_and_d_pass_no_gradients() -> None:
    """The gradient is that of x_hat r + d with r and d held: r times batch normalisation's."""
    norm = random_norm(60_000)
    x = torch.randn(5, 4, 6, 6, requires_grad=True)
    sigma = x.detach().transpose(0, 1).flatten(1).var(dim=1, correction=0).add(EPSILON).sqrt()
    r = (sigma / (norm.running_var + EPSILON).sqrt()).clamp(1 / 3, 3).view(1, -1, 1, 1)
    upstream = torch.randn(5, 4, 6, 6)
    norm(x).backward(upstream)
    plain_x = x.detach().clone().requires_grad_()
    plain = nn.functional.batch_norm(
        plain_x, None, None, norm.weight.detach(), norm.bias.detach(), training=True
    )
    plain.backward(upstream * r)
    torch.testing.assert_close(x.grad, plain_x.grad, rtol=1e-4, atol=1e-5)


def test_the_first_steps_are_batch_normalisation() -> None:
    assert bounds(0) == bounds(5_000) == (1.0, 0.0)
    assert bounds(10**6) == (3.0, 5.0)


def test_a_network_is_renormalised_in_place_and_evaluates_as_before() -> None:
    torch.manual_seed(1)
    block = ConvNorm(3, 4, 3)
    block.norm.running_mean.normal_()
    x = torch.randn(2, 3, 8, 8)
    before, state = block.eval()(x), block.state_dict()
    renormalise(block)
    assert isinstance(block.norm, BatchRenorm2d)
    assert block.state_dict().keys() == state.keys()
    torch.testing.assert_close(block.eval()(x), before, rtol=0.0, atol=0.0)
    block.fold()
    torch.testing.assert_close(block(x), before, rtol=1e-4, atol=1e-5)
