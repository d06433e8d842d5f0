# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of a runtime."""

import logging
from pathlib import Path

from dense_hand_pose.network.weight_file import WeightsError
from dense_hand_pose.runtimes import registry
from dense_hand_pose.runtimes.base import Backend, BackendError, BACKENDS, Wanted
from dense_hand_pose.runtimes.cuda_probe import why_no_cuda
from dense_hand_pose.runtimes.model import Model
from dense_hand_pose.runtimes.registry import LOADERS, make_backend
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
import pytest
import torch


def test_auto_tries_all_backends_that_there_are() -> None:
    assert ('auto', *LOADERS) == BACKENDS


def test_auto_takes_the_first_that_works_and_says_why(
    model: Model, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = []

    def load(name: str, wanted: Wanted) -> Backend:
        tried.append(name)
        if name == 'cpu':
            return TorchBackend(wanted.model.network(), 'cpu')
        raise {'cuda': BackendError('no GPU'), 'openvino': ImportError('no\nlibrary')}.get(
            name, RuntimeError('broken')
        )

    monkeypatch.setattr(registry, '_load', load)
    with caplog.at_level(logging.INFO):
        assert make_backend('auto', model).name == 'cpu'
    assert tried == list(LOADERS)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line.startswith('backend auto: cpu (float32); not ')
    assert 'not cuda: no GPU; not openvino: no library' in line


def test_auto_without_any_runtime_names_all_reasons(
    model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(name: str, _: Wanted) -> Backend:
        raise BackendError(f'{name} is not installed')

    monkeypatch.setattr(registry, '_load', load)
    with pytest.raises(BackendError, match='not openvino: openvino is not installed; not cpu'):
        make_backend('auto', model)


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
