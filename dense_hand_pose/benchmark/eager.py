# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The measure of all backends: PyTorch as one would write it first, in float32."""

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.decoding import decode
from dense_hand_pose.codec.encoding import DenseMaps, Reach
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth
from dense_hand_pose.network.dense_regression import DenseRegressionNet
from dense_hand_pose.runtimes.base import Array, Result
import numpy as np
import torch


class EagerBackend:
    """Runs a network eagerly on the CPU: nothing folded, no other layout, no other precision."""

    precision = 'float32'

    def __init__(self, network: DenseRegressionNet, name: str = 'eager') -> None:
        self.name = name
        self._network = network.eval()
        self._reach = Reach(network.config.theta_m, network.config.tau_px)

    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        arrays = (np.ascontiguousarray(a, np.float32) for a in (crops, centers_m, sizes_m))
        crop, center_m, size_m = (torch.from_numpy(array) for array in arrays)
        crop, cube = crop.unsqueeze(1), Cube(center_m, size_m)
        with torch.no_grad():
            seen = self._network.see(crop)
            maps = DenseMaps.from_channels(seen.outputs[-1], self._network.config.joints)
            decoded = decode(maps, lift(reduce_depth(crop), cube), cube, self._reach, decoding)
            verdict = () if self._network.verdict is None else self._network.verdict(seen)
        return Result(*(part.numpy() for part in (*decoded, *verdict)))
