# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""From network to engine with builder and loader replaced: caching, checks, every message."""

import errno
import io
import json
import logging
from pathlib import Path
import threading
import zipfile

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.runtimes import cache as cache_module
from dense_hand_pose.runtimes.artefact import Artefact, pack
from dense_hand_pose.runtimes.base import Model
from dense_hand_pose.runtimes.tensorrt.build import TensorRTError
from dense_hand_pose.runtimes.tensorrt.engines import EngineMaker
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
import numpy as np
import pytest
from support.fake_tensorrt import FakeTensorRT, few_crops, isolate, tiny_model

DECODING = DecodingConfig()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return isolate(tmp_path, monkeypatch)


def remade(data: bytes, **changes: str) -> bytes:
    """Return an engine's file, made for something else."""
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        members = {name: file.read(name) for name in file.namelist()}
    facts = {**json.loads(members.pop('metadata.json')), **changes}
    facts.pop('made_with')
    return pack(Artefact(facts.pop('format'), facts, members), compress=False)


@pytest.fixture(scope='module')
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    return tiny_model(tmp_path_factory.mktemp('model'))


def warnings(caplog: pytest.LogCaptureFixture) -> str:
    return ' '.join(r.getMessage() for r in caplog.records if r.levelno == logging.WARNING)


def test_an_engine_is_built_once(
    model: Model, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake, said = FakeTensorRT(), []
    assert EngineMaker(model, fake.hooks()).cached() is None
    engine = EngineMaker(model, fake.hooks()).get(progress=said.append)
    assert (engine.precision, fake.built) == ('float16', ['float16'])
    assert engine.mean_error_mm < 0.01
    assert 'TensorRT engine: half of it is there' in said
    again = EngineMaker(model, fake.hooks()).cached()
    assert again is not None
    assert again.precision == 'float16'
    assert fake.built == ['float16']
    assert not warnings(caplog)
    kept = [path for path in folder.iterdir() if path.suffix == '.engine']
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_it_gives_the_joints_of_pytorch_for_any_decoding(model: Model) -> None:
    engine = EngineMaker(model, FakeTensorRT().hooks()).get()
    arrays = few_crops()
    for decoding in (DECODING, DecodingConfig(method='mean_shift', candidates=3)):
        expected = TorchBackend(model.network(), 'cpu').run(*arrays, decoding)
        result = engine.run(*arrays, decoding)
        assert result.votes_m.shape == (6, 21, decoding.candidates, 3)
        assert result.presence is None, 'these weights have no head for it'
        for name, array in zip(result._fields[:5], result[:5], strict=True):
            np.testing.assert_allclose(array, getattr(expected, name), atol=2e-4, err_msg=name)


@pytest.mark.parametrize(
    ('spoil', 'why'),
    [
        (lambda data: data[: len(data) // 2], 'is damaged (File is not a zip file)'),
        (lambda data: data[:40], 'is damaged (File is not a zip file)'),
        (lambda data: data.replace(b'engine of', b'ENGINE of'), 'is damaged (Bad CRC-32'),
        (lambda data: remade(data, sm='8.6'), "was made for another sm: '8.6', here '8.7'"),
        (lambda data: remade(data, format='else'), "was made for another format: 'else', here"),
        (lambda data: remade(data, more='fact'), "was made for another more: 'fact', here None"),
        (lambda _: b'', 'is damaged (File is not a zip file)'),
    ],
)
def test_an_unusable_file_is_rebuilt(
    model: Model, folder: Path, caplog: pytest.LogCaptureFixture, spoil: object, why: str
) -> None:
    fake = FakeTensorRT()
    EngineMaker(model, fake.hooks()).get()
    (path,) = folder.glob('*.engine')
    good = path.read_bytes()
    path.write_bytes(spoil(good))
    assert EngineMaker(model, fake.hooks()).get().precision == 'float16'
    assert fake.built == ['float16', 'float16']
    assert f'cached engine rejected ({why}' in warnings(caplog)
    assert '; rebuilding' in warnings(caplog)
    assert path.read_bytes() == good


@pytest.mark.parametrize('mode', [0o620, 0o602, 0o644])
def test_a_file_that_others_may_touch_is_rebuilt(
    model: Model, folder: Path, caplog: pytest.LogCaptureFixture, mode: int
) -> None:
    fake = FakeTensorRT()
    EngineMaker(model, fake.hooks()).get()
    (path,) = folder.glob('*.engine')
    path.chmod(mode)
    EngineMaker(model, fake.hooks()).get()
    assert f'mode {mode:04o}: others may have written it' in warnings(caplog)
    assert fake.built == ['float16', 'float16']


def test_a_link_in_the_place_of_an_engine_is_not_followed(
    model: Model, folder: Path, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    fake = FakeTensorRT()
    EngineMaker(model, fake.hooks()).get()
    (path,) = folder.glob('*.engine')
    path.rename(tmp_path / 'elsewhere')
    path.symlink_to(tmp_path / 'elsewhere')
    EngineMaker(model, fake.hooks()).get()
    assert 'cached engine rejected (a symbolic link); rebuilding' in warnings(caplog)
    assert not path.is_symlink()


def test_an_engine_that_does_not_run_any_more_is_rebuilt(
    model: Model,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = FakeTensorRT()
    EngineMaker(model, first.hooks()).get()
    other = FakeTensorRT()  # cannot load what the first has built, as another driver could not
    EngineMaker(model, other.hooks()).get()
    assert 'cached engine rejected (it cannot be loaded and run: KeyError' in warnings(caplog)
    assert other.built == ['float16']


def test_a_cached_engine_that_has_become_wrong_is_rebuilt(
    model: Model,
    caplog: pytest.LogCaptureFixture,
) -> None:
    fake = FakeTensorRT()
    EngineMaker(model, fake.hooks()).get()
    fake.error_m['float16'] = float('nan')
    fake.during = lambda: fake.error_m.update(float16=0.0)
    EngineMaker(model, fake.hooks()).get()
    assert 'cached engine rejected (its joints in float16 differ' in warnings(caplog)
    assert fake.built == ['float16', 'float16']


def test_wrong_numbers_lead_to_the_next_precision(
    model: Model, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeTensorRT()
    fake.error_m['float16'] = 0.001
    engine = EngineMaker(model, fake.hooks()).get()
    assert (engine.precision, fake.built) == ('float32', ['float16', 'float32'])
    # 1 mm along each axis.
    assert 'TensorRT in float16: its joints in float16 differ from those' in warnings(caplog)
    assert 'of float32 PyTorch by 1.73 mm on average, at most 0.5 mm' in warnings(caplog)
    # The next start knows both: the one that failed and the one that serves.
    cached = EngineMaker(model, fake.hooks()).cached()
    assert cached is not None
    assert cached.precision == 'float32'
    assert fake.built == ['float16', 'float32']


def test_wrong_numbers_in_every_precision_are_an_error(model: Model) -> None:
    fake = FakeTensorRT()
    fake.error_m.update(float16=0.01, float32=float('nan'))
    with pytest.raises(TensorRTError, match=r'in float32 differ .* by inf mm') as caught:
        EngineMaker(model, fake.hooks()).get()
    assert caught.value.kind == 'numbers'


@pytest.mark.parametrize('kind', ['failed', 'memory', 'killed', 'timeout'])
def test_a_failed_build_is_not_tried_again_unless_forced(model: Model, kind: str) -> None:
    fake = FakeTensorRT()
    fake.failure = TensorRTError(kind, 'no room: 5 MiB are free')
    with pytest.raises(TensorRTError, match='no room'):
        EngineMaker(model, fake.hooks()).get()
    fake.failure = None
    for method in ('get', 'cached'):
        with pytest.raises(TensorRTError, match=r'a build on 2.*no room.*build-engine --force'):
            getattr(EngineMaker(model, fake.hooks()), method)()
    assert fake.built == ['float16']
    assert EngineMaker(model, fake.hooks()).get(force=True).precision == 'float16'
    assert EngineMaker(model, fake.hooks()).cached() is not None


def test_a_missing_library_leaves_no_marker(model: Model) -> None:
    fake = FakeTensorRT()
    fake.failure = TensorRTError('missing', 'no libnvinfer')
    with pytest.raises(TensorRTError, match='no libnvinfer'):
        EngineMaker(model, fake.hooks()).get()
    fake.failure = None
    assert EngineMaker(model, fake.hooks()).get().precision == 'float16'


def test_a_full_disk_costs_only_the_next_start(
    model: Model, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, 'No space left on device')

    fake = FakeTensorRT()
    monkeypatch.setattr(cache_module.os, 'fsync', full)
    engine = EngineMaker(model, fake.hooks()).get()
    assert engine.run(*few_crops(), DECODING).joints_m.shape == (6, 21, 3)
    assert '(No space left on device): kept in memory for this run' in warnings(caplog)
    assert EngineMaker(model, fake.hooks()).cached() is None


def test_without_a_safe_folder_engines_live_in_memory(
    model: Model, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    fake = FakeTensorRT()
    assert EngineMaker(model, fake.hooks()).get().run(*few_crops(), DECODING).joints_m.shape == (
        6,
        21,
        3,
    )
    assert 'open to others; the engine is kept in memory for this run only' in warnings(caplog)
    assert not list(folder.iterdir())


def test_what_was_built_while_waiting_is_used(model: Model) -> None:
    slow, fast = FakeTensorRT(), FakeTensorRT()
    late = EngineMaker(model, slow.hooks())
    with late._lock('float16', print):
        # The other one's folder lock is held, so it may not build: it says so instead.
        said: list[str] = []
        thread = threading.Thread(
            target=lambda: EngineMaker(model, fast.hooks()).get(progress=said.append)
        )
        thread.start()
        thread.join(1.0)
        assert thread.is_alive()
        assert not fast.built
        assert said == ['another process builds this engine: waiting (0 s)']
        fast.graphs = slow.graphs
        late._build('float16', print)
    thread.join(60.0)
    assert not thread.is_alive()
    assert (slow.built, fast.built) == (['float16'], [])
