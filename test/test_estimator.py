# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The one path from a frame to a pose, with a random network that believes in what it sees."""

from dataclasses import replace
import math
from pathlib import Path
import tracemalloc
from typing import Any

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.estimator import EstimatorConfig, HandPose, HandPoseEstimator
from dense_hand_pose.network.weights import (
    load_weights,
    MODELS_DIR,
    save_weights,
    WeightsError,
)  # fmt: skip
from dense_hand_pose.runtimes.base import Array, Backend
from dense_hand_pose.runtimes.torch_cpu import TorchBackend
from dense_hand_pose.skeleton import HAND_21
from dense_hand_pose.synthesis.crops import render_crops
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
import numpy as np
import pytest
from support import scenes
from support.scenes import K
from support.tiny import always_hand_network

AT = (0.03, -0.02, 0.5)


class Counted:
    """A backend that remembers the centres it was asked for."""

    name, precision = 'counted', 'float32'

    def __init__(self) -> None:
        self.inner: Backend = TorchBackend(always_hand_network(), 'cpu')
        self.asked: list[Array] = []

    def run(self, crops: Array, centers: Array, sizes: Array, decoding: DecodingConfig) -> Result:
        """Note the centres and pass on."""
        self.asked.append(centers)
        return self.inner.run(crops, centers, sizes, decoding)


def new_estimator(**settings: Any) -> tuple[HandPoseEstimator, Counted]:
    backend = Counted()
    settings.setdefault('min_score', 0.0)  # random weights: no score is a hand's
    settings.setdefault('min_new_score', 0.0)
    settings.setdefault('fit', None)  # what the network says is compared
    return HandPoseEstimator(backend, EstimatorConfig(**settings)), backend


def hand_at(x: float, y: float, z: float) -> np.ndarray:
    return scenes.hand_like(scenes.wall(1.1), (x, y, z))


def assert_sane(pose: HandPose, candidates: int = 5) -> None:
    """Hold a pose to what its docstring says."""
    assert pose.joints.shape == (21, 3)
    assert pose.joints.dtype == np.float32
    assert pose.confidence.shape == pose.spread.shape == (21,)
    assert pose.votes.shape == (21, candidates, 3)
    assert pose.vote_weights.shape == (21, candidates)
    assert pose.center.shape == (3,)
    assert pose.names == HAND_21.joints
    for part in (pose.joints, pose.confidence, pose.spread, pose.votes, pose.center):
        assert np.isfinite(part).all()
    for part in (pose.confidence, pose.vote_weights):
        assert part.min() >= 0.0
        assert part.max() <= 1.0
    assert pose.joints[:, 2].min() > 0.0
    assert set(pose.stages_ms) == {'localize', 'crop', 'network', 'total'}
    parts = [pose.stages_ms[name] for name in ('localize', 'crop', 'network')]
    assert min(parts) >= 0.0
    assert sum(parts) <= pose.stages_ms['total']


def test_a_hand_is_looked_at_where_it_is() -> None:
    # The wall is out of reach: untrained weights may believe in it more than in the hand.
    estimator, _ = new_estimator(depth_max_m=0.9)
    pose = estimator.estimate(hand_at(*AT), K)
    assert pose is not None
    assert_sane(pose)
    assert np.linalg.norm(pose.center - AT) < 0.08
    assert np.abs(pose.joints - pose.center).max() < 0.3


@pytest.mark.parametrize('roi_mode', ['tracked', 'nearest'])
def test_no_hand_is_none_and_forgets_the_track(roi_mode: str) -> None:
    estimator, backend = new_estimator(roi_mode=roi_mode)
    assert estimator.estimate(hand_at(*AT), K) is not None
    for depth in (scenes.empty(), scenes.wall(3.0), np.full((48, 64), np.nan, np.float32),
                  np.full((4, 4), -1.0, np.float32), np.zeros((1, 1), np.uint16)):  # fmt: skip
        assert estimator.estimate(depth, K) is None
    before = len(backend.asked)
    estimator.estimate(hand_at(*AT), K)
    assert len(backend.asked) - before > 1, 'searched again'


def test_the_track_is_the_mean_of_the_last_joints() -> None:
    estimator, backend = new_estimator()
    depth = hand_at(*AT)
    first = estimator.estimate(depth, K)
    calls = len(backend.asked)
    second = estimator.estimate(depth, K)
    assert first is not None
    assert second is not None
    assert len(backend.asked) == calls + 1, 'a tracked frame is one look'
    np.testing.assert_allclose(second.center, first.joints.mean(axis=0), rtol=0.0, atol=1e-6)
    assert second.stages_ms['localize'] == 0.0


def test_reset_searches_again_and_gives_the_first_answer() -> None:
    estimator, _ = new_estimator()
    depth = hand_at(*AT)
    first = estimator.estimate(depth, K)
    estimator.estimate(depth, K)
    estimator.reset()
    again = estimator.estimate(depth, K)
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first.joints, again.joints)
    assert again.stages_ms['localize'] > 0.0


