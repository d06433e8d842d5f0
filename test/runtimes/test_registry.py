# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a runtime."""

from collections.abc import Callable
from importlib import import_module
import logging
from pathlib import Path
from typing import Any

from dense_hand_pose.estimator import EstimatorConfig, HandPoseEstimator
from dense_hand_pose.network import weight_file
from dense_hand_pose.network.config import CONFIGURATIONS
from dense_hand_pose.network.weight_file import WeightsError
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes import registry
from dense_hand_pose.runtimes.base import BackendError, Model, Wanted
from dense_hand_pose.runtimes.host import why_no_cuda
from dense_hand_pose.runtimes.registry import (
    BACKENDS,
    find_model,
    make_backend,
    make_detector,
    MODELS,
    RUNTIMES,
)
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
import pytest
from support.tiny import tiny_network
import torch

NAMES = [entry.name for entry in RUNTIMES]


def failing(**errors: Exception) -> Callable[[str, Wanted], Any]:
    """Return a loader of rows that raises what is given for a row's name."""

    def call(function: str, wanted: Wanted) -> Any:
        name = next(
            entry.name for entry in RUNTIMES if function in (entry.load, entry.load_detector)
        )
        TRIED.append(name)
        if name in errors:
            raise errors[name]
        return TorchBackend(wanted.model.network(), 'cpu')

    return call


TRIED: list[str] = []


@pytest.fixture(autouse=True)
def tried() -> list[str]:
    TRIED.clear()
    return TRIED


def test_every_row_can_be_loaded_and_named() -> None:
    assert ('auto', *NAMES) == BACKENDS
    assert {entry.device for entry in RUNTIMES} == {'cuda', 'cpu'}
    for entry in RUNTIMES:
        functions = (entry.load, entry.load_detector, entry.demanded, entry.offer)
        for module, _, name in (function.partition(':') for function in functions if function):
            assert callable(getattr(import_module(module, 'dense_hand_pose.runtimes'), name))


def test_auto_takes_the_first_that_works_and_says_why(
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tried: list[str],
) -> None:
    call = failing(
        tensorrt=RuntimeError('broken'),
        cuda=BackendError('no GPU'),
        openvino=ImportError('no\nlibrary'),
    )
    monkeypatch.setattr(registry, 'call', call)
    with caplog.at_level(logging.INFO):
        assert make_backend('auto', model).name == 'cpu'
    assert tried == NAMES
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith('backend auto: cpu (float32); not ')
    assert 'not cuda: no GPU; not openvino: no library' in line


