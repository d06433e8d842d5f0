# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Decoding against a float64 brute force, and with maps that no network should make."""

import itertools
from typing import Any

from dense_hand_pose.codec.config import DecodingConfig, METHODS
from dense_hand_pose.codec.decoding import decode, decode_soft, Decoded, mean_shift
from dense_hand_pose.codec.encoding import DenseMaps, SupportRadius
from dense_hand_pose.codec.map_geometry import Cube, lift, Surface
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
from support import dense_reference as reference
import torch

REACH = SupportRadius()
CENTER, SIZE_M = (0.07, -0.03, 0.46), 0.29
CUBE = Cube(torch.tensor([CENTER]), torch.tensor([SIZE_M]))


def paper(**settings: Any) -> DecodingConfig:
    """Return settings of the paper's own merging."""
    return DecodingConfig(method='mean_shift', **settings)


def noisy_maps(seed: int, joints: int, share: float) -> tuple[DenseMaps, np.ndarray]:
    """Return maps of no hand at all, one random vote a pixel, and a depth (32, 32)."""
    rng = np.random.default_rng(seed)
    depth = np.where(rng.random((32, 32)) < share, rng.uniform(-0.9, 0.9, (32, 32)), 1.0)
    # Below 1, so that no two pixels tie for the best score; below 0 in places, to be clamped.
    heat = rng.uniform(-0.2, 0.99, (2, 1, joints, 32, 32))
    pointing = rng.normal(0.0, 0.5, (1, 3 * joints, 32, 32))
    channels = torch.from_numpy(np.concatenate([*heat, pointing], axis=1).astype(np.float32))
    return DenseMaps.from_channels(channels, joints), depth.astype(np.float32)


def surface_of(depth: np.ndarray) -> Surface:
    return lift(torch.from_numpy(depth)[None, None], CUBE)


def by_brute_force(
    maps: DenseMaps, depth: np.ndarray, joint: int, config: DecodingConfig
) -> np.ndarray:
    """Decode one joint in float64, from the maps clamped to what they mean."""
    r, s, v = (part[0, joint].double().numpy() for part in maps)
    return reference.decode_joint(
        (r.clip(0, 1), s.clip(0, 1), v.clip(-1, 1)), depth, np.float32(CENTER).astype(np.float64),
        float(np.float32(SIZE_M)), config.candidates, config.bandwidth_m, config.iterations,
        config.weighted,
    )  # fmt: skip


def assert_sane(decoded: Decoded) -> None:
    """Hold a result to its documented ranges."""
    for part in decoded:
        assert torch.isfinite(part).all()
    for part in (decoded.confidence, decoded.vote_weights):
        assert part.min() >= 0.0
        assert part.max() <= 1.0
    assert decoded.spread_m.min() >= 0.0
    reach = SIZE_M * (2.0 + 3.0 * 0.08 / 0.3) * 2.0
    assert (decoded.joints_m - CUBE.center_m).norm(dim=-1).max() < reach


@pytest.mark.parametrize('weighted', [True, False])
@pytest.mark.parametrize(
    ('candidates', 'bandwidth_m', 'iterations'),
    [(1, 0.04, 10), (5, 0.04, 10), (5, 0.01, 10), (30, 0.08, 10), (64, 0.02, 30), (5, 0.04, 0)],
)
def test_brute_force_agrees(
    candidates: int, bandwidth_m: float, iterations: int, weighted: bool
) -> None:
    config = paper(
        candidates=candidates, bandwidth_m=bandwidth_m, iterations=iterations, weighted=weighted
    )
    for seed in range(3):
        maps, depth = noisy_maps(seed, 4, 0.5)
        decoded = decode(maps, surface_of(depth), CUBE, REACH, config)
        assert_sane(decoded)
        for joint in range(4):
            expected = by_brute_force(maps, depth, joint, config)
            np.testing.assert_allclose(
                decoded.joints_m[0, joint], expected, rtol=0.0, atol=1e-6, err_msg='1e-3 mm'
            )


