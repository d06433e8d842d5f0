# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The small image that the detector sees, for frames of any size."""

from dense_hand_pose.camera.intrinsics import Intrinsics
from dense_hand_pose.camera.letterbox import HEIGHT_PX, Letterbox, MAP_HEIGHT, MAP_WIDTH, WIDTH_PX
from dense_hand_pose.codec.detector_input import encode_letterbox
from hypothesis import example, given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

CAMERA = Intrinsics(475.0, 475.0, 319.5, 239.5)
sizes = st.integers(1, 4000)


@settings(max_examples=200, deadline=None)
@given(width=sizes, height=sizes)
@example(width=1, height=4000)
@example(width=640, height=480)
def test_any_frame_fits_and_is_read_evenly(width: int, height: int) -> None:
    letterbox = Letterbox.of(width, height)
    columns, rows = letterbox.columns, letterbox.rows
    assert 1 <= len(columns) <= WIDTH_PX and 1 <= len(rows) <= HEIGHT_PX
    assert len(columns) == WIDTH_PX or len(rows) == HEIGHT_PX
    assert columns[0] >= 0 and columns[-1] < width and rows[0] >= 0 and rows[-1] < height
    # The pixel that is read is the nearest to the middle of its step.
    for read, size in ((columns, width), (rows, height)):
        middle = (np.arange(len(read)) + 0.5) * letterbox.step_px - 0.5
        assert (np.abs(read - np.minimum(middle, size - 1)) <= 0.5 + 1e-9).all()


@settings(max_examples=200, deadline=None)
@given(width=sizes, height=sizes, x=st.floats(-5, 60), y=st.floats(-5, 40))
def test_map_places_and_pixels_are_inverse(width: int, height: int, x: float, y: float) -> None:
    letterbox = Letterbox.of(width, height)
    np.testing.assert_allclose(
        letterbox.to_map(letterbox.from_map([x, y])), [x, y], atol=1e-9 + 1e-12 * width
    )


def test_what_is_read_lies_at_its_place_in_the_map() -> None:
    for width, height in ((640, 480), (848, 480), (480, 640), (96, 64), (1280, 720)):
        letterbox = Letterbox.of(width, height)
        depth = np.zeros((height, width), np.float32)
        row, column = len(letterbox.rows) // 3, len(letterbox.columns) // 2
        v, u = letterbox.rows[row], letterbox.columns[column]
        depth[v, u] = 1.0
        frame = encode_letterbox(letterbox.sample(depth, 1.0), letterbox, CAMERA)
        seen = np.argwhere(frame[2] > 0.0).mean(axis=0)
        place = (seen[::-1] + 0.5) / 4.0 - 0.5
        np.testing.assert_allclose(letterbox.to_map([u, v]), place, atol=0.5 / 4.0 + 1e-9)
        assert (place >= 0).all() and (place < [MAP_WIDTH, MAP_HEIGHT]).all()


def test_channels_are_depth_pixel_size_and_validity() -> None:
    depth = np.full((480, 640), np.nan, np.float32)
    depth[:, :320] = 0.5
    depth[:, 320:400] = np.inf
    depth[:, 400:480] = -1.0
    letterbox = Letterbox.of(640, 480)
    frame = encode_letterbox(letterbox.sample(depth, 1.0), letterbox, CAMERA)
    assert np.isfinite(frame).all()
    measured = frame[2] == 1.0
    assert measured.sum() == 128 * 85 and (frame[:, ~measured] == 0.0).all()
    assert frame[0][measured] == pytest.approx(np.log2(0.5 / 0.7) / 1.5)
    width_m = 0.5 * 3.75 / 475.0
    assert frame[1][measured] == pytest.approx(np.log2(width_m / 0.006) / 1.5)


def test_millimetres_and_metres_look_the_same_and_a_zoom_does_not_change_the_hands_size() -> None:
    rng = np.random.default_rng(0)
    depth_mm = rng.integers(0, 3000, (480, 640)).astype(np.uint16)
    letterbox = Letterbox.of(640, 480)
    raw = letterbox.sample(depth_mm, 0.001)
    np.testing.assert_allclose(
        raw, letterbox.sample(depth_mm / np.float32(1000.0), 1.0), rtol=1e-6
    )
    # Twice the resolution of the same view is the same letterbox.
    double = Letterbox.of(1280, 960)
    twice = np.repeat(np.repeat(depth_mm, 2, axis=0), 2, axis=1)
    camera = Intrinsics(950.0, 950.0, 639.5, 479.5)
    np.testing.assert_array_equal(
        encode_letterbox(double.sample(twice, 0.001), double, camera),
        encode_letterbox(raw, letterbox, CAMERA),
    )


def test_a_frame_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match='0 x 480'):
        Letterbox.of(0, 480)
