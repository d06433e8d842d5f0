# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT as a backend: demanded, or built while another one serves."""

import logging
from pathlib import Path
import threading

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.runtimes.base import Wanted
from dense_hand_pose.runtimes.tensorrt.backend import build, preferred, required
from dense_hand_pose.runtimes.tensorrt.build import TensorRTError
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
import numpy as np
import pytest
from support.fake_tensorrt import FakeTensorRT, few_crops, isolate, tiny_model

DECODING = DecodingConfig()


@pytest.fixture
def wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wanted:
    isolate(tmp_path, monkeypatch)
    return Wanted(model=tiny_model(tmp_path))


def cpu(wanted: Wanted) -> TorchBackend:
    return TorchBackend(wanted.model.network(), 'cpu')


def test_the_demanded_one_serves_or_says_why_not(wanted: Wanted, tmp_path: Path) -> None:
    fake = FakeTensorRT()
    backend = required(wanted, fake.hooks())
    assert backend.name == 'tensorrt'
    arrays = few_crops()
    joints_m = backend.run(*arrays, DECODING).joints_m
    np.testing.assert_allclose(
        joints_m, cpu(wanted).run(*arrays, DECODING).joints_m, rtol=0, atol=2e-4
    )
    fake.failure = TensorRTError('memory', 'no memory')
    with pytest.raises(TensorRTError, match='no memory'):
        required(Wanted(model=tiny_model(tmp_path, seed=1)), fake.hooks())


def test_another_serves_until_the_engine_is_there(
    wanted: Wanted, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    fake, may_go_on = FakeTensorRT(), threading.Event()
    fake.during = lambda: may_go_on.wait(120.0)
    fake.error_m['float16'] = 0.0001  # so that one can see who answers
    backend = preferred(wanted, lambda: cpu(wanted), fake.hooks())
    arrays = few_crops()
    before = backend.run(*arrays, DECODING).joints_m
    assert backend.name == 'cpu (TensorRT engine: half of it is there)'
    assert backend.precision == 'float32'
    may_go_on.set()
    backend.wait(120.0)
    assert (backend.name, backend.precision) == ('tensorrt', 'float16')
    after = backend.run(*arrays, DECODING).joints_m
    np.testing.assert_allclose(after - before, 0.0001, rtol=0, atol=5e-5)
    assert 'TensorRT engine: half of it is there' in caplog.text
    assert 'it serves now' in caplog.text
    # The next start has it at once.
    assert preferred(wanted, lambda: cpu(wanted), fake.hooks()).name == 'tensorrt'


@pytest.mark.parametrize('failure', [TensorRTError('memory', '7 MiB free'), ValueError('odd')])
def test_a_build_that_fails_leaves_the_other_serving(
    wanted: Wanted, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    fake = FakeTensorRT()
    fake.failure = failure
    backend = preferred(wanted, lambda: cpu(wanted), fake.hooks())
    backend.wait(120.0)
    assert backend.name == 'cpu'
    assert str(failure) in caplog.text
    assert 'cpu keeps serving' in caplog.text
    assert backend.run(*few_crops(), DECODING).joints_m.shape == (6, 21, 3)
    if isinstance(failure, TensorRTError):
        with pytest.raises(TensorRTError, match=r'a build on .* failed: 7 MiB free'):
            preferred(wanted, lambda: cpu(wanted), fake.hooks())


def test_a_precision_that_engines_lack_is_refused(wanted: Wanted) -> None:
    fake = FakeTensorRT()
    with pytest.raises(TensorRTError, match='precision bfloat16: engines have float16 or float32'):
        required(Wanted(model=wanted.model, precision='bfloat16'), fake.hooks())
    assert required(Wanted(model=wanted.model, precision='float32'), fake.hooks()).precision == (
        'float32'
    )
    assert fake.built == ['float32', 'float32']


@pytest.mark.parametrize('count', [1, 2, 4, 6])
def test_one_crop_and_several_have_engines_of_their_own(wanted: Wanted, count: int) -> None:
    fake = FakeTensorRT()
    backend = required(wanted, fake.hooks())
    assert fake.batches == [1, 4]
    arrays = tuple(array[:count] for array in few_crops())
    joints_m = backend.run(*arrays, DECODING).joints_m
    expected_m = cpu(wanted).run(*arrays, DECODING).joints_m
    np.testing.assert_allclose(joints_m, expected_m, rtol=0, atol=2e-4)


def test_the_engine_for_one_serves_until_that_for_several_is_there(wanted: Wanted) -> None:
    fake, may_go_on = FakeTensorRT(), threading.Event()
    build(wanted, lambda _: None, batches=(1,), hooks=fake.hooks())
    fake.during = lambda: may_go_on.wait(120.0)
    backend = preferred(wanted, lambda: cpu(wanted), fake.hooks())
    assert backend.name.startswith('tensorrt (')
    assert backend.run(*few_crops(), DECODING).joints_m.shape == (6, 21, 3)
    may_go_on.set()
    backend.wait(120.0)
    assert backend.name == 'tensorrt'
    assert fake.batches == [1, 4]


def test_without_an_engine_for_several_they_go_one_at_a_time(
    wanted: Wanted, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeTensorRT()
    build(wanted, lambda _: None, batches=(1,), hooks=fake.hooks())
    fake.failure = TensorRTError('memory', '7 MiB free')
    for backend in (
        required(wanted, fake.hooks()),
        preferred(wanted, lambda: cpu(wanted), fake.hooks()),
    ):
        assert backend.name == 'tensorrt'
        assert backend.run(*few_crops(), DECODING).joints_m.shape == (6, 21, 3)
    assert caplog.text.count('they go one at a time') == 2
    assert caplog.text.count('7 MiB free') == 2
