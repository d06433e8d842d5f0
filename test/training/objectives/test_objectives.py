# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's baselines: ideal outputs decode to the truth and cost nothing; all of them learn."""

from dataclasses import replace
from pathlib import Path

from dense_hand_pose.codec.encoding import encode, SupportRadius
from dense_hand_pose.codec.map_geometry import lift, project_to_map, reduce_depth
from dense_hand_pose.network.baselines import build_network
from dense_hand_pose.network.config import NetworkConfig, TASKS
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.training.config import LossConfig, TrainingConfig
from dense_hand_pose.training.data.synthetic import Batch, make_batch
from dense_hand_pose.training.loop import Trainer
from dense_hand_pose.training.objectives.baselines import lifted
from dense_hand_pose.training.objectives.objectives import method_of
import pytest
import torch

REACH = SupportRadius()
BASELINES = [task for task in TASKS if task not in ('dense', 'detector')]
TINY = NetworkConfig(stacks=1, stem='folded', head='shared', widths=(16,) * 5)


@pytest.fixture(scope='module')
def batch() -> Batch:
    return make_batch(77, 3)


def ideal(task: str, batch: Batch) -> list[torch.Tensor]:
    """Return what a perfect network of a task puts out."""
    surface = lift(reduce_depth(batch.crop), batch.cube)
    maps = encode(batch.joints_m, surface, batch.cube, REACH)
    half = batch.cube.size_m.view(-1, 1, 1) / 2
    relative = (batch.joints_m - batch.cube.center_m[:, None]) / half
    if task == 'dense':
        return [torch.cat([maps.heat_2d, maps.heat_3d, maps.direction.flatten(1, 2)], dim=1)]
    if task == 'coordinates':
        return [relative.flatten(1)]
    if task == 'detection_coordinates':
        return [maps.heat_2d, relative.flatten(1)]
    if task == 'detection_depth':
        return [maps.heat_2d, relative[..., 2]]
    theta = REACH.theta_of(batch.cube).view(-1, 1, 1, 1, 1)
    offset = (batch.joints_m[..., None, None] - surface.points_m[:, None]) / theta
    return [torch.cat([maps.heat_2d, offset.flatten(1, 2)], dim=1)]


@pytest.mark.parametrize(
    ('task', 'limit_mm'),
    # The heat maps' pixels are 9 mm wide; and pixels of a high 2D score may lie on another
    # surface than the joint, but an ideal offset finds it from there.
    [('dense', 15.0), ('coordinates', 0.01), ('detection_coordinates', 0.01),
     ('detection_depth', 4.0), ('offset', 0.1)],
)  # fmt: skip
def test_ideal_outputs_decode_to_the_truth(task: str, limit_mm: float, batch: Batch) -> None:
    method = method_of(replace(TINY, task=task), LossConfig())
    seen = inside(batch)
    for joints in method.joints(ideal(task, batch), batch):
        error_mm = (joints - batch.joints_m).norm(dim=-1)[seen] * 1000.0
        assert float(error_mm.median()) < limit_mm


def inside(batch: Batch) -> torch.Tensor:
    """Say which joints (B, J) project well into the map and lie in the cube."""
    pixels = project_to_map(batch.joints_m, batch.cube)
    return ((pixels > 3.0) & (pixels < 28.0)).all(dim=-1)


@pytest.mark.parametrize('task', BASELINES)
def test_ideal_outputs_cost_nothing(task: str, batch: Batch) -> None:
    method = method_of(replace(TINY, task=task), LossConfig())
    assert float(method.loss(ideal(task, batch), batch).total) < 1e-9
    worse = [output + 0.1 for output in ideal(task, batch)]
    assert float(method.loss(worse, batch).total) > 1e-3


def test_offsets_beyond_theta_do_not_count(batch: Batch) -> None:
    """The mask of Fig. 2c: whatever is far from a joint may say anything."""
    method = method_of(replace(TINY, task='offset'), LossConfig())
    outputs = ideal('offset', batch)
    surface = lift(reduce_depth(batch.crop), batch.cube)
    far = encode(batch.joints_m, surface, batch.cube, REACH).heat_3d == 0.0
    noise = 5.0 * torch.randn_like(outputs[0][:, 21:]) * far.repeat_interleave(3, dim=1)
    outputs[0] = torch.cat([outputs[0][:, :21], outputs[0][:, 21:] + noise], dim=1)
    assert float(noise.abs().max()) > 1.0
    assert float(method.loss(outputs, batch).total) < 1e-9


def test_lifting_inverts_the_projection(batch: Batch) -> None:
    pixels = project_to_map(batch.joints_m, batch.cube)
    points = lifted(pixels, batch.joints_m[..., 2], batch.cube, 32)
    torch.testing.assert_close(points, batch.joints_m, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize('stacks', [1, 2])
@pytest.mark.parametrize('task', BASELINES)
def test_outputs_and_gradients_of_every_stack(task: str, stacks: int, batch: Batch) -> None:
    torch.manual_seed(0)
    network = build_network(replace(TINY, task=task, stacks=stacks))
    outputs = network(batch.crop)
    regressed = {'coordinates': 63, 'detection_coordinates': 63, 'detection_depth': 21}
    maps = {'coordinates': 0, 'offset': 84}.get(task, 21)
    shapes = [tuple(output.shape) for output in outputs]
    count = stacks if maps else 0
    last = [(3, regressed[task])] if task in regressed else []
    assert shapes == [(3, maps, 32, 32)] * count + last
    method = method_of(network.config, LossConfig())
    method.loss(outputs, batch).total.backward()
    silent = [n for n, p in network.named_parameters() if p.grad is None]
    assert not silent


@pytest.mark.parametrize('task', BASELINES)
def test_every_baseline_trains_resumes_and_exports_no_weights(task: str, tmp_path: Path) -> None:
    config = TrainingConfig(
        network=replace(TINY, task=task), samples=4, batch_size=2, validation_samples=2,
        threads=1, warmup_steps=1,
    )  # fmt: skip
    Trainer(config, tmp_path).run()
    assert sorted(p.name for p in tmp_path.iterdir()) == ['checkpoint.safetensors', 'log.csv']
    assert Trainer(config, tmp_path, resume=True).progress.step == 2


@pytest.mark.parametrize('task', BASELINES)
def test_every_baseline_learns_three_hands(task: str, batch: Batch, tmp_path: Path) -> None:
    config = TrainingConfig(
        network=replace(TINY, task=task), samples=10**6, batch_size=3, validation_samples=2,
        threads=1, warmup_steps=1, precision='float32', learning_rate=5e-3,
    )  # fmt: skip
    trainer = Trainer(config, tmp_path)
    losses = [trainer.step(batch) for _ in range(100)]
    assert float(losses[-1].total.detach()) < 0.5 * float(losses[0].total.detach())
    assert float(losses[-1].error_mm) < 0.75 * float(losses[0].error_mm)


def test_a_baseline_is_no_dense_network() -> None:
    with pytest.raises(ValueError, match="task = 'offset'"):
        DenseRegressionNet(replace(TINY, task='offset'))
    with pytest.raises(ValueError, match="task = 'magic'"):
        replace(TINY, task='magic')
    config = replace(TINY, task='detection_depth')
    assert NetworkConfig.from_dict(config.to_dict()) == config
    assert 'task' not in TINY.to_dict()
