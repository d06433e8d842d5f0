# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Memory, multiplications, the machine's peak, and what a run is labelled with."""

import os
from pathlib import Path
import subprocess
import sys
import time

from dense_hand_pose.benchmark.contenders import (
    EAGER,
    EagerBackend,
    PAPER,
    peak_memory,
    Spec,
    specs,
)
from dense_hand_pose.benchmark.machine import (
    commit,
    machine,
    MatrixProduct,
    network_gmac,
    versions,
)
from dense_hand_pose.benchmark.ros_stream import import_s
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.network.weights import save_weights
from dense_hand_pose.runtimes.base import PRECISIONS
from dense_hand_pose.runtimes.precision import load_probe
from dense_hand_pose.runtimes.registry import BACKENDS
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
import numpy as np
import pytest
from support.tiny import tiny_network
import torch


def test_multiplications_are_those_of_the_convolutions() -> None:
    network, counted = tiny_network(), 0

    def count(layer: torch.nn.Conv2d, _: object, output: torch.Tensor) -> None:
        nonlocal counted
        counted += output[0].numel() * layer.weight[0].numel()

    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 1, 128, 128))
    assert 0.9 * counted <= 1e9 * network_gmac(network) <= 1.2 * counted


def test_the_peak_is_the_best_product() -> None:
    product = MatrixProduct('float32', sizes=(64, 96))
    product.rates_gmac_s = {64: [3.0, 8.0, 2.0], 96: [7.0]}
    assert product.gmac_s() == 8.0
    product.rates_gmac_s = {64: [], 96: []}
    begin = time.perf_counter()
    product.measure()
    spent_s = time.perf_counter() - begin
    (small,), (large,) = product.rates_gmac_s.values()
    assert product.gmac_s() == max(small, large)
    # Each size was multiplied until at least a twentieth of a second was full.
    assert 1e9 * small * spent_s >= 64**3
    assert spent_s >= 0.1


def test_the_product_is_right() -> None:
    product = MatrixProduct('bfloat16', sizes=(32, 64))
    for size, (left, right, result) in product._products.items():
        assert result.shape == (size, size)
        expected = left.double() @ right.double()
        assert (result.double() - expected).abs().max() <= 0.01 * expected.abs().max()


def test_the_import_of_the_package_is_timed() -> None:
    assert 0.0 < import_s() < 60.0


def test_the_eager_one_gives_the_same_joints() -> None:
    arrays = tuple(array[:4] for array in load_probe())
    eager = EagerBackend(tiny_network()).run(*arrays, DecodingConfig())
    folded = TorchBackend(tiny_network(), 'cpu').run(*arrays, DecodingConfig())
    distance_m = np.linalg.norm(eager.joints_m - folded.joints_m, axis=-1)
    assert np.quantile(distance_m, 0.95) < 1e-4


def test_every_backend_and_precision_may_take_part() -> None:
    found = {(spec.name, spec.precision) for spec in specs('default', 0)}
    assert {(EAGER, 'float32'), (PAPER, 'float32')} < found
    assert len(found) == 2 + (len(BACKENDS) - 1) * (len(PRECISIONS) - 1)


@pytest.mark.slow
def test_memory_is_that_of_a_process_of_its_own(tmp_path: Path) -> None:
    save_weights(tiny_network(), tmp_path / 'tiny.safetensors', {})
    here = np.ones(200 << 20, np.uint8)  # not to be counted
    memory = peak_memory(Spec('cpu', 'float32', str(tmp_path / 'tiny.safetensors'), 1))
    assert memory['peak_memory_mib'] is not None
    assert 60.0 < memory['peak_memory_mib'] < 1500.0
    assert memory['peak_gpu_memory_mib'] is None
    assert peak_memory(Spec('cpu', 'float32', 'missing', 1)) == dict.fromkeys(memory)
    assert here.all()


def test_a_run_is_labelled(tmp_path: Path) -> None:
    assert machine()['cores'] == len(os.sched_getaffinity(0))
    assert machine()['cpu']
    assert versions()['torch'] == torch.__version__
    assert versions()['python'] == '.'.join(map(str, sys.version_info[:3]))
    assert commit(tmp_path) is None
    git = ['git', '-C', str(tmp_path), '-c', 'user.name=x', '-c', 'user.email=x@example.org']
    subprocess.run([*git, 'init', '-q'], check=True)
    (tmp_path / 'file').write_text('1')
    subprocess.run([*git, 'add', 'file'], check=True)
    subprocess.run([*git, 'commit', '-q', '-m', 'x'], check=True)
    first = commit(tmp_path)
    assert first is not None
    assert len(first) == 40
    (tmp_path / 'file').write_text('2')
    assert commit(tmp_path) == f'{first}-dirty'
