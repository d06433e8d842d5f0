# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Crops without labels: cut out of bags by a teacher, kept in a file, trained on."""

from itertools import islice
from pathlib import Path

from dense_hand_pose.bags.sample import SampleOptions, write_sample
from dense_hand_pose.camera.crop import BACKGROUND
from dense_hand_pose.cli import main
from dense_hand_pose.codec.map_geometry import Cube
from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.data import unlabelled
from dense_hand_pose.training.data.synthetic import Batch, make_batch
from dense_hand_pose.training.data.unlabelled import (
    ensure_unlabelled_crops,
    FILE,
    load_unlabelled_crops,
    UnlabelledBatches,
    UnlabelledCrops,
)
import pytest
from support.tiny import TINY
import torch

CONFIG = TrainingConfig(network=TINY, data='unlabelled', teacher='default', samples=4)


@pytest.fixture(scope='module')
def bags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a bag of a hand, and a file that is no bag."""
    folder = tmp_path_factory.mktemp('bags')
    write_sample(folder / 'hand', SampleOptions(seconds=7 / 30))
    (folder / 'notes.txt').write_text('no bag')
    return folder


@pytest.fixture(scope='module')
def crops(bags: Path) -> UnlabelledCrops:
    ensure_unlabelled_crops(bags, CONFIG)
    return load_unlabelled_crops(bags)


def test_every_third_frames_hand_is_cut_twice(crops: UnlabelledCrops) -> None:
    assert 4 <= len(crops.crops) <= 6  # of frames 0, 3 and 6
    assert len(crops.crops) % 2 == 0
    assert crops.crops.dtype == torch.uint8
    shown = (crops.crops != 255).float().mean(dim=(1, 2))
    assert bool((shown > 0.05).all()), 'a crop without a hand'
    assert not torch.equal(crops.center_m[0], crops.center_m[1]), 'the views are the same'


@pytest.mark.usefixtures('crops')
def test_the_file_is_kept_and_a_damaged_one_named(
    bags: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object) -> UnlabelledCrops:
        raise AssertionError('cut again')

    monkeypatch.setattr(unlabelled, 'cut_crops', refuse)
    ensure_unlabelled_crops(bags, CONFIG)
    (tmp_path / FILE).write_bytes((bags / FILE).read_bytes()[:-10])
    with pytest.raises(ValueError, match=FILE):
        load_unlabelled_crops(tmp_path)


def test_folders_without_hands_are_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match='add --data DIR'):
        ensure_unlabelled_crops(None, CONFIG)
    (tmp_path / 'notes.txt').write_text('no bag')
    with pytest.raises(ValueError, match='no hand is found'):
        ensure_unlabelled_crops(tmp_path, CONFIG)


def test_batches_depend_on_their_number_alone_and_ranks_share_them(
    crops: UnlabelledCrops,
) -> None:
    rendered = make_batch(1, 2)

    def first_two(_seed: int, count: int, _first: int = 0) -> Batch:
        cube = Cube(*(part[:count] for part in rendered.cube))
        return Batch(rendered.crop[:count], rendered.joints_m[:count], cube)

    def number(i: int, first: int, rank: int = 0, ranks: int = 1) -> Batch:
        stream = iter(UnlabelledBatches(crops, 3, 4, first, rank, ranks, first_two))
        return next(islice(stream, i, None))

    straight, resumed = number(2, 0), number(0, 2)
    assert torch.equal(straight.crop, resumed.crop)
    assert straight.crop.shape == (4, 1, 128, 128)
    assert torch.equal(straight.crop[:2], rendered.crop)
    assert not bool(straight.joints_m[2:].any())
    assert not torch.equal(number(0, 0, rank=0, ranks=2).crop, number(0, 0, rank=1, ranks=2).crop)
    known = {bytes(code.numpy()) for code in crops.crops}
    for crop in straight.crop[2:, 0]:
        codes = torch.where(crop < BACKGROUND, ((crop + 1) * 127).round(), torch.tensor(255.0))
        plain, flipped = (bytes(c.to(torch.uint8).numpy()) for c in (codes, codes.flip(1)))
        assert plain in known or flipped in known


def test_the_command_cuts_and_trains(bags: Path, tmp_path: Path) -> None:
    config = tmp_path / 'c.yaml'
    config.write_text(
        'network: {stacks: 1, stem: folded, head: shared, widths: [8, 8, 8, 8, 8]}\n'
        'data: unlabelled\nteacher: default\nsamples: 8\nbatch_size: 4\nvalidation_samples: 2\n'
        'threads: 1\nprecision: float32\n'
    )
    out = tmp_path / 'out'
    assert main(['train', '--config', str(config), '--data', str(bags), '--out', str(out)]) == 0
    card = (out / 'weights.md').read_text()
    assert 'half of each batch are unlabelled crops of bags' in card
    assert 'the targets are the maps of `default` (SHA-256 ' in card
