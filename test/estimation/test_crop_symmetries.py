# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Mirrored and turned crops: the scene follows, an equivariant oracle is mapped back exactly."""

from dense_hand_pose.camera.crop import crop_depth, CropWindow
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.codec.config import DecodingConfig
from dense_hand_pose.codec.numpy_decoding import Result
from dense_hand_pose.estimation.config import EstimatorConfig, VIEW_COUNTS
from dense_hand_pose.estimation.crop_symmetries import run_views, SYMMETRIES, Symmetry
import numpy as np
import pytest

CENTER = (0.07, -0.04, 0.5)
SIZE_M = 0.3


def scene(symmetry: Symmetry) -> tuple[np.ndarray, CropWindow]:
    """Return depth of scattered blocks under a symmetry, and the window around their cube."""
    size, k = 321, Intrinsics(300.0, 300.0, 160.0, 160.0)
    rng = np.random.default_rng(3)
    depth = np.zeros((size, size), np.float32)
    for _ in range(60):
        u, v, w, h = rng.integers(20, 280, 4) // (1, 1, 8, 8)
        depth[v:, u:][:h, :w] = rng.uniform(0.4, 0.6)
    image = depth[None]
    x, y, z = symmetry.points(np.array(CENTER, np.float32))
    return symmetry.image(image)[0], CropWindow((float(x), float(y), float(z)), SIZE_M, k)


@pytest.mark.parametrize('symmetry', SYMMETRIES)
def test_a_mapped_crop_is_the_crop_of_the_mapped_scene(symmetry: Symmetry) -> None:
    depth, window = scene(SYMMETRIES[0])
    mapped_depth, mapped_window = scene(symmetry)
    crop, mapped = crop_depth(depth, window), crop_depth(mapped_depth, mapped_window)
    differs = symmetry.image(crop[None])[0] != mapped
    assert (crop < 1.0).mean() > 0.2
    assert differs.mean() < 0.02, 'but for pixels on the boundary of two'


@pytest.mark.parametrize('symmetry', SYMMETRIES)
def test_points_come_back_exactly(symmetry: Symmetry) -> None:
    points = np.random.default_rng(4).normal(size=(5, 21, 3)).astype(np.float32)
    there = symmetry.points(points)
    np.testing.assert_array_equal(symmetry.points_back(there), points)
    right_handed = np.linalg.det(np.linalg.lstsq(points[0], there[0], rcond=None)[0])
    assert right_handed == pytest.approx(-1.0 if symmetry.is_mirror else 1.0, abs=1e-4)


def test_all_eight_are_different() -> None:
    image = np.arange(16.0, dtype=np.float32).reshape(1, 4, 4)
    assert len({one.image(image).tobytes() for one in SYMMETRIES}) == 8


class Equivariant:
    """Lift the crop's nearest pixels: joints of a mirrored or turned crop are mapped joints."""

    name, precision = 'equivariant', 'float32'

    def __init__(self) -> None:
        self.batches: list[int] = []

    def run(
        self, crops: np.ndarray, centers: np.ndarray, sizes: np.ndarray, decoding: DecodingConfig
    ) -> Result:
        """Place each joint at a pixel chosen by its depth alone; the side by the first three."""
        self.batches.append(len(crops))
        joints = np.zeros((len(crops), 21, 3), np.float32)
        for i, (crop, center, size) in enumerate(zip(crops, centers, sizes, strict=True)):
            z = crop * (size / 2) + center[2]
            pixels = np.argsort(crop, axis=None)[:21]
            row, column = np.unravel_index(pixels, crop.shape)
            depth = z[row, column]
            middle = (crop.shape[0] - 1) / 2
            step = size / crop.shape[0]
            joints[i, :, 0] = (center[0] + (column - middle) * step) * depth / center[2]
            joints[i, :, 1] = (center[1] + (row - middle) * step) * depth / center[2]
            joints[i, :, 2] = depth
        a, b = joints[:, 1] - joints[:, 0], joints[:, 2] - joints[:, 0]
        side = np.sign(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).astype(np.float32) * 0.8
        count = len(crops)
        return Result(
            joints,
            np.full((count, 21), 0.5, np.float32),
            np.full((count, 21), 0.01, np.float32),
            np.zeros((count, 21, decoding.candidates, 3), np.float32),
            np.ones((count, 21, decoding.candidates), np.float32),
            np.full(count, 0.9, np.float32),
            side,
        )


@pytest.mark.parametrize('views', VIEW_COUNTS)
def test_the_mean_of_an_equivariant_network_is_its_estimate(views: int) -> None:
    rng = np.random.default_rng(7)
    crops = rng.permuted(np.linspace(-1.0, 1.0, 3 * 128 * 128, dtype=np.float32)).reshape(
        3, 128, 128
    )
    centers = np.array([CENTER, (0.0, 0.0, 0.9), (-0.2, 0.1, 0.3)], np.float32)
    sizes = np.full(3, SIZE_M, np.float32)
    backend, decoding = Equivariant(), DecodingConfig()
    alone = backend.run(crops, centers, sizes, decoding)
    mean = run_views(backend, crops, centers, sizes, decoding, views)
    assert backend.batches == [3, 3 * views]
    np.testing.assert_allclose(mean.joints_m, alone.joints_m, rtol=0.0, atol=2e-7)
    np.testing.assert_allclose(mean.spread_m, alone.spread_m, rtol=1e-4)
    for part in ('confidence', 'presence', 'side'):
        np.testing.assert_allclose(getattr(mean, part), getattr(alone, part), rtol=1e-6)
        assert getattr(mean, part).dtype == np.float32
    np.testing.assert_array_equal(mean.votes_m, alone.votes_m)


class Biased(Equivariant):
    """Adds an error that the views do not share."""

    def run(
        self, crops: np.ndarray, centers: np.ndarray, sizes: np.ndarray, decoding: DecodingConfig
    ) -> Result:
        """Shift all joints by 1 cm to the right in the crop."""
        result = super().run(crops, centers, sizes, decoding)
        return result._replace(joints_m=result.joints_m + np.float32([0.01, 0.0, 0.0]))


@pytest.mark.parametrize(('views', 'shift_m'), [(1, 0.01), (2, 0.0), (4, 0.0), (8, 0.0)])
def test_errors_of_the_views_cancel_and_widen_the_spread(views: int, shift_m: float) -> None:
    rng = np.random.default_rng(8)
    crops = rng.permuted(np.linspace(-1.0, 1.0, 128 * 128, dtype=np.float32)).reshape(1, 128, 128)
    centers, sizes = np.array([CENTER], np.float32), np.array([SIZE_M], np.float32)
    true = Equivariant().run(crops, centers, sizes, DecodingConfig())
    mean = run_views(Biased(), crops, centers, sizes, DecodingConfig(), views)
    error = mean.joints_m - true.joints_m
    np.testing.assert_allclose(error, np.broadcast_to([shift_m, 0, 0], error.shape), atol=1e-6)
    expected = 0.01 if views == 1 else np.hypot(0.01, 0.01)
    np.testing.assert_allclose(mean.spread_m, expected, rtol=1e-3)


def test_the_estimators_setting_is_one_of_the_counts() -> None:
    assert EstimatorConfig().views == 1
    for views in (0, 3, 16):
        with pytest.raises(ValueError, match=f'views = {views}: expected one of 1, 2, 4, 8'):
            EstimatorConfig(views=views)
