# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The CUDA backend's batches and decodings, on the CPU; what needs a GPU is in test/gpu."""

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.runtimes.cuda import CudaBackend
from dense_hand_pose.runtimes.precision import load_probe
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
import numpy as np
import pytest
from support.tiny import tiny_network


@pytest.mark.parametrize('count', [1, 2, 3, 9])
def test_batches_of_any_size_give_pytorchs_joints(count: int) -> None:
    backend = CudaBackend(tiny_network(), 'float32', device='cpu')
    assert (backend.name, backend.precision) == ('cpu', 'float32')
    arrays = tuple(array[:count] for array in load_probe())
    for decoding in (DecodingConfig(), DecodingConfig(method='mean_shift', candidates=2)):
        expected = TorchBackend(tiny_network(), 'cpu').run(*arrays, decoding)
        result = backend.run(*arrays, decoding)
        for name, array in result._asdict().items():
            if name in ('presence', 'side'):
                continue  # test_verdict_outputs.py
            assert array.dtype == np.float32
            np.testing.assert_allclose(array, getattr(expected, name), atol=2e-4, err_msg=name)


def test_a_small_batch_after_a_large_one_is_not_mixed_with_it() -> None:
    backend = CudaBackend(tiny_network(), 'float32', device='cpu')
    probe, decoding = load_probe(), DecodingConfig()
    three = backend.run(*(array[:3] for array in probe), decoding)
    four = backend.run(*(array[3:7] for array in probe), decoding)
    again = backend.run(*(array[:3] for array in probe), decoding)
    assert np.array_equal(three.joints_m, again.joints_m)
    assert not np.array_equal(three.joints_m, four.joints_m[:3])


def test_half_precision_stays_near() -> None:
    probe, decoding = load_probe(), DecodingConfig()
    arrays = tuple(array[:4] for array in probe)
    exact = TorchBackend(tiny_network(), 'cpu').run(*arrays, decoding).joints_m
    joints_m = CudaBackend(tiny_network(), device='cpu').run(*arrays, decoding).joints_m
    distance_m = np.linalg.norm(joints_m - exact, axis=-1)
    assert 0.0 < np.median(distance_m) < 1e-3
