# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the machine can do: matrix products in a precision, and what a network needs."""

from collections.abc import Sequence
import time

from dense_hand_pose.camera.crop import CROP_SIZE_PX
from dense_hand_pose.network.dense_regression import DenseRegressionNet
import torch
from torch.utils.flop_counter import FlopCounterMode

SIZES = {'cpu': (512, 1024, 2048), 'cuda': (4096, 8192)}
"""Which is the fastest depends on the caches: the best of them is the peak."""
_SECONDS = 0.05


class MatrixProduct:
    """Times products of two square matrices, each repeated until it is sustained."""

    def __init__(
        self, precision: str, device: str = 'cpu', sizes: Sequence[int] | None = None
    ) -> None:
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
        left, right, product = self._products[size]
        torch.matmul(left, right, out=product)
        if self.device == 'cuda':
            torch.cuda.synchronize()


def network_gmac(network: DenseRegressionNet) -> float:
    """Return the multiplications and additions of the network for one crop, 1e9."""
    crop = torch.zeros(1, 1, CROP_SIZE_PX, CROP_SIZE_PX)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(crop)
    return float(counter.get_total_flops()) / 2 / 1e9
