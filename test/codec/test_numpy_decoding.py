# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The decoding in NumPy against that in PyTorch."""

from dense_hand_pose.codec.config import DecodingConfig, METHODS
from dense_hand_pose.codec.decoding import decode
from dense_hand_pose.codec.decoding import mean_shift as torch_mean_shift
from dense_hand_pose.codec.encoding import DenseMaps, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift
from dense_hand_pose.codec.map_geometry import reduce_depth as torch_reduce_depth
from dense_hand_pose.codec.numpy_decoding import decode_maps, mean_shift, reduce_depth
from dense_hand_pose.network.config import NetworkConfig
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import torch

NETWORK = NetworkConfig(joints=3)


def scene(seed: int, share: float) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """Return maps without ties and crops of noise of which a share is foreground."""
    rng = np.random.default_rng(seed)
    maps = rng.uniform(-0.2, 0.99, (2, 15, 32, 32)).astype(np.float32)
    crops = np.where(rng.random((2, 128, 128)) < share, rng.uniform(-0.9, 0.9, (2, 128, 128)), 1.0)
    centers = np.array([[0.07, -0.03, 0.46], [-0.2, 0.1, 0.9]], np.float32)
    return maps, (crops.astype(np.float32), centers, np.array([0.29, 0.35], np.float32))


@given(
    st.integers(0, 2**32 - 1), st.integers(1, 64), st.floats(0.01, 0.5), st.integers(0, 20),
    st.booleans(), st.sampled_from(['r_and_s', 's']), st.sampled_from([0.0, 0.002, 0.3, 1.0]),
    st.sampled_from(METHODS),
)  # fmt: skip
@settings(max_examples=30)
def test_every_part_is_that_of_pytorch(
    seed: int, candidates: int, bandwidth_m: float, iterations: int, weighted: bool, score: str,
    share: float, method: str,
) -> None:  # fmt: skip
    maps, inputs = scene(seed, share)
    config = DecodingConfig(
        method=method, candidates=candidates, bandwidth_m=bandwidth_m, iterations=iterations,
        weighted=weighted, score=score,
    )  # fmt: skip
    ours = decode_maps(maps, inputs, NETWORK.joints, NETWORK.theta_m, config)
    crops, centers, sizes = (torch.from_numpy(part) for part in inputs)
    cube = Cube(centers, sizes)
    surface = lift(torch_reduce_depth(crops.unsqueeze(1)), cube)
    dense = DenseMaps.from_channels(torch.from_numpy(maps), 3)
    theirs = decode(dense, surface, cube, SupportRadius(), config)
    # Pixels without any score tie, and their order is nobody's promise.
    best = method == 'mean_shift'
    counted = theirs.vote_weights.numpy() > (0.0 if best else 1.5 / 32**2)
    for a, b in zip(ours[:5], theirs, strict=True):
        assert a.shape == tuple(b.shape)
        told = counted if a.shape[:3] == counted.shape else counted.any(axis=2) | (not best)
        np.testing.assert_allclose(a[told], b.numpy()[told], rtol=0.0, atol=2e-4)
        assert np.isfinite(a).all()


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.01, 0.5, 1.0]))
@settings(max_examples=20)
def test_depth_is_reduced_as_in_pytorch(seed: int, share: float) -> None:
    crops = scene(seed, share)[1][0]
    theirs = torch_reduce_depth(torch.from_numpy(crops).unsqueeze(1))[:, 0]
    np.testing.assert_allclose(reduce_depth(crops), theirs.numpy(), rtol=0.0, atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 1.0), st.integers(0, 20), st.booleans())
@settings(max_examples=40)
def test_mean_shift_is_that_of_pytorch(
    seed: int, bandwidth_m: float, iterations: int, vanish: bool
) -> None:
    rng = np.random.default_rng(seed)
    votes = rng.normal(0.0, 0.05, (2, 3, 5, 3))
    weights = rng.random((2, 3, 5)) * (rng.random((2, 3, 5)) < 0.7) * (0.0 if vanish else 1.0)
    ours = mean_shift(votes, weights, bandwidth_m, iterations)
    theirs = torch_mean_shift(
        torch.from_numpy(votes), torch.from_numpy(weights), bandwidth_m, iterations
    )
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b.numpy(), rtol=0.0, atol=1e-8)
