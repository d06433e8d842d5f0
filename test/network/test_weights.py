# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Weight files: the round trip, and every file that is not one."""

import hashlib
import json
from pathlib import Path
import pickle

from dense_hand_pose.network import weight_file
from dense_hand_pose.network.weight_file import read_config, SUMS
from dense_hand_pose.network.weights import (
    find_weights,
    load_weights,
    MODELS_DIR,
    save_weights,
    WeightsError,
    write_atomically,
)  # fmt: skip
import numpy as np
import pytest
from safetensors.torch import load_file, save_file
from support.tiny import TINY, tiny_network
import torch

METADATA = {'format': 'dense_hand_pose/1', 'network': json.dumps(TINY.to_dict())}


@pytest.fixture(scope='module')
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp('weights') / 'good.safetensors'
    save_weights(tiny_network(), path, {'samples': '7'})
    return path


def rewritten(good: Path, to: Path, **changes: str | None) -> Path:
    """Write the good tensors again under other metadata."""
    kept = {k: v for k, v in {**METADATA, **changes}.items() if v is not None}
    save_file(load_file(good), to, kept)
    return to


def assert_refused(path: Path, words: str = '') -> None:
    with pytest.raises(WeightsError, match=words or None) as caught:
        load_weights(path)
    assert str(caught.value).startswith(f'{path}: ')
    assert '\n' not in str(caught.value), 'a command prints it as one line'


def test_round_trip_in_fp16(good: Path) -> None:
    network, loaded = tiny_network(), load_weights(good)
    assert loaded.config == TINY
    assert not loaded.training
    assert all(t.dtype == torch.float16 for t in load_file(good).values())
    state = loaded.state_dict()
    for name, tensor in network.state_dict().items():
        if tensor.is_floating_point():
            torch.testing.assert_close(state[name], tensor.half().float(), rtol=0.0, atol=0.0)
    crop = torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.no_grad():
        assert float((network(crop)[-1] - loaded(crop)[-1]).abs().max()) < 0.02


def test_saving_leaves_no_other_file_and_the_network_alone(tmp_path: Path) -> None:
    network = tiny_network()
    before = {k: v.clone() for k, v in network.state_dict().items()}
    save_weights(network, tmp_path / 'a.safetensors', {})
    assert [p.name for p in tmp_path.iterdir()] == ['a.safetensors']
    for name, tensor in network.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0.0, atol=0.0)


def test_what_fp16_cannot_hold_is_not_written(tmp_path: Path) -> None:
    network = tiny_network()
    network.stem.layers[0].norm.running_var[0] = 1e6
    path = tmp_path / 'a.safetensors'
    with pytest.raises(WeightsError, match=r'a\.safetensors: .*running_var is not finite'):
        save_weights(network, path, {})
    assert not path.exists()


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / 'a'
    write_atomically(path, b'old')
    with pytest.raises(TypeError):
        write_atomically(path, 5)  # type: ignore[arg-type]
    assert path.read_bytes() == b'old'
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize('share', [0.0, 0.001, 0.1, 0.5, 0.999])
def test_truncated(good: Path, tmp_path: Path, share: float) -> None:
    path, data = tmp_path / 'cut.safetensors', good.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert_refused(path)


def test_damaged_header(good: Path, tmp_path: Path) -> None:
    path, data = tmp_path / 'damaged.safetensors', good.read_bytes()
    path.write_bytes(b'\xff' * 16 + data[16:])
    assert_refused(path)


class Trap:
    """Unpickles to a call, as a hostile checkpoint would."""

    called: list[str] = []  # noqa: RUF012

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Trap.called.append, ('unpickled',)


def test_no_pickle_is_opened(tmp_path: Path) -> None:
    by_torch, by_pickle = tmp_path / 'torch.safetensors', tmp_path / 'pickle.safetensors'
    torch.save({'state': Trap()}, by_torch)
    by_pickle.write_bytes(pickle.dumps(Trap()))
    np.save(tmp_path / 'numpy.npy', np.array([Trap()], dtype=object), allow_pickle=True)
    for path in (by_torch, by_pickle, tmp_path / 'numpy.npy'):
        assert_refused(path)
    assert Trap.called == []


def test_foreign_and_absent(tmp_path: Path) -> None:
    foreign = tmp_path / 'foreign.safetensors'
    save_file({'weight': torch.ones(2)}, foreign)
    assert_refused(foreign, "format None, expected 'dense_hand_pose/1'")
    (tmp_path / 'picture.png').write_bytes(b'\x89PNG' + bytes(500))
    assert_refused(tmp_path / 'picture.png')
    assert_refused(tmp_path / 'absent.safetensors')
    assert_refused(tmp_path)


