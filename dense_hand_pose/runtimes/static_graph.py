# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""A function of a fixed number of crops on one device, with arrays at both ends."""

from collections.abc import Callable, Sequence

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.decoding import Decoded
from dense_hand_pose.codec.map_geometry import Cube, reduce_depth
from dense_hand_pose.codec.numpy_decoding import joined, Result
from dense_hand_pose.network.config import NetworkConfig
from dense_hand_pose.network.graph import decode_channels, example_inputs
import numpy as np
import torch
from torch import Tensor

from .base import Array

Function = Callable[[Tensor, Tensor, Tensor], Sequence[Tensor]]
"""HandGraph with maps: (B, S, S), (B, 3), (B,) in; its outputs out, the channels last."""


class StaticGraph:
    """
    Feeds a HandGraph of B crops from host memory that the device reads by itself.

    ``make(inputs)`` returns the function that reads exactly these tensors, again and again: so a
    CUDA graph can be recorded of it. Votes are merged by the function itself where the decoding
    is the one that it was made for, else in PyTorch from the channels that it puts out too.
    """

    def __init__(
        self,
        make: Callable[[tuple[Tensor, ...]], Function],
        network: NetworkConfig,
        decoding: DecodingConfig,
        batch: int,
        device: str,
    ) -> None:
        self.batch = batch
        self.decoding = decoding
        self._network = network
        self._inputs = example_inputs(batch, device)
        pinned = torch.device(device).type == 'cuda'
        self._host = [torch.empty(t.shape, pin_memory=pinned) for t in self._inputs]
        for host, tensor in zip(self._host, self._inputs, strict=True):
            host.copy_(tensor)
        self._function = make(self._inputs)

    @torch.inference_mode()
    def run(
        self, crops: Array, centers_m: Array, sizes_m: Array, decoding: DecodingConfig
    ) -> Result:
        """Estimate the joints of N crops, as many at a time as the function takes."""
        arrays = (crops, centers_m, sizes_m)
        pieces = [slice(i, i + self.batch) for i in range(0, len(crops), self.batch)]
        parts = [self._run_part([a[piece] for a in arrays], decoding) for piece in pieces]
        return joined(parts)

    def _run_part(self, arrays: Sequence[Array], decoding: DecodingConfig) -> Result:
        """Estimate at most a batch; what an unfilled batch holds besides is from before."""
        count = len(arrays[0])
        for array, host, tensor in zip(arrays, self._host, self._inputs, strict=True):
            host[:count] = torch.from_numpy(np.ascontiguousarray(array, np.float32))
            tensor.copy_(host, non_blocking=True)
        *wanted, channels = self._function(*self._inputs)
        if decoding != self.decoding:
            wanted[: len(Decoded._fields)] = self._decode(channels, decoding)
        # One transfer for all, which is also what waits for the device.
        flat = torch.cat([part[:count].float().reshape(count, -1) for part in wanted], dim=1).cpu()
        columns = torch.split(flat, [part[0].numel() for part in wanted], dim=1)
        return Result(
            *(
                column.reshape(count, *part.shape[1:]).numpy()
                for column, part in zip(columns, wanted, strict=True)
            )
        )

    def _decode(self, channels: Tensor, decoding: DecodingConfig) -> Sequence[Tensor]:
        crops, centers_m, sizes_m = self._inputs
        depth = reduce_depth(crops.unsqueeze(1))
        cube = Cube(centers_m, sizes_m)
        return decode_channels(self._network, channels.float(), depth, cube, decoding)
