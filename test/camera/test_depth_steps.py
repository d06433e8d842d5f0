# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Integers with a unit and floats of the same depth, whatever their last bit: one result."""

from dense_hand_pose.camera.crop import crop_depth, CROP_SIZE_PX, CropWindow, normalise_depth
from dense_hand_pose.camera.depth_image import BETWEEN_STEPS_M, to_metres
from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.codec.config import SAME_SURFACE
from dense_hand_pose.codec.map_geometry import reduce_depth
from dense_hand_pose.codec.numpy_decoding import reduce_depth as reduce_depth_numpy
from dense_hand_pose.detection.nearest_surface import _nearest_surface
from dense_hand_pose.estimation import let_go, tried_places
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest
import torch

CUBE_M = 0.3
UNITS_MM = (0.1, 0.125, 0.25, 0.5, 1.0)
UNIT = st.sampled_from(UNITS_MM)
SEED = st.integers(0, 2**32 - 1)
THRESHOLDS_MM = {
    'between steps': 1e3 * BETWEEN_STEPS_M,
    'let_go changed': 1e3 * let_go._CHANGED_M,
    'let_go arm': 1e3 * let_go._ARM_M,
    'tried_places changed': 500.0 * CUBE_M * tried_places._CHANGED_DEPTH,
    'same surface': 500.0 * CUBE_M * SAME_SURFACE,
}


@pytest.mark.parametrize('unit_mm', UNITS_MM)
@pytest.mark.parametrize('name', THRESHOLDS_MM)
def test_no_threshold_lies_on_a_step(name: str, unit_mm: float) -> None:
    steps = THRESHOLDS_MM[name] / unit_mm
    assert abs(steps - round(steps)) * unit_mm > 0.02


def variants(depth: np.ndarray, unit_mm: float, rng: np.random.Generator) -> list[np.ndarray]:
    """Return a frame as metres: as integers give them, exactly rounded, and up to a bit off."""
    exact = (depth * (unit_mm / 1000.0)).astype(np.float32)
    off = np.nextafter(exact, rng.choice([-np.inf, np.inf], exact.shape).astype(np.float32))
    return [to_metres(depth, unit_mm / 1000.0), exact, np.where(depth > 0, off, 0.0)]


@given(UNIT, st.integers(200, 1500), SEED)
@settings(max_examples=40)
def test_a_cube_around_whole_millimetres_has_the_same_pixels(
    unit_mm: float, center_mm: int, seed: int
) -> None:
    """Its faces lie on steps of depth: that is where the last bit decided."""
    rng = np.random.default_rng(seed)
    near, far = (round((center_mm + side * 150) / unit_mm) for side in (-1, 1))
    ends = np.array([near - 1, near, near + 1, far - 1, far, far + 1, 0])
    depth = rng.choice(ends[ends >= 0], (40, 40)).astype(np.uint16)
    window = CropWindow((0.0, 0.0, center_mm / 1000.0), CUBE_M, Intrinsics(50.0, 50.0, 20.0, 20.0))
    crops = [normalise_depth(metres, window) for metres in variants(depth, unit_mm, rng)]
    for crop in crops:
        np.testing.assert_array_equal(crop < 1.0, (depth >= near) & (depth < far) & (depth > 0))
        np.testing.assert_allclose(crop, crops[0], rtol=0.0, atol=1e-5)
        assert crop.min() >= -1.0
    cut = crop_depth(depth, window, unit_mm / 1000.0)
    assert cut.shape == (CROP_SIZE_PX, CROP_SIZE_PX) and cut.min() >= -1.0


@given(UNIT, SEED)
@settings(max_examples=25, deadline=None)
def test_the_nearest_surface_has_the_same_pixels(unit_mm: float, seed: int) -> None:
    """Depths at all steps around a front, and around the end of a hand's reach behind it."""
    rng = np.random.default_rng(seed)
    front = round(500 / unit_mm)
    depth = np.full((120, 160), round(1500 / unit_mm), np.uint16)
    depth[30:80, 40:100] = front + rng.integers(0, 4, (50, 60))
    depth[80:110, 40:100] = front + round(160 / unit_mm) + rng.integers(-9, 10, (30, 60))
    intrinsics = Intrinsics(140.0, 140.0, 80.0, 60.0)
    masks = [_nearest_surface(metres, 1, intrinsics) for metres in variants(depth, unit_mm, rng)]
    assert masks[0] is not None and 3000 <= masks[0].sum() <= 4800
    for mask in masks[1:]:
        np.testing.assert_array_equal(mask, masks[0])


@given(UNIT, st.integers(300, 1200), SEED)
@settings(max_examples=25, deadline=None)
def test_the_reduced_depth_is_the_same(unit_mm: float, center_mm: int, seed: int) -> None:
    """Two surfaces 15 mm apart in each block, on either side of a step: that is SAME_SURFACE."""
    rng = np.random.default_rng(seed)
    apart = rng.integers(-2, 3, (128, 128)) + round(15 / unit_mm) * rng.integers(0, 2, (128, 128))
    depth = (round((center_mm - 20) / unit_mm) + apart).astype(np.uint16)
    window = CropWindow((0.0, 0.0, center_mm / 1000.0), CUBE_M, Intrinsics(50.0, 50.0, 20.0, 20.0))
    crops = [normalise_depth(metres, window) for metres in variants(depth, unit_mm, rng)]
    for crop in crops:
        reduced = reduce_depth(torch.from_numpy(crop)[None, None])[0, 0].numpy()
        if crop is crops[0]:
            first = reduced
        np.testing.assert_allclose(reduced, first, rtol=0.0, atol=1e-5)
        np.testing.assert_allclose(reduce_depth_numpy(crop[None])[0], first, rtol=0.0, atol=1e-5)
