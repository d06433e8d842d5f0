# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Strokes cover what a finer grid says, and pictures survive being files."""

import cv2
from dense_hand_pose import drawing
from dense_hand_pose.visualization import depth_to_bgr
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
import pytest

FINE = 8
PLACE = st.tuples(st.floats(-20.0, 60.0), st.floats(-20.0, 50.0))


def covered_share(ends: npt.NDArray[np.float64], radius_px: float) -> npt.NDArray[np.float64]:
    """Return the share of each of 30 x 40 pixels within a radius of a line, on a finer grid."""
    fine = (np.arange(40 * FINE) + 0.5) / FINE - 0.5
    u, v = np.meshgrid(fine, fine[: 30 * FINE])
    points = np.stack([u, v], axis=-1)
    along = ends[1] - ends[0]
    place = np.clip(((points - ends[0]) @ along) / max(float(along @ along), 1e-9), 0.0, 1.0)
    near = np.linalg.norm(points - ends[0] - place[..., None] * along, axis=-1) <= radius_px
    return near.reshape(30, FINE, 40, FINE).mean(axis=(1, 3))


@given(PLACE, PLACE, st.floats(1.0, 12.0))
def test_a_stroke_covers_its_pixels(
    start: tuple[float, float], end: tuple[float, float], radius_px: float
) -> None:
    image, ends = np.zeros((30, 40, 3), np.uint8), np.array([start, end])
    drawing.stroke(image, ends, radius_px, (250, 100, 0))
    expected = covered_share(ends, radius_px)
    # Half a pixel to each side of the edge stands for the true area.
    assert np.abs(image[:, :, 0] / 250.0 - expected).max() < 0.22
    assert np.abs(image[:, :, 1] / 100.0 - expected).max() < 0.22
    assert not image[:, :, 2].any()


def test_an_outline_lies_around_the_stroke() -> None:
    image = np.full((30, 40, 3), 90, np.uint8)
    drawing.stroke(image, np.array([[10.0, 15.0], [30.0, 15.0]]), 3.0, (255, 0, 0), (0, 0, 0))
    assert image[15, 20].tolist() == [255, 0, 0]
    assert image[19, 20].max() < 60, 'the outline'
    assert image[21, 20].tolist() == [90, 90, 90]


def test_places_far_outside_draw_nothing() -> None:
    image = np.zeros((30, 40, 3), np.uint8)
    for far in (-1e5, 1e5):
        drawing.stroke(image, np.array([[far, 5.0], [far, 20.0]]), 20.0, (255, 255, 255))
    assert not image.any()
    drawing.stroke(image, np.array([[-1e5, 5.0], [1e5, 5.0]]), 1.0, (255, 255, 255))
    assert image[5].min() == 255


def test_text_stands_on_its_line_with_an_outline() -> None:
    image = np.full((40, 120, 3), 128, np.uint8)
    written = drawing.write(image, 'HAND', (10, 30), 14.0, (240, 240, 240), (10, 10, 10))
    bright, dark = np.nonzero(written[:, :, 0] > 220), np.nonzero(written[:, :, 0] < 40)
    assert 26 <= bright[0].max() <= 30
    assert bright[1].min() >= 10
    assert dark[0].max() > bright[0].max()
    assert (image == 128).all(), 'the input was drawn into'


def test_png_is_read_back_by_opencv() -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    data = np.frombuffer(drawing.png_bytes(image), np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), image)


@pytest.mark.parametrize(('width_px', 'shape'), [(20, (15, 20, 3)), (1, (1, 1, 3))])
def test_shrinking_keeps_the_proportions(width_px: int, shape: tuple[int, ...]) -> None:
    image = np.full((30, 40, 3), (10, 20, 30), np.uint8)
    small = drawing.shrink(image, width_px)
    assert small.shape == shape
    assert (small == (10, 20, 30)).all()


def test_colours_of_depth_are_those_of_opencv() -> None:
    depth_m = np.linspace(0.3, 0.9, 226, dtype=np.float32)[None]
    grey = np.rint(30 + 225 * (0.9 - depth_m.astype(np.float64)) / 0.6).astype(np.uint8)
    expected = cv2.applyColorMap(grey, cv2.COLORMAP_BONE).astype(int)
    # Where a brightness falls on a half, float32 depth may round it to the next.
    assert np.abs(depth_to_bgr(depth_m, 0.3, 0.9) - expected).max() <= 3