def test_auto_without_any_runtime_names_all_reasons(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = {name: BackendError(f'{name} is not installed') for name in NAMES}
    monkeypatch.setattr(registry, 'call', failing(**errors))
    with pytest.raises(BackendError, match='not openvino: openvino is not installed; not cpu'):
        make_backend('auto', model)


@pytest.mark.parametrize(
    ('name', 'order'),
    [
        ('auto', ['openvino', 'cpu']),
        ('cuda', ['openvino', 'cpu']),
        ('tensorrt', ['openvino', 'cpu']),
        ('openvino', ['openvino']),
        ('cpu', ['cpu']),
    ],
)
def test_the_detector_stays_on_the_cpu(
    model: Model,
    monkeypatch: pytest.MonkeyPatch,
    tried: list[str],
    name: str,
    order: list[str],
) -> None:
    monkeypatch.setattr(registry, 'call', failing(openvino=BackendError('not installed')))
    if name == 'openvino':
        with pytest.raises(BackendError, match='not installed'):
            make_detector(name, model)
    else:
        assert make_detector(name, model).name == 'cpu'
    assert tried == order


def test_a_broken_file_is_no_reason_to_try_the_next(tmp_path: Path) -> None:
    path = tmp_path / 'broken.safetensors'
    path.write_bytes(b'nonsense')
    with pytest.raises(WeightsError, match='not a usable weight file'):
        make_backend('auto', Model(path))


def test_cpu_is_cpu(model: Model) -> None:
    backend = make_backend('cpu', model, precision='float32')
    assert (backend.name, backend.precision) == ('cpu', 'float32')


@pytest.mark.parametrize(
    ('wrong', 'words'),
    [({'name': 'tpu'}, "backend 'tpu': expected one of auto, "),
     ({'precision': 'int3'}, "precision 'int3': expected one of auto, "),
     ({'threads': -1}, 'threads = -1')],
)  # fmt: skip
def test_wrong_values_are_named(model: Model, wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_backend(**{'name': 'cpu', 'model': model, **wrong})


@pytest.mark.skipif(why_no_cuda() is None, reason='an NVIDIA GPU answers here')
def test_what_cannot_run_says_why(model: Model) -> None:
    with pytest.raises(BackendError, match=r'backend cuda: .*; or use backend auto'):
        make_backend('cuda', model)


def test_threads_are_bounded_as_asked(model: Model) -> None:
    before = torch.get_num_threads()
    try:
        make_backend('cpu', model, threads=3, precision='float32')
        assert torch.get_num_threads() == 3
        make_backend('cpu', model, precision='float32')
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of shipped models with stand-ins for `default` and the detector."""
    monkeypatch.setattr(weight_file, 'MODELS_DIR', tmp_path)
    for seed, name in enumerate(('default', 'detector')):
        save_weights(tiny_network(seed=seed), tmp_path / f'{name}.safetensors', {})
    weight_file.write_sums()
    return tmp_path


def ship_large(folder: Path) -> None:
    save_weights(tiny_network(seed=9), folder / 'large.safetensors', {})
    weight_file.write_sums()


def test_every_model_of_the_registry_has_a_configuration() -> None:
    assert [entry.name for entry in MODELS] == ['large', 'default']
    assert {entry.name for entry in MODELS} < set(CONFIGURATIONS)


def test_the_large_model_is_not_claimed_before_it_ships() -> None:
    shipped = weight_file.is_shipped('large')
    assert shipped == (weight_file.MODELS_DIR / 'large.safetensors').exists()
    if not shipped:
        with pytest.raises(WeightsError, match='large'):
            find_model('large')


@pytest.mark.parametrize('ships', [False, True])
@pytest.mark.parametrize('gpu', [None, 'no NVIDIA driver'])
@pytest.mark.parametrize('backend', BACKENDS)
def test_auto_takes_the_large_model_on_a_gpu_once_it_ships(
    backend: str, gpu: str | None, ships: bool, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, 'why_no_cuda', lambda: gpu)
    if ships:
        ship_large(models)
    on_gpu = gpu is None and backend in ('auto', 'cuda', 'tensorrt')
    expected = 'large' if ships and on_gpu else 'default'
    assert find_model('auto', backend).path == models / f'{expected}.safetensors'
    assert find_model('default', backend).path == models / 'default.safetensors'
    if ships:
        assert find_model('large', backend).path == models / 'large.safetensors'


def test_a_changed_large_model_is_refused_rather_than_left_out(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, 'why_no_cuda', lambda: None)
    ship_large(models)
    save_weights(tiny_network(seed=1), models / 'large.safetensors', {})
    with pytest.raises(WeightsError, match='not the file that was shipped'):
        find_model('auto')
    with pytest.raises(ValueError, match="backend 'gpu'"):
        find_model('auto', 'gpu')


def test_an_estimator_without_a_name_takes_the_model_for_its_device(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ship_large(models)
    loaded: list[Path] = []

    def make(_name: str, model: Model, **_settings: Any) -> TorchBackend:
        loaded.append(model.path)
        return TorchBackend(model.network(), 'cpu')

    monkeypatch.setattr('dense_hand_pose.estimator.make_backend', make)
    for reason in ('no NVIDIA driver', None):
        monkeypatch.setattr(registry, 'why_no_cuda', lambda reason=reason: reason)
        HandPoseEstimator.load(config=EstimatorConfig(roi_mode='nearest'))
    assert [path.stem for path in loaded] == ['default', 'large']
