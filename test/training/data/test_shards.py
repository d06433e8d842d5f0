# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Crops come out of a shard as they went in, and a training from shards is the same."""

from dataclasses import replace
from pathlib import Path
import pickle
from typing import Any
import zlib

from dense_hand_pose.cli import main
from dense_hand_pose.training.config import TrainingConfig
from dense_hand_pose.training.data.render_shards import Part, plan, render
from dense_hand_pose.training.data.shards import (
    pack_crop,
    Shard,
    ShardError,
    Shards,
    unpack_crop,
    write_shard,
)  # fmt: skip
from dense_hand_pose.training.data.sources import open_source
from dense_hand_pose.training.data.synthetic import Batch, loader_of, make_batch, SyntheticBatches
from dense_hand_pose.training.loop import Trainer
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from safetensors import safe_open
from safetensors.torch import load_file
from support.tiny import TINY
import torch

CONFIG = TrainingConfig(
    network=TINY, samples=12, batch_size=2, validation_samples=3, warmup_steps=2, threads=1, seed=4
)
YAML = (
    'network: {stacks: 1, stem: folded, head: shared, widths: [16, 16, 16, 16, 16]}\n'
    'samples: 12\nbatch_size: 2\nvalidation_samples: 3\nseed: 4\n'
)


def ignore(_done: int, _total: int) -> None:
    pass


def never(_seed: int, _count: int, _first: int) -> Batch:
    raise AssertionError('rendered although the shard holds it')


def same(a: Batch, b: Batch) -> bool:
    pairs = zip((a.crop, a.joints_m, *a.cube), (b.crop, b.joints_m, *b.cube), strict=True)
    return all(torch.equal(x.view(torch.int32), y.view(torch.int32)) for x, y in pairs)


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp('shards')
    render(out, plan(CONFIG), Part(), 1, ignore)
    return out


