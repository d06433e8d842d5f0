# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""PyTorch on a CPU or an NVIDIA GPU: network and decoding in one pass, nothing in between."""

from dense_hand_pose.decoding import decode, Decoded, DecodingConfig
from dense_hand_pose.encoding import DenseMaps, Reach
from dense_hand_pose.geometry import Cube, lift, reduce_depth
from dense_hand_pose.network.dense_regression import DenseRegressionNet
import numpy as np
import torch
from torch import Tensor

from .base import Array, Result


class TorchBackend:
    """Runs a network eagerly, in float32, its normalisation folded and channels last."""

    def __init__(self, network: DenseRegressionNet, device: str) -> None:
        self.name = device
        self._device = torch.device(device)
        self._network = network.for_inference().to(self._device)
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._reach = Reach(network.config.theta_m, network.config.tau_px)

    @torch.inference_mode()
    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate joints from normalised crops (N, 128, 128), centres (N, 3), edges (N,)."""
        crop = self._tensor(crops).unsqueeze(1).contiguous(memory_format=torch.channels_last)
        decoded = self._decode(
            crop, Cube(self._tensor(centers_m), self._tensor(sizes_m)), decoding
        )
        return Result(*(t.cpu().numpy() for t in decoded))

    def _decode(self, crop: Tensor, cube: Cube, decoding: DecodingConfig) -> Decoded:
        channels: Tensor = self._network(crop)[-1].float()
        maps = DenseMaps.from_channels(channels, self._network.config.joints)
        return decode(maps, lift(reduce_depth(crop), cube), cube, self._reach, decoding)

    def _tensor(self, array: Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array, np.float32)).to(self._device)