@given(st.integers(0, 2**32 - 1), st.integers(1, 64), st.floats(0.02, 0.5), st.booleans(),
       st.floats(0.0, 1.0))  # fmt: skip
@settings(max_examples=25)
def test_brute_force_agrees_at_random(
    seed: int, candidates: int, bandwidth_m: float, weighted: bool, share: float
) -> None:
    config = paper(candidates=candidates, bandwidth_m=bandwidth_m, weighted=weighted)
    maps, depth = noisy_maps(seed, 1, share)
    seen = int(((depth < 1.0) & (maps.heat_3d[0, 0].numpy() > 0.0)).sum())
    decoded = decode(maps, surface_of(depth), CUBE, REACH, config)
    assert_sane(decoded)
    if seen == 0:
        assert decoded.confidence.max() == 0.0
        return
    expected = by_brute_force(maps, depth, 0, config)
    np.testing.assert_allclose(decoded.joints_m[0, 0], expected, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize(
    'config',
    [
        *(paper(candidates=k, weighted=w) for k in (5, 256) for w in (True, False)),
        DecodingConfig(method='soft'),
        DecodingConfig(method='dense_mean_shift', candidates=256, bandwidth_m=0.001),
    ],
)
@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf, 3e38, -3e38, 0.0, 1e-30, -1.0, 5.0])
def test_whatever_the_maps_hold(value: float, config: DecodingConfig) -> None:
    for share in (0.0, 0.003, 1.0):
        maps, depth = noisy_maps(7, 2, share)
        for which in itertools.product((False, True), repeat=3):
            parts = [
                torch.full_like(part, value) if broken else part
                for part, broken in zip(maps, which, strict=True)
            ]
            assert_sane(decode(DenseMaps(*parts), surface_of(depth), CUBE, REACH, config))


@pytest.mark.parametrize('method', METHODS)
def test_scattered_nan_leaves_the_other_pixels_their_votes(method: str) -> None:
    config = DecodingConfig(method=method)
    maps, depth = noisy_maps(3, 2, 1.0)
    broken = torch.rand(1, 2, 32, 32, generator=torch.Generator().manual_seed(1)) < 0.3
    holed = DenseMaps(maps.heat_2d, maps.heat_3d.masked_fill(broken, float('nan')), maps.direction)
    zeroed = DenseMaps(maps.heat_2d, maps.heat_3d.masked_fill(broken, 0.0), maps.direction)
    surface = surface_of(depth)
    for a, b in zip(
        decode(holed, surface, CUBE, REACH, config),
        decode(zeroed, surface, CUBE, REACH, config), strict=True,
    ):  # fmt: skip
        torch.testing.assert_close(a, b, rtol=0.0, atol=0.0)


def few_votes(count: int) -> tuple[DenseMaps, Surface]:
    """Return perfect maps of a joint that only count pixels can see, and their surface."""
    from dense_hand_pose.codec.encoding import encode

    depth = np.ones((32, 32), np.float32)
    depth[15, slice(10, 10 + count)] = 0.1
    surface = surface_of(depth)
    joint = torch.tensor([[[0.06, -0.03, 0.48]]])
    return encode(joint, surface, CUBE, REACH), surface


@pytest.mark.parametrize('candidates', [5, 64, 256])
@pytest.mark.parametrize('weighted', [True, False])
def test_more_candidates_than_pixels_do_no_harm(candidates: int, weighted: bool) -> None:
    maps, surface = few_votes(3)
    config = paper(candidates=candidates, weighted=weighted)
    decoded = decode(maps, surface, CUBE, REACH, config)
    expected = torch.tensor([0.06, -0.03, 0.48])
    torch.testing.assert_close(decoded.joints_m[0, 0], expected, rtol=0.0, atol=1e-6)
    assert decoded.spread_m[0, 0] < 1e-5, 'pixels off the hand have no say in the spread'
    assert decoded.vote_weights[0, 0, 3:].max() == 0.0
    three = decode(maps, surface, CUBE, REACH, paper(candidates=3, weighted=weighted))
    torch.testing.assert_close(decoded.confidence, three.confidence, rtol=1e-5, atol=0.0)
    assert decoded.confidence[0, 0] > 0.5