@given(
    colours=st.sampled_from([1, 2, 255, 256, 257, 3000, 16384]),
    seed=st.integers(0, 2**32 - 1),
    sign=st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_any_crop_is_kept_to_the_last_bit(colours: int, seed: int, sign: bool) -> None:
    rng = np.random.default_rng(seed)
    palette = rng.normal(size=colours).astype(np.float32)
    if sign:
        palette[0] = -0.0
    crop = palette[rng.integers(0, colours, (128, 128))]
    again = unpack_crop(pack_crop(crop))
    assert np.array_equal(again.view(np.uint32), crop.view(np.uint32))


@pytest.mark.parametrize(
    'body',
    [b'', b'x' * 100, b'x' * (128 * 128), b'x' * (2 * 128 * 128), b'x' * 3 * 128 * 128 + b'yz',
     b'\0' * 10_000_000],
)  # fmt: skip
def test_what_is_no_crop_is_refused_and_takes_no_memory(body: bytes) -> None:
    with pytest.raises((ValueError, IndexError)):
        unpack_crop(zlib.compress(body))


@pytest.mark.parametrize(('count', 'first'), [(2, 0), (1, 0), (1, 1)])
@pytest.mark.parametrize('i', [0, 2, 5])
def test_rows_of_any_batch_are_those_of_the_renderer(
    folder: Path, i: int, count: int, first: int
) -> None:
    seed = CONFIG.seed * 2**24 + i
    assert same(Shards(folder, never).batch(seed, count, first), make_batch(seed, count, first))


def test_what_the_folder_lacks_is_rendered(folder: Path) -> None:
    shards = Shards(folder)
    first = CONFIG.seed * 2**24
    for seed, count in ((first + 6, 2), (first - 1, 1), (first, 3)):
        assert not shards.holds(seed, count)
        assert same(shards.batch(seed, count), make_batch(seed, count))


def test_a_loader_with_workers_gives_the_stream_of_the_renderer(folder: Path) -> None:
    shards = pickle.loads(pickle.dumps(Shards(folder, never)))  # noqa: S301 (our own bytes)
    read = iter(loader_of(SyntheticBatches(CONFIG.seed, 2, 0, make=shards.batch), workers=2))
    made = iter(SyntheticBatches(CONFIG.seed, 2, 0))
    for _ in range(6):
        assert same(next(read), next(made))


@pytest.mark.parametrize('workers', [1, 2])
def test_a_training_from_shards_is_the_training_from_the_renderer(
    folder: Path, tmp_path: Path, workers: int
) -> None:
    config = replace(CONFIG, workers=workers)
    Trainer(config, tmp_path / 'rendered').run()
    trainer = Trainer(config, tmp_path / 'read', shards=folder)
    trainer.source.make = Shards(folder, never).batch
    trainer.run()
    rendered, read = (
        load_file(tmp_path / name / 'checkpoint.safetensors') for name in ('rendered', 'read')
    )
    assert rendered.keys() == read.keys()
    for key in rendered:
        assert torch.equal(rendered[key], read[key]), key


def contents_of(path: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Return metadata and tensors; their order in a file is no property of safetensors."""
    with safe_open(path, 'numpy') as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        whole = {name: (str(a.dtype), a.shape, a.tobytes()) for name, a in arrays.items()}
        return file.metadata(), whole


def test_machines_share_the_work_and_an_interrupted_one_goes_on(tmp_path: Path) -> None:
    shards = [Shard(100 + i, 1, 1) for i in range(5)]
    done = render(tmp_path, shards, Part(2, 2), 1, ignore)
    assert (done.made, done.there, done.crops) == (2, 0, 2)
    kept = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert sorted(kept) == [shards[1].name, shards[3].name]
    (tmp_path / shards[3].name).unlink()
    done = render(tmp_path, shards, Part(), 2, ignore)
    assert (done.made, done.there) == (4, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [shard.name for shard in shards]
    assert (tmp_path / shards[1].name).stat().st_mtime_ns == kept[shards[1].name]
    (tmp_path / 'other').mkdir()
    other = write_shard(tmp_path / 'other', shards[0])
    assert contents_of(other) == contents_of(tmp_path / shards[0].name), 'the same on any machine'


def test_the_plan_has_validation_and_every_batch_once() -> None:
    config = replace(CONFIG, batch_size=64, samples=64 * 130, validation_samples=130)
    shards = plan(config)
    assert [(s.seeds, s.count) for s in shards] == [
        (1, 64), (1, 64), (1, 2), (64, 64), (64, 64), (2, 64)
    ]  # fmt: skip
    assert [s.first - config.seed * 2**24 for s in shards[3:]] == [0, 64, 128]
    searched = replace(config, data='searched')
    assert {s.count for s in plan(searched)[3:]} == {32}
    assert {s.count for s in plan(replace(searched, processes=2))[3:]} == {64}
    assert len(plan(config, crops=64)) == 4


def test_shards_of_another_renderer_are_refused(folder: Path, tmp_path: Path) -> None:
    def other(seed: int, count: int, first: int) -> Batch:
        batch = make_batch(seed, count, first)
        return batch._replace(joints_m=batch.joints_m + 0.001)

    write_shard(tmp_path, Shard(7, 1, 2), other)
    with pytest.raises(ValueError, match='another version of the renderer'):
        open_source(CONFIG, None, tmp_path)
    with pytest.raises(ValueError, match='another version of the renderer'):
        render(tmp_path, [Shard(8, 1, 1)], Part(), 1, ignore)
    assert Shards(folder).other_renderer() is None


@pytest.mark.parametrize('damage', ['cut', 'flipped', 'foreign', 'empty'])
def test_a_damaged_shard_is_named(folder: Path, tmp_path: Path, damage: str) -> None:
    name = next(p.name for p in folder.iterdir() if '000006x' in p.name)
    data = bytearray((folder / name).read_bytes())
    if damage == 'flipped':
        data[2000:2100] = bytes(b ^ 0x5A for b in data[2000:2100])
    changed = {
        'cut': data[:-50], 'flipped': data, 'empty': b'',
        'foreign': data.replace(b'dense_hand_pose/shard/1', b'dense_hand_pose/shard/9'),
    }[damage]  # fmt: skip
    (tmp_path / name).write_bytes(changed)
    shards = Shards(tmp_path)
    with pytest.raises(ShardError, match=rf'{name}: damaged .* run `render-shards` again'):
        for i in range(6):
            shards.batch(CONFIG.seed * 2**24 + i, 2)


def test_folders_that_are_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match='no shards'):
        Shards(tmp_path)
    with pytest.raises(ShardError, match='No such file'):
        Shards(tmp_path / 'none')


@pytest.mark.parametrize('text', ['0/2', '3/2', '1', 'a/b', '1/2/3', '-1/2'])
def test_a_part_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match='expected'):
        Part.parse(text)


def test_the_commands_render_and_train(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'train.yaml').write_text(YAML)
    arguments = ['render-shards', '--config', str(tmp_path / 'train.yaml'), '--out']
    assert main([*arguments, str(tmp_path / 'out'), '--processes', '1']) == 0
    said = capsys.readouterr().out
    assert '3 shards of 15 crops' in said
    assert 'bytes a crop; one core reads' in said
    assert main([*arguments, str(tmp_path / 'out'), '--processes', '1']) == 0
    assert 'shards of' not in capsys.readouterr().out, 'nothing was left to render'
    training = ['train', *arguments[1:], str(tmp_path / 'run'), '--shards']
    assert main([*training, str(tmp_path / 'out')]) == 0
    assert (tmp_path / 'run' / 'weights.safetensors').exists()
    assert main([*training[:-2], str(tmp_path / 'no'), '--shards', str(tmp_path / 'run')]) == 2
    assert 'no shards; `render-shards` makes them' in capsys.readouterr().err
    assert main([*arguments, str(tmp_path / 'out'), '--part', '3/2']) == 2
    assert 'part 3/2: expected 1/N to N/N' in capsys.readouterr().err


@pytest.mark.parametrize(
    ('change', 'reason'),
    [
        ({'samples': 0, 'minutes': 1.0}, 'samples = 0'),
        ({'data': 'icvl', 'network': replace(TINY, joints=16)}, 'data: icvl'),
        ({'network': replace(TINY, task='detector')}, 'frames of scenes'),
    ],
)
def test_trainings_without_rendered_crops_are_refused(change: dict, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        plan(replace(CONFIG, **change))
