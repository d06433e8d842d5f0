# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The loss against float64 loops, its gradients against differences."""

from dense_hand_pose.codec.encoding import DenseMaps, encode, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth
from dense_hand_pose.training.config import LossConfig
from dense_hand_pose.training.data.synthetic import ABSENT, Batch, BESIDE, make_batch, PRESENT
from dense_hand_pose.training.objectives.dense import dense_loss
import numpy as np
import pytest
from support import dense_reference as reference
import torch

REACH = SupportRadius()


@pytest.fixture(scope='module')
def batch() -> Batch:
    return make_batch(99, 2)


def smooth_l1(difference: np.ndarray, beta: float) -> float:
    far = np.abs(difference)
    return float(np.where(far < beta, far**2 / (2 * beta), far - beta / 2).mean())


def loops_loss(stacks: list[np.ndarray], batch: Batch, config: LossConfig) -> dict[str, float]:
    """Sum the loss of all stacks in float64 with reference maps."""
    reduced = reduce_depth(batch.crop)[:, 0].double().numpy()
    centers, sizes = (part.double().numpy() for part in batch.cube)
    joints = batch.joints_m.double().numpy()
    total = dict.fromkeys(('heat_2d', 'heat_3d', 'direction', 'coordinates'), 0.0)
    wanted = [
        [reference.target_maps(j, d, c, a) for j in js]
        for js, d, c, a in zip(joints, reduced, centers, sizes, strict=True)
    ]
    for channels in stacks:
        difference: dict[str, list[np.ndarray]] = {name: [] for name in total}
        for b in range(len(joints)):
            points = reference.surface_points(reduced[b], centers[b], sizes[b])
            for j in range(21):
                r, s = channels[b, j], channels[b, 21 + j]
                v = channels[b, slice(42 + 3 * j, 45 + 3 * j)]
                difference['heat_2d'].append(r - wanted[b][j][0])
                difference['heat_3d'].append(s - wanted[b][j][1])
                difference['direction'].append(v - wanted[b][j][2])
                pull = np.exp(30.0 * s * (reduced[b] < 1.0))
                votes = points + reference.THETA_OF_CUBE * sizes[b] * (1.0 - s) * v
                joint = (pull * votes).sum(axis=(1, 2)) / pull.sum()
                difference['coordinates'].append((joint - joints[b, j]) / (sizes[b] / 2))
        for name, parts in difference.items():
            beta = config.coordinates_beta if name == 'coordinates' else config.beta
            total[name] += smooth_l1(np.stack(parts), beta)
    return total


def test_the_loss_is_its_formula(batch: Batch) -> None:
    generator = torch.Generator().manual_seed(4)
    outputs = [torch.randn(2, 105, 32, 32, generator=generator) * 0.5 for _ in range(2)]
    config = LossConfig(
        heat_2d=0.5, heat_3d=2.0, direction=3.0, coordinates=1.5, beta=0.07, coordinates_beta=0.2
    )
    losses = dense_loss(outputs, batch, REACH, config)
    expected = loops_loss([o.double().numpy() for o in outputs], batch, config)
    for name, value in expected.items():
        assert float(getattr(losses, name)) == pytest.approx(value, rel=1e-4)
    total = sum(getattr(config, name) * value for name, value in expected.items())
    assert float(losses.total) == pytest.approx(total, rel=1e-4)


def with_state(batch: Batch, *state: int) -> Batch:
    return batch._replace(state=torch.tensor(state))


def test_of_a_crop_without_a_hand_all_maps_are_to_be_zero(batch: Batch) -> None:
    config = LossConfig(beta=1.0)
    mixed = with_state(batch, PRESENT, ABSENT)
    one = Batch(batch.crop[:1], batch.joints_m[:1], Cube(*(part[:1] for part in batch.cube)))
    generator = torch.Generator().manual_seed(6)
    outputs = torch.randn(2, 105, 32, 32, generator=generator) * 0.5
    both, alone = (
        dense_loss([outputs], mixed, REACH, config),
        dense_loss([outputs[:1]], one, REACH, config),
    )
    zero = (outputs[1].double() ** 2 / 2).where(outputs[1].abs() < 1, outputs[1].abs() - 0.5)
    parts = {'heat_2d': zero[:21], 'heat_3d': zero[21:42], 'direction': zero[42:]}
    for name, values in parts.items():
        wanted = (float(getattr(alone, name)) + float(values.mean())) / 2
        assert float(getattr(both, name)) == pytest.approx(wanted, rel=1e-5), name
    assert float(both.coordinates) == pytest.approx(float(alone.coordinates), rel=1e-5)
    assert float(both.error_mm) == pytest.approx(float(alone.error_mm), rel=1e-5)


@pytest.mark.parametrize(
    'state', [(PRESENT, ABSENT), (PRESENT, BESIDE), (BESIDE, ABSENT), (BESIDE, BESIDE)]
)
def test_presence_is_asked_where_it_is_certain(batch: Batch, state: tuple[int, int]) -> None:
    config = LossConfig(presence=0.7)
    mixed = with_state(batch, *state)
    maps = torch.zeros(2, 105, 32, 32)
    odds = torch.tensor([[0.8], [-1.7]])
    without = dense_loss([maps], mixed, REACH, config).total
    told = dense_loss([maps, odds], mixed, REACH, config).total
    terms = [
        np.log1p(np.exp(-float(one) if kind == PRESENT else float(one)))
        for one, kind in zip(odds[:, 0], state, strict=True) if kind != BESIDE
    ]  # fmt: skip
    assert float(told - without) == pytest.approx(0.7 * np.mean(terms or [0.0]), rel=1e-4)
    # Where all are hands, as in a training on rendered hands alone, nothing is asked.
    assert (
        dense_loss([maps, odds], batch, REACH, config).total
        == dense_loss([maps], batch, REACH, config).total
    )


def test_perfect_maps_cost_nothing_but_the_soft_decoders_rest(batch: Batch) -> None:
    surface = lift(reduce_depth(batch.crop), batch.cube)
    maps: DenseMaps = encode(batch.joints_m, surface, batch.cube, REACH)
    channels = torch.cat([maps.heat_2d, maps.heat_3d, maps.direction.flatten(1, 2)], dim=1)
    losses = dense_loss([channels], batch, REACH, LossConfig())
    for part in (losses.heat_2d, losses.heat_3d, losses.direction):
        assert float(part) == pytest.approx(0.0, abs=1e-12)
    # All pixels have a say under a softmax; the mean shift of 5 votes would be exact.
    assert float(losses.error_mm) < 5.0


def test_every_weight_weighs_its_own_part(batch: Batch) -> None:
    channels = torch.randn(2, 105, 32, 32, generator=torch.Generator().manual_seed(1))
    off = {'heat_2d': 0.0, 'heat_3d': 0.0, 'direction': 0.0, 'coordinates': 0.0}
    for name in off:
        losses = dense_loss([channels], batch, REACH, LossConfig(**{**off, name: 2.0}))
        assert float(losses.total) == pytest.approx(2.0 * float(getattr(losses, name)), rel=1e-5)


def test_gradients_reach_all_maps_and_are_finite(batch: Batch) -> None:
    channels = torch.randn(2, 105, 32, 32, generator=torch.Generator().manual_seed(2))
    channels.requires_grad_(True)
    dense_loss([channels * 30.0], batch, REACH, LossConfig()).total.backward()
    assert channels.grad is not None
    assert torch.isfinite(channels.grad).all()
    for maps in (channels.grad[:, :21], channels.grad[:, 21:42], channels.grad[:, 42:]):
        assert maps.abs().max() > 0.0