def test_the_best_vote_answers_where_all_weights_vanish() -> None:
    maps, surface = few_votes(8)
    maps = maps._replace(heat_2d=torch.zeros_like(maps.heat_2d))
    decoded = decode(maps, surface, CUBE, REACH, paper())
    torch.testing.assert_close(decoded.joints_m, decoded.votes_m[:, :, 0], rtol=0.0, atol=0.0)
    assert decoded.confidence.max() == 0.0


def test_ranking_by_s_alone() -> None:
    maps, depth = noisy_maps(5, 1, 1.0)
    first = paper(candidates=1, score='s', weighted=False)
    decoded = decode(maps, surface_of(depth), CUBE, REACH, first)
    m, n = divmod(int(maps.heat_3d[0, 0].clamp(0, 1).argmax()), 32)
    reach = 0.08 * SIZE_M / 0.3 * (1 - maps.heat_3d[0, 0, m, n].clamp(0, 1))
    point = surface_of(depth).points_m[0, :, m, n]
    expected = point + reach * maps.direction[0, 0, :, m, n].clamp(-1, 1)
    torch.testing.assert_close(decoded.joints_m[0, 0], expected, rtol=0.0, atol=1e-6)


@given(
    st.lists(st.tuples(*[st.floats(-2.0, 2.0, width=32)] * 3), min_size=2, max_size=8),
    st.data(), st.floats(0.001, 1.0), st.integers(0, 10),
)  # fmt: skip
@settings(max_examples=80)
def test_mean_shift_survives_spread_out_votes(
    votes: list[tuple[float, ...]], data: st.DataObject, bandwidth_m: float, iterations: int
) -> None:
    weight = st.one_of(st.just(0.0), st.floats(0.0, 1.0, width=32), st.just(1e-12))
    weights = data.draw(st.lists(weight, min_size=len(votes), max_size=len(votes)))
    mode, share = mean_shift(
        torch.tensor([[votes]]), torch.tensor([[weights]]), bandwidth_m, iterations
    )
    assert torch.isfinite(mode).all()
    torch.testing.assert_close(share.sum(), torch.tensor(1.0))
    counted = [v for v, w in zip(votes, weights, strict=True) if w > 0.0]
    counted = counted if max(weights) > 1e-6 else [votes[0]]
    low, high = np.min(counted, axis=0), np.max(counted, axis=0)
    assert np.all(mode[0, 0].numpy() >= low - 1e-5)
    assert np.all(mode[0, 0].numpy() <= high + 1e-5), 'a mode outside the votes that count'


def test_a_vote_without_weight_moves_nothing() -> None:
    """A narrow kernel once underflowed at every vote but the one that had no weight."""
    votes = torch.tensor([[[[0.0, 0.0, 0.5], [0.03, 0.0, 0.5], [0.015, 0.0, 0.5]]]])
    for iterations in (1, 10):
        mode, _ = mean_shift(votes, torch.tensor([[[1.0, 1.0, 0.0]]]), 0.001, iterations)
        torch.testing.assert_close(mode[0, 0], torch.tensor([0.015, 0.0, 0.5]))


def test_mean_shift_finds_the_larger_cluster() -> None:
    rng = np.random.default_rng(0)
    near, far = rng.normal(0.0, 0.002, (6, 3)), rng.normal(0.3, 0.002, (2, 3))
    votes = torch.from_numpy(np.concatenate([near, far])).float()[None, None]
    mode, _ = mean_shift(votes, torch.ones(1, 1, 8), 0.04, 20)
    torch.testing.assert_close(mode[0, 0], votes[0, 0, :6].mean(dim=0), rtol=0.0, atol=1e-4)