@pytest.mark.parametrize(
    'network',
    [None, '', 'null', '[]', '{', '{"widths": 5}', '{"widths": ["a", "b", "c", "d", "e"]}',
     '{"depth": 3}', '{"joints": 10.5}', json.dumps({**TINY.to_dict(), 'stacks': 2}),
     json.dumps({**TINY.to_dict(), 'widths': [32] * 5}),
     json.dumps({**TINY.to_dict(), 'widths': [10**7] * 5}),
     json.dumps({**TINY.to_dict(), 'head': 'paper'})],
)  # fmt: skip
def test_metadata_that_does_not_fit(good: Path, tmp_path: Path, network: str | None) -> None:
    assert_refused(rewritten(good, tmp_path / 'other.safetensors', network=network))


def test_another_format(good: Path, tmp_path: Path) -> None:
    path = rewritten(good, tmp_path / 'next.safetensors', format='dense_hand_pose/2')
    assert_refused(path, 'dense_hand_pose/2')


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_values_that_are_not_finite(good: Path, tmp_path: Path, value: float) -> None:
    tensors = load_file(good)
    next(iter(tensors.values())).view(-1)[0] = value
    path = tmp_path / 'nan.safetensors'
    save_file(
        tensors, path, {'format': 'dense_hand_pose/1', 'network': json.dumps(TINY.to_dict())}
    )
    assert_refused(path, 'holds NaN or Inf')


def test_a_missing_and_an_unexpected_tensor(good: Path, tmp_path: Path) -> None:
    tensors = load_file(good)
    name = sorted(tensors)[0]
    save_file({k: v for k, v in tensors.items() if k != name}, tmp_path / 'less', METADATA)
    assert_refused(tmp_path / 'less', f'missing .*{name}')
    save_file({**tensors, 'extra': torch.ones(1)}, tmp_path / 'more', METADATA)
    assert_refused(tmp_path / 'more', 'unexpected .*extra')


def test_names_that_are_found(good: Path) -> None:
    assert find_weights(str(good)) == good
    for path in MODELS_DIR.glob('*.safetensors'):
        assert find_weights(path.stem) == path


def test_shipped_weights_are_those_of_the_list() -> None:
    listed = dict(line.split()[::-1] for line in (MODELS_DIR / SUMS).read_text().splitlines())
    for path in (*MODELS_DIR.glob('*.safetensors'), *MODELS_DIR.glob('*.zip')):
        assert listed[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_shipped_model_with_another_hash_is_refused(
    good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight_file, 'MODELS_DIR', tmp_path)
    path = tmp_path / 'mine.safetensors'
    path.write_bytes(good.read_bytes())
    with pytest.raises(WeightsError, match='SHA256SUMS: cannot be read'):
        find_weights('mine')
    weight_file.write_sums()
    assert find_weights('mine') == path
    data = bytearray(path.read_bytes())
    data[-1] ^= 1  # a weight, by a little: nothing else would notice
    path.write_bytes(bytes(data))
    load_weights(path)
    for name in ('mine', str(path)):
        with pytest.raises(WeightsError, match='not the file that was shipped'):
            find_weights(name)
    weight_file.write_sums()
    assert find_weights('mine') == path


@pytest.mark.parametrize('name', ['', 'nothing', '/', '~nobody_of_that_name/x', 'a\0b'])
def test_names_that_are_not(name: str) -> None:
    with pytest.raises(WeightsError, match=r'neither a .safetensors file nor one of the shipped'):
        find_weights(name)


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_a_header_beside_broken_values_is_refused(
    good: Path, tmp_path: Path, value: float
) -> None:
    """An exported graph runs by the header alone: nothing would notice."""
    assert read_config(good) == TINY
    tensors = load_file(good)
    name = next(name for name, tensor in tensors.items() if tensor.is_floating_point())
    tensors[name].view(-1)[0] = value
    save_file(tensors, tmp_path / 'broken.safetensors', METADATA)
    with pytest.raises(WeightsError, match='is not finite'):
        read_config(tmp_path / 'broken.safetensors')


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        ({'stacks': 7}, 'its header says dense, 7 stacks'),
        ({'widths': [24, 24, 24, 24, 200]}, 'no tensor has'),
        ({'verdict': True}, 'its header says verdict True, it has none'),
    ],
)
def test_a_header_of_another_network_is_refused(
    good: Path, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    network = {**read_config(good).to_dict(), **change}
    path = rewritten(good, tmp_path / 'other.safetensors', network=json.dumps(network))
    with pytest.raises(WeightsError, match=said):
        read_config(path)


def test_a_header_of_brackets_is_refused(good: Path, tmp_path: Path) -> None:
    path = rewritten(good, tmp_path / 'deep.safetensors', network='[' * 100_000)
    with pytest.raises(WeightsError, match='not a usable weight file'):
        read_config(path)
