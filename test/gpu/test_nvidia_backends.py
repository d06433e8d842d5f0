# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""
What only a GPU can show: `pytest -m gpu`. Skipped elsewhere, with the reason.

No machine of the authors has a GPU: nothing here has ever been run.
"""

import logging
from pathlib import Path

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.weight_file import find_weights
from dense_hand_pose.runtimes.base import Model, Wanted
from dense_hand_pose.runtimes.cuda import CudaBackend
from dense_hand_pose.runtimes.host import why_no_cuda, why_no_tensorrt
from dense_hand_pose.runtimes.nvidia import load_cuda, prefer_tensorrt, require_tensorrt
from dense_hand_pose.runtimes.precision import disagreement_mm, load_probe, TOLERANCE_MM
from dense_hand_pose.runtimes.torch_cpu import reference_joints
import numpy as np
import pytest

NO_CUDA = why_no_cuda()
NO_TENSORRT = why_no_tensorrt()
needs_cuda = pytest.mark.skipif(NO_CUDA is not None, reason=f'no CUDA here: {NO_CUDA}')
needs_tensorrt = pytest.mark.skipif(
    NO_TENSORRT is not None, reason=f'no TensorRT here: {NO_TENSORRT}'
)
pytestmark = pytest.mark.gpu


@pytest.fixture(scope='module')
def wanted() -> Wanted:
    return Wanted(model=Model(find_weights('default')))


@pytest.fixture(scope='module')
def reference_m(wanted: Wanted) -> np.ndarray:
    return reference_joints(wanted.model)


@pytest.fixture(scope='module')
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache that the tests share: the engine is built once, in minutes."""
    return tmp_path_factory.mktemp('cache')


@needs_cuda
@pytest.mark.parametrize('precision', ['float16', 'float32'])
def test_cuda_agrees(wanted: Wanted, reference_m: np.ndarray, precision: str) -> None:
    backend = CudaBackend(wanted.model.network(), precision)
    assert disagreement_mm(backend, reference_m) <= (
        TOLERANCE_MM if precision == 'float16' else 0.05
    )


@needs_cuda
def test_a_replayed_graph_sees_new_crops_and_decodings(wanted: Wanted) -> None:
    backend, eager = (
        load_cuda(wanted),
        CudaBackend(wanted.model.network(), 'float32', device='cpu'),
    )
    probe = load_probe()
    for begin, count in ((0, 1), (1, 1), (2, 5), (7, 1), (8, 20)):
        arrays = tuple(a[begin:begin + count] for a in probe)  # fmt: skip
        for decoding in (DecodingConfig(), DecodingConfig(method='mean_shift', candidates=3)):
            result, expected = (b.run(*arrays, decoding) for b in (backend, eager))
            miss_m = np.linalg.norm(result.joints_m - expected.joints_m, axis=-1)
            assert np.median(miss_m) < 1e-3
            assert result.votes_m.shape == expected.votes_m.shape


@needs_tensorrt
@pytest.mark.slow
def test_the_engine_is_built_agrees_and_is_loaded_again(
    wanted: Wanted,
    reference_m: np.ndarray,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(cache))
    built = require_tensorrt(wanted)
    assert disagreement_mm(built, reference_m) <= TOLERANCE_MM
    caplog.clear()
    again = prefer_tensorrt(wanted)
    assert again.name == 'tensorrt'
    assert again.precision == built.precision
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert disagreement_mm(again, reference_m) <= TOLERANCE_MM


@needs_tensorrt
@pytest.mark.slow
def test_cuda_serves_while_the_engine_is_built(
    wanted: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    backend = prefer_tensorrt(wanted)
    crops = tuple(array[:1] for array in load_probe())
    assert backend.name.startswith('cuda (TensorRT engine: ')
    before = backend.run(*crops, DecodingConfig()).joints_m
    backend.wait(1800.0)
    assert backend.name == 'tensorrt'
    after = backend.run(*crops, DecodingConfig()).joints_m
    assert np.linalg.norm(after - before, axis=-1).mean() < 0.001
