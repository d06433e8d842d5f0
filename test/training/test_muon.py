# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The float32 Muon against PyTorch's own and a float64 polynomial of singular values."""

from dense_hand_pose.training.optimisers import Muon, orthogonalised
from hypothesis import given, strategies
import numpy as np
import pytest
import torch


def polynomial_of_singular_values(matrix: np.ndarray) -> np.ndarray:
    """Return what five quintic iterations make of a matrix, by its SVD in float64."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    values = values / np.linalg.norm(matrix)
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    return (left * values) @ right


@given(
    rows=strategies.integers(1, 40),
    columns=strategies.integers(1, 40),
    seed=strategies.integers(0, 10**6),
    exponent=strategies.integers(-6, 6),
)
def test_iterations_on_the_gram_matrix_are_those_on_singular_values(
    rows: int, columns: int, seed: int, exponent: int
) -> None:
    matrix = np.random.default_rng(seed).standard_normal((rows, columns)) * 10.0**exponent
    found = orthogonalised(torch.from_numpy(matrix.astype(np.float32))).double().numpy()
    np.testing.assert_allclose(found, polynomial_of_singular_values(matrix), atol=2e-4)


def test_a_matrix_of_low_rank_keeps_its_directions() -> None:
    random = np.random.default_rng(3)
    matrix = random.standard_normal((64, 3)) @ random.standard_normal((3, 500))
    values = np.linalg.svd(orthogonalised(torch.from_numpy(matrix).float()).numpy())[1]
    assert np.all((values[:3] > 0.6) & (values[:3] < 1.3))
    assert np.all(values[3:] < 1e-2)


def test_zeros_stay_zeros() -> None:
    assert torch.equal(orthogonalised(torch.zeros(4, 7)), torch.zeros(4, 7))


@pytest.mark.parametrize('shape', [(48, 432), (256, 128)])
def test_steps_are_those_of_pytorch(shape: tuple[int, int]) -> None:
    """The steps of PyTorch iterate in bfloat16, whose rounding is 2 ** -8 of a step."""
    generator = torch.Generator().manual_seed(5)
    start = torch.randn(shape, generator=generator)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    settings = {'lr': 0.01, 'weight_decay': 0.1}
    optimisers = [
        Muon([ours], **settings),
        torch.optim.Muon([theirs], **settings, adjust_lr_fn='match_rms_adamw'),
    ]
    for _ in range(3):
        gradient = torch.randn(shape, generator=generator)
        for parameter, optimiser in zip((ours, theirs), optimisers, strict=True):
            parameter.grad = gradient.clone()
            optimiser.step()
    moved = (theirs - start).norm()
    assert (ours - theirs).norm() < 0.02 * moved
    assert moved > 0.1


def test_what_is_no_matrix_is_refused() -> None:
    with pytest.raises(ValueError, match='AdamW'):
        Muon([torch.nn.Parameter(torch.zeros(2, 3, 4))], lr=0.01)


def test_a_closure_is_refused() -> None:
    with pytest.raises(ValueError, match='closure'):
        Muon([torch.nn.Parameter(torch.zeros(2, 3))], lr=0.01).step(lambda: 0.0)