def test_soft_decoding_is_its_formula() -> None:
    maps, depth = noisy_maps(11, 2, 0.6)
    soft = decode_soft(maps, surface_of(depth), CUBE, REACH)
    theta = 0.08 * float(np.float32(SIZE_M)) / 0.3
    points = reference.surface_points(
        depth, np.float32(CENTER).astype(np.float64), float(np.float32(SIZE_M))
    )
    for joint in range(2):
        s, v = maps.heat_3d[0, joint].double().numpy(), maps.direction[0, joint].double().numpy()
        weights = np.exp(30.0 * s * (depth < 1.0))
        votes = points + theta * (1.0 - s) * v
        expected = (weights * votes).sum(axis=(1, 2)) / weights.sum()
        np.testing.assert_allclose(soft[0, joint], expected, rtol=0.0, atol=1e-6)


def merged_in_loops(
    maps: DenseMaps, depth: np.ndarray, joint: int, config: DecodingConfig
) -> tuple[np.ndarray, float, float, np.ndarray]:
    """Merge all votes of a joint in float64: joint, confidence, spread and every share."""
    r, s, v = (part[0, joint].double().numpy() for part in maps)
    r, s, v = r.clip(0, 1), s.clip(0, 1), v.clip(-1, 1)
    center, size_m = np.float32(CENTER).astype(np.float64), float(np.float32(SIZE_M))
    points = reference.surface_points(depth, center, size_m)
    votes, seen = [], []
    for m, n in itertools.product(range(32), repeat=2):
        reach = reference.THETA_OF_CUBE * size_m * (1 - s[m, n])
        votes.append(points[:, m, n] + reach * v[:, m, n])
        seen.append(s[m, n] if depth[m, n] < 1.0 else 0.0)
    votes, seen = np.array(votes), np.array(seen)
    share = np.exp(30.0 * seen) / np.exp(30.0 * seen).sum()
    at = share @ votes
    for _ in range(config.iterations if config.method == 'dense_mean_shift' else 0):
        logits = 30.0 * seen - ((votes - at) ** 2).sum(axis=1) / (2 * config.bandwidth_m**2)
        share = np.exp(logits - logits.max())
        share /= share.sum()
        at = share @ votes
    squared = ((votes - at) ** 2).sum(axis=1)
    close = float((share * seen * np.exp(-squared / (2 * 0.04**2))).sum())
    agreement = reference.bilinear(r, reference.map_pixel(at, center, size_m))
    return at, (agreement * close) ** (1 / 3), float(np.sqrt(share @ squared)), share


@given(
    st.integers(0, 2**32 - 1), st.sampled_from(['soft', 'dense_mean_shift']),
    st.floats(0.02, 0.5), st.integers(0, 12), st.integers(1, 64),
    st.sampled_from([0.0, 0.01, 0.4, 1.0]),
)  # fmt: skip
@settings(max_examples=25)
def test_all_votes_are_merged_as_by_brute_force(
    seed: int, method: str, bandwidth_m: float, iterations: int, candidates: int, share: float
) -> None:
    config = DecodingConfig(
        method=method, bandwidth_m=bandwidth_m, iterations=iterations, candidates=candidates
    )
    maps, depth = noisy_maps(seed, 1, share)
    decoded = decode(maps, surface_of(depth), CUBE, REACH, config)
    assert_sane(decoded)
    joint, confidence, spread_m, shares = merged_in_loops(maps, depth, 0, config)
    np.testing.assert_allclose(decoded.joints_m[0, 0], joint, rtol=0.0, atol=2e-6)
    np.testing.assert_allclose(decoded.confidence[0, 0] ** 3, confidence**3, atol=1e-4)
    np.testing.assert_allclose(decoded.spread_m[0, 0], spread_m, rtol=0.0, atol=1e-5)
    told = decoded.vote_weights[0, 0]
    assert told.shape == (candidates,)
    np.testing.assert_allclose(told, -np.sort(-shares)[:candidates], rtol=0.0, atol=1e-4)