def test_a_warm_up_computes_one_cube_and_several_and_leaves_no_track() -> None:
    estimator, counted = new_estimator()
    estimator.warm_up()
    assert {1, 4} <= {len(centers) for centers in counted.asked}
    assert estimator.searches == 0
    estimator.estimate(hand_at(0.0, 0.0, 0.5), K)
    assert estimator.searches == 1


def test_nearest_searches_every_frame() -> None:
    estimator, _ = new_estimator(roi_mode='nearest')
    depth = hand_at(*AT)
    poses = [estimator.estimate(depth, K) for _ in range(2)]
    assert poses[0] is not None
    assert poses[1] is not None
    np.testing.assert_array_equal(poses[0].joints, poses[1].joints)
    assert poses[1].stages_ms['localize'] > 0.0


def test_a_hand_that_jumps_is_found_again() -> None:
    estimator, _ = new_estimator()
    assert estimator.estimate(hand_at(-0.15, 0.0, 0.45), K) is not None
    there = (0.17, 0.02, 0.6)
    pose = estimator.estimate(scenes.hand_like(scenes.empty(), there), K)
    assert pose is not None
    assert np.linalg.norm(pose.center - there) < 0.08


def test_a_given_centre_is_used_as_it_is_and_leaves_the_track() -> None:
    estimator, backend = new_estimator()
    depth = hand_at(*AT)
    estimator.estimate(depth, K)
    tracked = estimator.estimate(depth, K)
    center = (0.0, 0.01, 0.52)
    for given_center in (center, list(center), np.array(center)):
        pose = estimator.estimate(depth, K, given_center)
        assert pose is not None
        np.testing.assert_array_equal(pose.center, np.float32(center))
    assert tracked is not None
    estimator.estimate(depth, K)
    there = tracked.joints.mean(axis=0)
    assert np.linalg.norm(backend.asked[-1][0] - there) < np.linalg.norm(there - center)
    assert estimator.estimate(depth, K, (5.0, 0.0, 0.5)) is None, 'nothing there'


@pytest.mark.parametrize('dtype', ['<u2', '>u2', '<i2', '<u4', '<i4', '<f2', '<f8', '>f4'])
def test_raw_depth_of_every_type_is_the_same_hand(dtype: str) -> None:
    raw = np.rint(hand_at(*AT) * 1000.0)
    metres = raw.astype(np.float32) * np.float32(0.001)
    expected = new_estimator()[0].estimate(metres, K)
    pose = new_estimator()[0].estimate(raw.astype(dtype), K, unit_m=0.001)
    assert expected is not None
    assert pose is not None
    np.testing.assert_allclose(pose.joints, expected.joints, rtol=0.0, atol=1e-6)


def test_the_frame_is_left_alone_and_may_be_any_view() -> None:
    depth = hand_at(*AT)
    depth[::9] = np.nan
    before = depth.copy()
    expected = new_estimator()[0].estimate(depth, K)
    np.testing.assert_array_equal(depth, before)
    depth.setflags(write=False)
    for view in (depth, np.asfortranarray(depth), np.repeat(depth, 2, axis=1)[:, ::2]):
        pose = new_estimator()[0].estimate(view, K)
        assert pose is not None
        assert expected is not None
        np.testing.assert_array_equal(pose.joints, expected.joints)


@pytest.mark.parametrize(
    'depth',
    [None, [[0.5]], np.zeros((2, 2, 1)), np.zeros(3), np.zeros((0, 5)), np.ones((2, 2), bool),
     np.ones((2, 2), complex), np.array([['a']])],
)  # fmt: skip
def test_arrays_that_are_no_depth_are_refused(depth: Any) -> None:
    with pytest.raises(ValueError, match='depth image of'):
        new_estimator()[0].estimate(depth, K)


@pytest.mark.parametrize(
    'center',
    [(0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, -0.4), (math.nan, 0.0, 0.5), (0.0, math.inf, 0.5),
     np.zeros((1, 3)), 'abc', 0.5],
)  # fmt: skip
def test_impossible_centres_are_refused(center: Any) -> None:
    with pytest.raises(ValueError, match=r'center = |could not convert'):
        new_estimator()[0].estimate(scenes.wall(0.5), K, center)


@pytest.mark.parametrize('unit_m', [0.0, -1.0, math.nan, math.inf])
def test_impossible_units_are_refused(unit_m: float) -> None:
    with pytest.raises(ValueError, match='unit_m = '):
        new_estimator()[0].estimate(scenes.wall(0.5), K, unit_m=unit_m)


def test_settings_may_change_in_mid_stream() -> None:
    estimator, _ = new_estimator(min_confidence=0.0)
    depth = hand_at(*AT)
    estimator.estimate(depth, K)
    for change in ({'decoding': DecodingConfig(candidates=1)},
                   {'decoding': DecodingConfig(candidates=64, bandwidth_m=0.001)},
                   {'decoding': DecodingConfig(weighted=False, iterations=0)},
                   {'cube_size_m': 0.2}, {'views': 8},
                   {'roi_mode': 'nearest'}):  # fmt: skip
        estimator.config = replace(estimator.config, **change)
        pose = estimator.estimate(depth, K)
        assert pose is not None
        assert_sane(pose, estimator.config.decoding.candidates)
        assert pose.cube_size_m == estimator.config.cube_size_m
    estimator.config = replace(estimator.config, min_confidence=1.0)
    assert estimator.estimate(depth, K) is None
    estimator.config = EstimatorConfig(depth_min_m=0.7, depth_max_m=1.0)
    assert estimator.estimate(scenes.hand_like(scenes.empty(), AT), K) is None, 'out of range'


