# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Crops of recorded frames: geometry of the augmentation, order of the frames, and a training."""

from dataclasses import replace
from pathlib import Path

from dense_hand_pose.camera.crop import crop_depth, CropWindow
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.cli import main
from dense_hand_pose.codec.map_geometry import Cube, project_to_map
from dense_hand_pose.datasets.icvl import open_icvl
from dense_hand_pose.datasets.opening import open_part
from dense_hand_pose.evaluation.predictions.text_files import read_poses_m
from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.training.config import load_config, TrainingConfig
from dense_hand_pose.training.data.augmentation import (
    Augmentation,
    Change,
    changed_crop,
    changed_joints,
    draw_change,
)
from dense_hand_pose.training.data.datasets import RecordedBatches
from dense_hand_pose.training.data.sources import open_source
from dense_hand_pose.training.data.synthetic import Batch
from dense_hand_pose.training.distributed import Group
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest
from support.miniatures import write_icvl, write_msra, write_nyu
import torch
import yaml

CAMERA = Intrinsics(475.0, 470.0, 320.0, 240.0)
WINDOW = CropWindow((0.05, -0.03, 0.6), 0.3, CAMERA)
CONFIGS = Path(__file__).parents[2] / 'config' / 'train'
WRITERS = {'nyu': write_nyu, 'icvl': write_icvl, 'msra': write_msra}


def scene() -> np.ndarray:
    """Return a depth image of smooth hills within the cube."""
    v, u = np.mgrid[0:480, 0:640]
    return (0.6 + 0.1 * np.sin(u / 40.0) * np.cos(v / 30.0)).astype(np.float32)


def joints(seed: int = 0) -> np.ndarray:
    return np.array(WINDOW.center_m) + np.random.default_rng(seed).uniform(-0.1, 0.1, (21, 3))


def test_no_change_is_the_usual_crop() -> None:
    change = Change(WINDOW, np.eye(2))
    np.testing.assert_array_equal(changed_crop(scene(), change), crop_depth(scene(), WINDOW))
    np.testing.assert_allclose(changed_joints(joints(), change), joints(), atol=1e-12)


def test_a_quarter_turn_turns_the_picture() -> None:
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])  # u' = -v, v' = u: clockwise where v points down
    turned = changed_crop(scene(), Change(WINDOW, turn))
    usual = crop_depth(scene(), WINDOW)
    same = np.isclose(turned, np.rot90(usual, -1), atol=0.02)
    assert same.mean() > 0.99
    assert np.isclose(turned, usual, atol=0.02).mean() < 0.5


@given(st.integers(0, 2**32))
def test_joints_move_as_their_pixels_do(seed: int) -> None:
    """Map coordinates about the middle are turned and stretched; depths stay."""
    rng = np.random.default_rng(seed)
    change = draw_change(rng, joints(seed), CAMERA, 0.3, Augmentation())
    moved = changed_joints(joints(seed), change)
    np.testing.assert_array_equal(moved[:, 2], joints(seed)[:, 2])
    cube = Cube(
        torch.tensor([change.window.center_m], dtype=torch.float64),
        torch.tensor([change.window.cube_size_m], dtype=torch.float64),
    )
    before, after = (
        project_to_map(torch.from_numpy(points)[None], cube)[0].numpy() - 15.5
        for points in (joints(seed), moved)
    )
    np.testing.assert_allclose(after, before @ change.turn.T, atol=1e-9)
    s = np.linalg.svd(change.turn, compute_uv=False)
    assert 0.9 <= s.min() <= s.max() <= 1.1
    assert np.linalg.det(change.turn) > 0.0, 'a left hand must stay one'
    assert 0.27 <= change.window.cube_size_m <= 0.33


def test_a_mark_in_the_image_goes_where_its_joint_goes() -> None:
    """A spike of depth at a joint's pixel is found at the moved joint's pixel of the crop."""
    rng = np.random.default_rng(3)
    point = np.array([[0.02, 0.04, 0.55]])
    depth = np.zeros((480, 640), np.float32)
    u, v = CAMERA.fx * 0.02 / 0.55 + CAMERA.cx, CAMERA.fy * 0.04 / 0.55 + CAMERA.cy
    v0, u0 = round(v) - 1, round(u) - 1
    v1, u1 = v0 + 3, u0 + 3
    depth[v0:v1, u0:u1] = 0.55
    for _ in range(20):
        change = draw_change(rng, point, CAMERA, 0.3, Augmentation(center_m=0.03))
        rows, columns = np.nonzero(changed_crop(depth, change) < 1.0)
        cube = Cube(torch.tensor([change.window.center_m]),
                    torch.tensor([change.window.cube_size_m]))  # fmt: skip
        moved = torch.from_numpy(changed_joints(point, change)).float()[None]
        wanted = project_to_map(moved, cube, 128)[0, 0].numpy()
        np.testing.assert_allclose((columns.mean(), rows.mean()), wanted, atol=1.0)


