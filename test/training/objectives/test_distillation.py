# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A teacher's maps are the targets, its joints too; labels are not read; a student learns them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.network.weights import save_weights, WeightsError
from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.data.synthetic import Batch
from dense_hand_pose.training.loop import Trainer
from dense_hand_pose.training.objectives.distillation import DistillationMethod, training_method
import pytest
from support.tiny import TINY, tiny_network
import torch
from torch import Tensor

CPU = torch.device('cpu')
STACKED = replace(TINY, stacks=2, widths=(24, 24, 24, 24, 24))


@pytest.fixture
def teacher(tmp_path: Path) -> Path:
    """Return the file of a network with two stacks, larger than the student."""
    path = tmp_path / 'teacher.safetensors'
    save_weights(tiny_network(STACKED, seed=5), path, {})
    return path


def settings(teacher: Path, **values: Any) -> TrainingConfig:
    return TrainingConfig(
        network=TINY, teacher=str(teacher), samples=1000, batch_size=4, validation_samples=2,
        warmup_steps=1, threads=1, precision='float32', seed=4, **values,
    )  # fmt: skip


def crops(count: int = 4) -> Batch:
    """Return smooth random surfaces: no renderer is needed, a teacher answers to any crop."""
    generator = torch.Generator().manual_seed(7)
    coarse = torch.rand(count, 1, 8, 8, generator=generator) * 1.6 - 0.8
    crop = torch.nn.functional.interpolate(coarse, size=128, mode='bilinear')
    crop[:, :, :20] = 1.0
    center_m = torch.tensor([[0.02, -0.03, 0.6]]).repeat(count, 1)
    return Batch(crop, torch.zeros(count, 21, 3), Cube(center_m, torch.full((count,), 0.25)))


def method(config: TrainingConfig) -> DistillationMethod:
    made = training_method(config, CPU)
    assert isinstance(made, DistillationMethod)
    return made


@torch.no_grad()
def channels_of(path: Path, batch: Batch) -> list[Tensor]:
    from dense_hand_pose.network.weights import load_weights

    outputs: list[Tensor] = load_weights(path)(batch.crop)
    return outputs


def test_the_targets_are_the_maps_of_the_teachers_last_stack(teacher: Path) -> None:
    batch = crops()
    first, last = channels_of(teacher, batch)
    maps, joints_m = method(settings(teacher)).targets(batch)
    flat = torch.cat([maps.heat_2d, maps.heat_3d, maps.direction.flatten(1, 2)], dim=1)
    torch.testing.assert_close(flat, last, rtol=1e-4, atol=1e-4)
    assert float((flat - first).abs().max()) > 0.01
    assert joints_m.shape == (4, 21, 3)
    assert not flat.requires_grad


def test_a_student_with_the_teachers_maps_has_no_loss_and_another_has_the_smooth_l1(
    teacher: Path,
) -> None:
    config = settings(teacher)
    config = replace(config, loss=replace(config.loss, beta=1.0))
    batch, distilled = crops(), method(config)
    last = channels_of(teacher, batch)[-1]
    same = distilled.loss([last], batch)
    assert float(same.total) < 1e-6
    other = distilled.loss([last + 0.1], batch)
    for value in (other.heat_2d, other.heat_3d, other.direction):
        assert float(value) == pytest.approx(0.5 * 0.1**2, rel=1e-3)


def test_labels_are_not_read(teacher: Path) -> None:
    batch, distilled = crops(), method(settings(teacher))
    outputs = [torch.zeros(4, 105, 32, 32)]
    plain = distilled.loss(outputs, batch)
    labelled = distilled.loss(outputs, batch._replace(joints_m=torch.randn(4, 21, 3)))
    assert torch.equal(plain.total, labelled.total)


def test_a_student_learns_from_the_teacher_in_a_few_steps(teacher: Path, tmp_path: Path) -> None:
    trainer = Trainer(settings(teacher, learning_rate=5e-3), tmp_path / 'student')
    batch = crops(2)
    losses = [trainer.step(batch) for _ in range(30)]
    totals = [float(loss.total.detach()) for loss in losses]
    assert totals[-1] < 0.7 * totals[0]
    assert float(losses[-1].heat_3d) < 0.85 * float(losses[0].heat_3d)
    assert float(losses[-1].error_mm) < 0.7 * float(losses[0].error_mm)
    teacher_net = trainer.method
    assert isinstance(teacher_net, DistillationMethod)
    assert isinstance(teacher_net.teacher, DenseRegressionNet)
    assert not any(p.requires_grad for p in teacher_net.teacher.parameters())
    assert not teacher_net.teacher.training


@pytest.mark.parametrize(
    ('change', 'words'),
    [({'theta_m': 0.06}, 'its theta_m is 0.06'), ({'tau_px': 3.0}, 'its tau_px is 3.0'),
     ({'joints': 14}, 'its joints is 14')],
)  # fmt: skip
def test_a_teacher_whose_maps_mean_something_else_is_refused(
    change: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = tmp_path / 'other.safetensors'
    save_weights(tiny_network(replace(TINY, **change)), path, {})
    with pytest.raises(ValueError, match=words):
        training_method(settings(path), CPU)


def test_a_teacher_that_does_not_ship_is_named() -> None:
    with pytest.raises(WeightsError, match="'no_such_model'"):
        training_method(settings(Path('no_such_model')), CPU)


@pytest.mark.parametrize(
    ('values', 'words'),
    [({'data': 'unlabelled'}, 'have no labels'), ({'data': 'nyu', 'teacher': 'large'}, 'nyu'),
     ({'data': 'searched', 'teacher': 'large'}, 'searched'), ({'teacher': 3}, 'teacher = 3')],
)  # fmt: skip
def test_settings_that_do_not_go_together(values: dict[str, Any], words: str) -> None:
    network = replace(TINY, joints=14) if values.get('data') == 'nyu' else TINY
    with pytest.raises(ValueError, match=words):
        TrainingConfig(network=network, **values)
