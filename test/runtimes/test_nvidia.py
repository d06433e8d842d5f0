# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What is asked before an NVIDIA backend is loaded, and what is said when it is not there."""

from collections.abc import Callable
import logging
from pathlib import Path

from dense_hand_pose.cli import main
from dense_hand_pose.runtimes import host, nvidia
from dense_hand_pose.runtimes.base import Backend, BackendError, Wanted
from dense_hand_pose.runtimes.registry import make_backend
from dense_hand_pose.runtimes.tensorrt import backend, engines
import pytest
from support.fake_tensorrt import FakeTensorRT, isolate, tiny_model

Load = Callable[[Wanted], Backend]

LOADERS = [nvidia.load_cuda, nvidia.require_tensorrt, nvidia.prefer_tensorrt]


@pytest.mark.parametrize('load', LOADERS)
def test_without_a_gpu_the_first_reason_is_given(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, load: Load
) -> None:
    monkeypatch.setattr(host, 'why_no_cuda', lambda: 'PyTorch finds no NVIDIA GPU or driver')
    with pytest.raises(BackendError, match=r'^PyTorch finds no NVIDIA GPU or driver$'):
        load(Wanted(model=tiny_model(tmp_path)))


@pytest.mark.parametrize(
    ('error', 'said'),
    [
        (Exception('Could not find libnvinfer.so.10\nin any of ...'), 'find libnvinfer.so.10'),
        (RuntimeError('Found no NVIDIA driver'), 'RuntimeError: Found no NVIDIA driver'),
        (ModuleNotFoundError("No module named 'torch_tensorrt'"), "No module named 'torch_ten"),
        (AssertionError(), 'AssertionError'),
    ],
)
def test_whatever_the_import_raises_is_a_reason(
    monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fail(name: str) -> None:
        assert name == 'torch_tensorrt'
        raise error

    monkeypatch.setattr(host, 'why_no_cuda', lambda: None)
    monkeypatch.setattr(host, 'import_module', fail)
    reason = host.why_no_tensorrt()
    assert reason is not None
    assert reason.startswith('torch_tensorrt cannot be imported (')
    assert said in reason
    assert '\n' not in reason


def test_a_gpu_without_tensorrt_is_worth_a_warning(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(host, 'why_no_cuda', lambda: None)
    monkeypatch.setattr(host, 'why_no_tensorrt', lambda: 'no libnvinfer')
    wanted = Wanted(model=tiny_model(tmp_path))
    with pytest.raises(BackendError, match=r'^no libnvinfer$'):
        nvidia.prefer_tensorrt(wanted)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert 'no libnvinfer; the next backend is taken' in record.getMessage()
    with pytest.raises(BackendError, match=r'^backend tensorrt: no libnvinfer; or use backend'):
        make_backend('tensorrt', wanted.model)
    assert len(caplog.records) == 1


def test_build_engine_says_why_there_can_be_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(host, 'why_no_cuda', lambda: 'no GPU here')
    assert main(['build-engine']) == 1
    assert 'no TensorRT engine can be built here: no GPU here' in capsys.readouterr().err
    assert main(['build-engine', '--model', 'missing']) == 2
    assert "model 'missing'" in capsys.readouterr().err


def test_build_engine_builds_once_and_again_when_forced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, fake = isolate(tmp_path, monkeypatch), FakeTensorRT()
    monkeypatch.setattr(host, 'why_no_tensorrt', lambda: None)
    assert backend  # its signatures read engines.GpuHooks once
    monkeypatch.setattr(engines, 'GpuHooks', fake.hooks)
    model = str(tiny_model(tmp_path).path)
    assert main(['build-engine', '--model', model]) == 0
    out = capsys.readouterr().out
    assert 'TensorRT engine: half of it is there' in out
    for batch in (1, 4):
        assert f'engine for {batch} in float16, joints 0.0' in out
    assert str(next(folder.glob('*.engine'))) in out
    assert main(['build-engine', '--model', model]) == 0
    assert fake.built == ['float16', 'float16']
    arguments = ['--force', '--precision', 'float32', '--batch', '4']
    assert main(['build-engine', '--model', model, *arguments]) == 0
    assert fake.built == ['float16', 'float16', 'float32']
    assert fake.batches == [1, 4, 4]
