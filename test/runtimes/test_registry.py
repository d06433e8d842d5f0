# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a runtime."""

from collections.abc import Callable
from importlib import import_module
import logging
from pathlib import Path
from typing import Any

from dense_hand_pose.network.weight_file import WeightsError
from dense_hand_pose.runtimes import registry
from dense_hand_pose.runtimes.base import BackendError, Model, Wanted
from dense_hand_pose.runtimes.host import why_no_cuda
from dense_hand_pose.runtimes.registry import BACKENDS, make_backend, make_detector, RUNTIMES
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
import pytest
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