@pytest.mark.parametrize('candidates', [1, 5, 8, 9, 16])
@pytest.mark.parametrize('column', [None, 0, 31], ids=['anywhere', 'left', 'right'])
def test_votes_are_told_by_their_share_wherever_they_stand(
    candidates: int, column: int | None
) -> None:
    maps, depth = noisy_maps(5, 2, 0.9)
    near = maps.heat_3d.clamp(0.0, 1.0)
    if column is not None:  # all of the best below each other
        depth[:] = 0.0
        near *= 0.5
        near[..., column] += 0.5
    decoded = decode(
        DenseMaps(maps.heat_2d, near, maps.direction),
        surface_of(depth),
        CUBE,
        REACH,
        DecodingConfig(candidates=candidates),
    )
    raised = np.exp(30.0 * near[0].double().numpy() * (depth < 1.0)).reshape(2, -1)
    share = raised / raised.sum(axis=1, keepdims=True)
    order = np.argsort(-share, axis=1)[:, :candidates]
    expected = np.take_along_axis(share, order, axis=1)
    np.testing.assert_allclose(decoded.vote_weights[0], expected, rtol=1e-4)
    reach_m = 0.08 * SIZE_M / 0.3 * (1.0 - near[0].flatten(1).double().numpy())
    points = surface_of(depth).points_m[0].flatten(1).double().numpy()
    pointing = maps.direction[0].flatten(2).clamp(-1.0, 1.0).double().numpy()
    votes = (points + reach_m[:, None] * pointing).transpose(0, 2, 1)
    expected = np.take_along_axis(votes, order[..., None], axis=1)
    np.testing.assert_allclose(decoded.votes_m[0], expected, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize('method', ['soft', 'dense_mean_shift'])
def test_without_foreground_all_merged_votes_are_believed_nowhere(method: str) -> None:
    maps, depth = noisy_maps(1, 3, 0.0)
    decoded = decode(maps, surface_of(depth), CUBE, REACH, DecodingConfig(method=method))
    assert_sane(decoded)
    assert decoded.confidence.max() == 0.0


@pytest.mark.parametrize('method', METHODS)
def test_perfect_maps_give_the_joint_and_high_confidence(method: str) -> None:
    maps, surface = few_votes(8)
    decoded = decode(maps, surface, CUBE, REACH, DecodingConfig(method=method))
    expected = torch.tensor([0.06, -0.03, 0.48])
    torch.testing.assert_close(decoded.joints_m[0, 0], expected, rtol=0.0, atol=1e-3)
    assert decoded.confidence[0, 0] > 0.5
    assert decoded.vote_weights[0, 0, 0] == decoded.vote_weights[0, 0].max()


def test_joints_of_a_batch_do_not_mix() -> None:
    maps, depth = noisy_maps(2, 3, 0.5)
    other, other_depth = noisy_maps(9, 3, 0.5)
    both = DenseMaps(*(torch.cat(parts) for parts in zip(maps, other, strict=True)))
    depths = torch.from_numpy(np.stack([depth, other_depth]))[:, None]
    cubes = Cube(CUBE.center_m.repeat(2, 1), CUBE.size_m.repeat(2))
    together = decode(both, lift(depths, cubes), cubes, REACH, DecodingConfig())
    alone = decode(other, surface_of(other_depth), CUBE, REACH, DecodingConfig())
    torch.testing.assert_close(together.joints_m[1:], alone.joints_m, rtol=0.0, atol=1e-6)


@pytest.mark.parametrize(
    'wrong',
    [{'method': 'hard'}, {'candidates': 0}, {'candidates': 257}, {'bandwidth_m': 0.0},
     {'bandwidth_m': float('nan')}, {'iterations': -1}, {'iterations': 101}, {'score': 'r'}],
)  # fmt: skip
def test_settings_out_of_range_are_named(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f'{name} = '):
        DecodingConfig(**wrong)
