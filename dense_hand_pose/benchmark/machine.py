# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The machine, versions and the commit of a measurement, and the machine's peak rate."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
import os
from pathlib import Path
import platform
import subprocess
import time
from typing import Any, TYPE_CHECKING

from dense_hand_pose.camera.crop import CROP_SIZE_PX
from dense_hand_pose.runtimes.host import cpu_name

if TYPE_CHECKING:
    from dense_hand_pose.network.dense_regression import DenseRegressionNet

_PACKAGES = (
    'dense_hand_pose',
    'torch',
    'openvino',
    'torch-tensorrt',
    'tensorrt',
    'numpy',
    'rclpy',
)
_ROOT = Path(__file__).resolve().parents[2]


def machine() -> dict[str, Any]:
    """Return the processor, the cores that this process may use, memory and GPU."""
    pages = os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE')
    return {
        'cpu': cpu_name(),
        'cores': len(os.sched_getaffinity(0)),
        'memory_gib': round(pages / 2**30, 1),
        'gpu': _gpu(),
        'system': f'{platform.system()} {platform.release()} {platform.machine()}',
    }


def versions() -> dict[str, str]:
    """Return the versions of what computes; packages that are not installed are left out."""
    found = {'python': platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def commit(root: Path = _ROOT) -> str | None:
    """Return the commit of the source tree, with -dirty if it was changed; None without one."""
    command = ['git', '-C', str(root), 'describe', '--always', '--dirty', '--abbrev=40']
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10.0)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def load_average() -> float:
    """Return how many processes wanted to run in the last minute."""
    return round(os.getloadavg()[0], 2)


def _gpu() -> str | None:
    from dense_hand_pose.runtimes.host import why_no_cuda

    if why_no_cuda() is not None:
        return None
    import torch

    return str(torch.cuda.get_device_name())


SIZES = {'cpu': (512, 1024, 2048), 'cuda': (4096, 8192)}
"""Which is the fastest depends on the caches: the best of them is the peak."""
_SECONDS = 0.05


class MatrixProduct:
    """Times products of two square matrices, each repeated until it is sustained."""

    def __init__(
        self, precision: str, device: str = 'cpu', sizes: Sequence[int] | None = None
    ) -> None:
        import torch

        self.precision = precision
        self.device = device
        self.rates_gmac_s: dict[int, list[float]] = {n: [] for n in sizes or SIZES[device]}
        kind = getattr(torch, precision)
        generator = torch.Generator().manual_seed(0)
        largest = max(self.rates_gmac_s)
        shape = (2, largest, largest)
        self._factors = torch.randn(shape, generator=generator).to(device, kind)
        self._products = {
            n: (
                *(factor[:n, :n].contiguous() for factor in self._factors),
                torch.empty((n, n), device=device, dtype=kind),
            )
            for n in self.rates_gmac_s
        }
        for n in self._products:
            self._multiply(n)

    def measure(self) -> None:
        """Take one rate more of each size: of as many products as fill a twentieth second."""
        for n, rates in self.rates_gmac_s.items():
            count, begin, spent_s = 0, time.perf_counter(), 0.0
            while spent_s < _SECONDS:
                self._multiply(n)
                count, spent_s = count + 1, time.perf_counter() - begin
            rates.append(count * n**3 / spent_s / 1e9)

    def gmac_s(self) -> float:
        """Return the best that was reached, 1e9 multiplications a second; ValueError if none."""
        return max(rate for rates in self.rates_gmac_s.values() for rate in rates)

    def _multiply(self, size: int) -> None:
        import torch

        left, right, product = self._products[size]
        torch.matmul(left, right, out=product)
        if self.device == 'cuda':
            torch.cuda.synchronize()


def network_gmac(network: 'DenseRegressionNet') -> float:
    """Return the multiplications and additions of the network for one crop, 1e9."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    crop = torch.zeros(1, 1, CROP_SIZE_PX, CROP_SIZE_PX)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(crop)
    return float(counter.get_total_flops()) / 2 / 1e9
