# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The PyTorch backend against the parts it is made of."""

from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.decoding import decode
from dense_hand_pose.codec.encoding import DenseMaps, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, reduce_depth
from dense_hand_pose.runtimes.host import why_no_cuda
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
from dense_hand_pose.synthesis.crops import CropBatch, render_crops
import numpy as np
import pytest
from support.tiny import tiny_network
import torch


@pytest.fixture(scope='module')
def crops() -> CropBatch:
    return render_crops(31, 4)


@pytest.mark.parametrize('candidates', [1, 5, 64])
def test_it_is_network_then_decoding(crops: CropBatch, candidates: int) -> None:
    config = DecodingConfig(candidates=candidates)
    result = TorchBackend(tiny_network(), 'cpu').run(
        crops.depth, crops.center_m, crops.cube_size_m, config
    )
    crop = torch.from_numpy(crops.depth).unsqueeze(1)
    cube = Cube(torch.from_numpy(crops.center_m), torch.from_numpy(crops.cube_size_m))
    with torch.no_grad():
        maps = DenseMaps.from_channels(tiny_network()(crop)[-1], 21)
    expected = decode(maps, lift(reduce_depth(crop), cube), cube, SupportRadius(), config)
    assert result.votes_m.shape == (4, 21, candidates, 3)
    assert (result.presence, result.side) == (None, None), 'these weights have no verdict'
    for array in result[:5]:
        assert array.dtype == np.float32
        assert np.isfinite(array).all()
    # Folding changes the last digits; a candidate that ties may then be another.
    miss = np.linalg.norm(result.joints_m - expected.joints_m.numpy(), axis=-1)
    assert np.quantile(miss, 0.95) < 1e-4


def test_crops_of_a_batch_do_not_mix(crops: CropBatch) -> None:
    backend, config = TorchBackend(tiny_network(), 'cpu'), DecodingConfig()
    together = backend.run(crops.depth, crops.center_m, crops.cube_size_m, config)
    for i in range(4):
        one = slice(i, i + 1)
        alone = backend.run(crops.depth[one], crops.center_m[one], crops.cube_size_m[one], config)
        miss = np.linalg.norm(alone.joints_m[0] - together.joints_m[i], axis=-1)
        assert np.quantile(miss, 0.95) < 1e-4


@pytest.mark.gpu
@pytest.mark.skipif(why_no_cuda() is not None, reason=f'no CUDA here: {why_no_cuda()}')
def test_the_gpu_agrees_with_the_cpu(crops: CropBatch) -> None:
    config = DecodingConfig()
    joints = [
        TorchBackend(tiny_network(), device)
        .run(crops.depth, crops.center_m, crops.cube_size_m, config)
        .joints_m
        for device in ('cpu', 'cuda')
    ]
    assert np.quantile(np.linalg.norm(joints[0] - joints[1], axis=-1), 0.95) < 1e-3