@pytest.mark.parametrize(
    'wrong',
    [{'cube_size_m': 0.05}, {'cube_size_m': math.nan}, {'depth_min_m': 0.0}, {'depth_max_m': 30.0},
     {'depth_min_m': 1.3}, {'views': 3}, {'min_confidence': 1.1},
     {'min_confidence': math.nan}, {'roi_mode': 'psychic'}, {'min_score': -0.1},
     {'min_new_score': 1.1}, {'max_hands': 0}, {'max_hands': 5},
     {'search_every': -1}],
)  # fmt: skip
def test_settings_out_of_range_are_named(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    with pytest.raises(ValueError, match=f'{name} = '):
        EstimatorConfig(**wrong)


SHARED = new_estimator()[0]

FUZZED = st.one_of(
    st.floats(width=32),
    st.floats(0.125, 1.25, width=32),
    st.sampled_from([0.0, 0.375, 0.5, math.nan, math.inf, 1e-30]),
)


@given(
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=48),
               elements=FUZZED, fill=st.one_of(st.just(0.5), st.just(0.0))),
    st.floats(5.0, 2000.0),
    st.sampled_from([None, (0.0, 0.0, 0.5), (0.1, 0.1, 1e-3), (1e20, 0.0, 0.5), (0.0, 0.0, 1e6)]),
    st.sampled_from([1, 5, 64]),
)  # fmt: skip
@settings(max_examples=60)
def test_whatever_the_frame_holds_no_result_is_nan(
    depth: np.ndarray, focal_px: float, center: tuple[float, float, float] | None, candidates: int
) -> None:
    k = Intrinsics(focal_px, focal_px, depth.shape[1] / 2, depth.shape[0] / 2)
    SHARED.config = EstimatorConfig(
        decoding=DecodingConfig(candidates=candidates),
        min_confidence=0.0,
        min_score=0.0,
        min_new_score=0.0,
    )
    for _ in range(2):
        pose = SHARED.estimate(depth, k, center)
        if pose is not None:
            assert_sane(pose, candidates)


@given(hnp.arrays(np.uint16, (48, 64), elements=st.integers(0, 65535), fill=st.just(450)))
@settings(max_examples=15)
def test_whatever_raw_pixels_hold(raw: np.ndarray) -> None:
    SHARED.config = EstimatorConfig(min_confidence=0.0, min_score=0.0, min_new_score=0.0)
    pose = SHARED.estimate(raw, Intrinsics(60.0, 60.0, 32.0, 24.0), unit_m=0.001)
    if pose is not None:
        assert_sane(pose)


def test_load_takes_a_file(tmp_path: Path) -> None:
    path = tmp_path / 'believing.safetensors'
    save_weights(always_hand_network(), path, {})
    config = EstimatorConfig(
        decoding=DecodingConfig(candidates=3), min_score=0.0, min_new_score=0.0
    )
    estimator = HandPoseEstimator.load(str(path), 'cpu', config)
    assert estimator.backend_name == 'cpu'
    pose = estimator.estimate(hand_at(*AT), K)
    assert pose is not None
    assert_sane(pose, 3)
    with pytest.raises(WeightsError, match="model 'no_such_model'"):
        HandPoseEstimator.load('no_such_model')
    with pytest.raises(ValueError, match="backend 'fast'"):
        HandPoseEstimator.load(str(path), 'fast')


def test_a_large_frame_is_neither_copied_nor_converted() -> None:
    """Crop and search read the pixels that they need; a copy would be 32 MB."""
    depth = np.full((4000, 4000), 900, np.uint16)
    estimator, _ = new_estimator(min_confidence=0.0)
    large = Intrinsics(4000.0, 4000.0, 1999.5, 1999.5)
    tracemalloc.start()
    try:
        estimator.estimate(depth, large, unit_m=0.001)
        estimator.estimate(depth, large, center=(0.0, 0.0, 0.9), unit_m=0.001)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < depth.nbytes / 4


SHIPPED = MODELS_DIR / 'default.safetensors'


@pytest.mark.skipif(not SHIPPED.exists(), reason=f'{SHIPPED} is not there')
def test_the_shipped_weights_know_hands_they_never_saw() -> None:
    backend = TorchBackend(load_weights(SHIPPED), 'cpu')
    crops = render_crops(seed=2**41, count=200)
    result = backend.run(crops.depth, crops.center_m, crops.cube_size_m, DecodingConfig())
    error_m = np.linalg.norm(result.joints_m - crops.joints_m, axis=-1)
    assert error_m.mean() < 0.025
