# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The child process that builds: progress, and each way in which it may end."""

from collections.abc import Callable
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.runtimes.host import why_no_tensorrt
from dense_hand_pose.runtimes.tensorrt.build import build_in_child, BuildRequest, TensorRTError
from dense_hand_pose.runtimes.tensorrt.compiling import compile_options
import pytest
from support.fake_tensorrt import tiny_model

Child = Callable[[str], str]


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Child:
    """Return what writes a child program, to be found as a module."""
    monkeypatch.setenv('PYTHONPATH', str(tmp_path))

    def write(body: str) -> str:
        head = 'import os, pathlib, sys, time\nfolder = pathlib.Path(sys.argv[1])\n'
        (tmp_path / 'builder_child.py').write_text(head + body)
        return 'builder_child'

    return write


@pytest.fixture
def request_(tmp_path: Path) -> BuildRequest:
    return BuildRequest(tiny_model(tmp_path), DecodingConfig(iterations=3), 2, 'float32')


def test_progress_and_engine_arrive(request_: BuildRequest, child: Child, tmp_path: Path) -> None:
    module = child(
        'print("progress exporting", flush=True)\n'
        f'pathlib.Path({str(tmp_path / "seen")!r}).write_text(str(folder))\n'
        'time.sleep(1.2)\n'
        '(folder / "engine.pt2").write_bytes((folder / "request.json").read_bytes())\n'
    )
    said: list[str] = []
    engine = build_in_child(request_, said.append, module=module, report_every_s=0.5)
    assert b'"precision": "float32"' in engine
    assert any(line.startswith('TensorRT engine: exporting (') for line in said)
    assert any(line.startswith('TensorRT engine: building (') for line in said)
    assert not Path((tmp_path / 'seen').read_text()).exists()


def test_the_request_survives_the_way(request_: BuildRequest, tmp_path: Path) -> None:
    request_.write(tmp_path)
    assert BuildRequest.read(tmp_path) == request_
    tiny_model(tmp_path, seed=3).path.replace(request_.model.path)
    with pytest.raises(ValueError, match=r'tiny_0.safetensors was replaced'):
        BuildRequest.read(tmp_path)


@pytest.mark.parametrize(
    ('body', 'kind', 'text'),
    [
        ('os.kill(os.getpid(), 9)', 'killed', r'memory ran out \(\d+ MiB are free now\).*--force'),
        (
            'print("failed memory OutOfMemoryError: 5 of 8 MiB are free"); sys.exit(1)',
            'memory',
            r'5 of 8 MiB are free\): close what else uses the GPU, then run .*--force',
        ),
        ('print("failed missing no driver"); sys.exit(1)', 'missing', 'no driver'),
        ('raise RuntimeError("something new")', 'failed', 'status 1: RuntimeError: something new'),
        ('pass', 'failed', 'it ended with status 0'),
    ],
)  # fmt: skip
def test_a_failure_says_why_and_what_to_do(
    request_: BuildRequest, child: Child, body: str, kind: str, text: str
) -> None:
    with pytest.raises(TensorRTError, match=text) as caught:
        build_in_child(request_, lambda _: None, module=child(body))
    assert caught.value.kind == kind


def test_a_child_that_takes_too_long_is_ended(
    request_: BuildRequest, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[str]] = []

    def start(*words: Any, **options: Any) -> 'subprocess.Popen[str]':
        started.append(popen(*words, **options))
        return started[-1]

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, 'Popen', start)
    module = child('time.sleep(600)')
    with pytest.raises(TensorRTError, match='not ready after 1 s') as caught:
        build_in_child(request_, lambda _: None, module=module, limit_s=1.0, report_every_s=0.2)
    assert caught.value.kind == 'timeout'
    assert [process.returncode for process in started] == [-signal.SIGKILL]


@pytest.mark.skipif(why_no_tensorrt() is None, reason='TensorRT works here')
def test_the_real_child_says_what_is_missing(request_: BuildRequest) -> None:
    with pytest.raises(
        TensorRTError,
        match=r'^(no NVIDIA|the NVIDIA|this PyTorch|PyTorch|a kernel|torch_tensorrt)',
    ) as caught:
        build_in_child(request_, lambda _: None)
    assert caught.value.kind == 'missing'
    assert 'torch_tensorrt' not in sys.modules


def test_only_known_options_are_passed(tmp_path: Path) -> None:
    def old(exported: object, min_block_size: int = 5, enabled_precisions: object = None) -> None:
        """Have the signature of a version without the newer options."""

    def new(exported: object, use_explicit_typing: bool = False, **other: object) -> None:
        """Have that of one which swallows everything."""

    assert compile_options(old, tmp_path) == {'min_block_size': 1}
    assert compile_options(new, tmp_path) == {'use_explicit_typing': True}
