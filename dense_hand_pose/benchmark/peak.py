# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""What the machine can do: a large matrix product in a precision, and what a network needs."""

import time

from dense_hand_pose.crop import CROP_SIZE_PX
from dense_hand_pose.network.dense_regression import DenseRegressionNet
import torch
from torch.utils.flop_counter import FlopCounterMode

_SIZE = {'cpu': 2048, 'cuda': 8192}


class MatrixProduct:
    """Times the product of two square matrices, large enough to saturate the device."""

    def __init__(self, precision: str, device: str = 'cpu', size: int | None = None) -> None:
        self.precision = precision
        self.device = device
        self.size = size or _SIZE[device]
        self.times_s: list[float] = []
        kind = getattr(torch, precision)
        generator = torch.Generator().manual_seed(0)
        shape = (self.size, self.size)
        self._factors = [
            torch.randn(shape, generator=generator).to(device, kind) for _ in range(2)
        ]
        self._product = torch.empty(shape, device=device, dtype=kind)
        self._multiply()

    def measure(self) -> None:
        """Take one time more."""
        begin = time.perf_counter()
        self._multiply()
        self.times_s.append(time.perf_counter() - begin)

    def gmac_s(self) -> float:
        """Return the best that was reached, 1e9 multiplications a second; ValueError if none."""
        return self.size**3 / min(self.times_s) / 1e9

    def _multiply(self) -> None:
        torch.matmul(*self._factors, out=self._product)
        if self.device == 'cuda':
            torch.cuda.synchronize()


def network_gmac(network: DenseRegressionNet) -> float:
    """Return the multiplications and additions of the network for one crop, 1e9."""
    crop = torch.zeros(1, 1, CROP_SIZE_PX, CROP_SIZE_PX)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        network.eval()(crop)
    return float(counter.get_total_flops()) / 2 / 1e9