@pytest.fixture(scope='module')
def icvl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp('icvl')
    write_icvl(root)
    return root


def batches(root: Path, rank: int = 0, ranks: int = 1, first: int = 0) -> RecordedBatches:
    frames = open_icvl(root, 'train')
    return RecordedBatches(frames, Augmentation(), 0.3, 5, 4, first, rank, ranks)


def same(a: Batch, b: Batch) -> bool:
    return torch.equal(a.crop, b.crop) and torch.equal(a.joints_m, b.joints_m)


def test_processes_share_a_batch_and_resuming_goes_on(icvl: Path) -> None:
    whole = iter(batches(icvl))
    first, second = next(whole), next(whole)
    parts = [next(iter(batches(icvl, rank, 2))) for rank in (0, 1)]
    assert torch.equal(torch.cat([part.crop for part in parts]), first.crop)
    assert torch.equal(torch.cat([part.joints_m for part in parts]), first.joints_m)
    assert same(next(iter(batches(icvl, first=1))), second)
    assert not same(first, second)


def test_every_frame_comes_once_an_epoch(icvl: Path) -> None:
    source = batches(icvl)
    places = [source._index(place) for place in range(30)]
    epochs = np.array(places).reshape(-1, 3)
    assert (np.sort(epochs, axis=1) == (0, 1, 2)).all()
    assert len({tuple(epoch) for epoch in epochs}) > 1


@pytest.mark.parametrize('name', ['nyu', 'icvl', 'msra'])
def test_training_predicting_and_evaluating_a_miniature(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The shipped configuration, its network and budget made small, through all three commands."""
    root, run = tmp_path / 'root', tmp_path / 'run'
    WRITERS[name](root)
    values = yaml.safe_load((CONFIGS / f'{name}.yaml').read_text())
    # After two steps only the coordinates of this baseline lie in the image for certain.
    small = {'task': 'coordinates', 'stacks': 1, 'stem': 'folded', 'widths': [8] * 5}
    values['network'].update(small)
    values.update(samples=4, batch_size=2, workers=1, validation_samples=3, threads=1)
    config = tmp_path / 'small.yaml'
    config.write_text(yaml.safe_dump(values))
    train = ['train', '--config', str(config), '--out', str(run)]
    train += ['--held-out', 'P4'] if name == 'msra' else []
    assert main(train) == 2
    assert 'add --data ROOT' in capsys.readouterr().err
    assert main([*train, '--data', str(root)]) == 0
    files = [str(tmp_path / 'mine.txt'), str(tmp_path / 'labels.txt')]
    words = ['predict', '--run', str(run), '--data', str(root), '--out', files[0]]
    assert main([*words, '--labels', files[1]]) == 0
    part = ['--part', 'P4'] if name == 'msra' else []
    measured = [
        'evaluate',
        'predictions',
        '--dataset',
        name,
        '--predictions',
        files[0],
        '--labels',
        files[1],
    ]
    sheet = ['--images', str(root), *part, '--out', str(tmp_path / 'results')]
    assert main([*measured, *sheet]) == 0
    assert (tmp_path / 'results' / 'poses.png').stat().st_size > 1_000
    test = open_part(name, root, 'P4' if part else 'test')
    assert len((tmp_path / 'mine.txt').read_text().splitlines()) == len(test)
    labels_m = read_poses_m(tmp_path / 'labels.txt', test.facts)
    np.testing.assert_allclose(labels_m, test.joints_m, atol=2e-6)


@pytest.mark.parametrize('name', ['nyu', 'icvl', 'msra', 'synthetic'])
def test_the_shipped_configurations_are_the_paper_s(name: str) -> None:
    config = load_config(CONFIGS / f'{name}.yaml')
    assert (config.data, config.batch_size, config.optimiser) == (name, 40, 'adam')
    assert (config.learning_rate, config.network.stacks, config.batch_renorm) == (1e-3, 2, True)
    assert config.augmentation == Augmentation()


def test_validation_frames_are_unchanged_and_shared(icvl: Path) -> None:
    config = TrainingConfig(
        data='icvl', network=NetworkConfig(joints=16), batch_size=2, validation_samples=5
    )
    source = open_source(config, icvl)
    whole = source.validation(Group())
    assert [len(batch.crop) for batch in whole] == [2, 2, 1]
    test = open_icvl(icvl, 'test')
    torch.testing.assert_close(whole[0].joints_m, torch.from_numpy(test.joints_m[:2]).float())
    shared = [source.validation(Group(rank, 2)) for rank in (0, 1)]
    assert same(shared[1][0], whole[1])
    with pytest.raises(ValueError, match='fewer than processes'):
        source.validation(Group(3, 4))
    with pytest.raises(ValueError, match='needs no folder'):
        open_source(replace(config, data='synthetic', network=NetworkConfig()), icvl)
