# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Drawing: what is drawn lies where the projection says, and nothing else changes."""

import cv2
from dense_hand_pose.camera.crop import CropWindow
from dense_hand_pose.camera.distortion import Distortion
from dense_hand_pose.camera.intrinsics import Intrinsics, project
from dense_hand_pose.skeleton import FINGER_COLOURS, HAND_21
from dense_hand_pose.visualization import (
    contact_sheet,
    depth_range_m,
    depth_to_bgr,
    draw_crop_box,
    draw_pose,
    draw_text,
    png_bytes,
    shrink,
    stroke,
    write,
    zoom,
)
from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import numpy.typing as npt
import pytest

K = Intrinsics(475.0, 470.0, 160.0, 120.0)
BLANK = np.zeros((240, 320, 3), dtype=np.uint8)


def spread_hand() -> np.ndarray:
    """Return 21 joints (metres) that lie far apart in the image of K, in rows of five."""
    joints = np.zeros((21, 3))
    joints[:, 0] = 0.03 * (np.arange(21) % 5 - 2)
    joints[:, 1] = 0.03 * (np.arange(21) // 5 - 2)
    joints[:, 2] = 0.5
    return joints


def test_depth_colours_near_bright_far_dark_and_invalid_apart() -> None:
    depth = np.array([[0.3, 0.6, 0.9, 0.0, 5.0]], dtype=np.float32)
    colours = depth_to_bgr(depth, 0.3, 0.9)[0]
    brightness = colours.sum(axis=1).astype(int)
    assert brightness[0] > brightness[1] > brightness[2]
    assert brightness[4] == brightness[2]
    assert not np.array_equal(colours[3], colours[2])


def test_depth_to_bgr_takes_nan_and_infinity() -> None:
    odd = np.array([[np.nan, np.inf, -1.0, 0.0]], dtype=np.float32)
    colours = depth_to_bgr(odd, 0.2, 1.0)
    assert (colours == colours[0, 3]).all()


def test_depth_to_bgr_refuses_an_empty_range() -> None:
    with pytest.raises(ValueError, match='near_m < far_m'):
        depth_to_bgr(np.ones((2, 2), np.float32), 1.0, 1.0)


def test_depth_range_holds_most_valid_depths() -> None:
    depth = np.zeros((100, 100), dtype=np.float32)
    depth[:50] = 0.4
    depth[50:90] = 0.8
    near, far = depth_range_m(depth)
    assert near == pytest.approx(0.4)
    assert far == pytest.approx(0.8)
    assert depth_range_m(np.zeros((4, 4), np.float32)) == (0.0, 1.0)


@pytest.mark.parametrize('metres', [1e-40, 0.5, 65.5, 3.4e38])
def test_a_picture_can_be_drawn_of_any_one_depth(metres: float) -> None:
    depth = np.full((4, 4), metres, np.float32)
    assert depth_to_bgr(depth, *depth_range_m(depth)).shape == (4, 4, 3)


def test_each_joint_has_the_colour_of_its_finger_where_it_projects() -> None:
    image = draw_pose(BLANK, spread_hand(), K)
    assert not BLANK.any(), 'the input was drawn into'
    for (u, v), finger in zip(project(spread_hand(), K), HAND_21.fingers, strict=True):
        blue, green, red = image[round(v), round(u)]
        assert (red, green, blue) == FINGER_COLOURS[finger]


def test_an_uncertain_joint_is_paler() -> None:
    confidence = np.ones(21)
    confidence[8] = 0.0
    u, v = project(spread_hand(), K)[8]
    sure = draw_pose(BLANK, spread_hand(), K)[round(v), round(u)].astype(float)
    unsure = draw_pose(BLANK, spread_hand(), K, confidence)[round(v), round(u)].astype(float)
    assert np.ptp(unsure) < np.ptp(sure)


def test_the_nearer_joint_covers_the_farther_one() -> None:
    joints = spread_hand()
    joints[4] = joints[8] * 0.8  # the same pixel, nearer
    u, v = project(joints, K)[8]
    blue, green, red = draw_pose(BLANK, joints, K)[round(v), round(u)]
    assert (red, green, blue) == FINGER_COLOURS['thumb']


def test_joints_that_do_not_project_are_left_out() -> None:
    joints = spread_hand()
    joints[3] = np.nan
    joints[7, 2] = -0.1
    joints[11] = (1e9, 0.0, 1e-6)
    assert draw_pose(BLANK, joints, K).any()
    assert not draw_pose(BLANK, np.full((21, 3), np.nan), K).any()


def test_the_crop_box_encloses_the_cube() -> None:
    window = CropWindow((0.02, -0.01, 0.5), 0.1, K)
    rows, columns = np.nonzero(draw_crop_box(BLANK, window).any(axis=2))
    u, v = project(np.array([0.02, -0.01, 0.5]), K)
    half_u, half_v = 0.05 * K.fx / 0.5, 0.05 * K.fy / 0.5
    assert (columns.min(), columns.max()) == pytest.approx((u - half_u, u + half_u), abs=1.5)
    assert (rows.min(), rows.max()) == pytest.approx((v - half_v, v + half_v), abs=1.5)


LENS = Distortion('plumb_bob', (-0.28, 0.09, 0.0011, -0.0017, -0.015))


@pytest.mark.parametrize('lens', [None, LENS])
@pytest.mark.parametrize('size_px', [64, 128, 300])
def test_zoom_shows_a_point_where_its_intrinsics_say(
    size_px: int, lens: Distortion | None
) -> None:
    camera = Intrinsics(200.0, 198.0, 160.0, 120.0, lens)
    window = CropWindow((0.2, 0.1, 0.5), 0.2, camera)
    point = np.array([0.23, 0.12, 0.52])
    u, v = np.rint(project(point, camera)).astype(int)
    image = BLANK.copy()
    rows, columns = slice(v - 2, v + 3), slice(u - 2, u + 3)
    image[rows, columns] = 255
    tile, intrinsics = zoom(image, window, size_px)
    assert tile.shape == (size_px, size_px, 3)
    rows, columns = np.nonzero(tile[:, :, 0])
    pixel_px = size_px / (0.2 * camera.fx / 0.5)
    expected = project(point, intrinsics)
    tolerance = pixel_px + 0.5
    assert (columns.mean(), rows.mean()) == pytest.approx(tuple(expected), abs=tolerance)


def test_contact_sheet_keeps_every_picture() -> None:
    pictures = [np.full((10, 20, 3), 50 * place, dtype=np.uint8) for place in range(1, 6)]
    sheet = contact_sheet(pictures, columns=3, gap_px=2)
    assert sheet.shape == (2 * 12 + 2, 3 * 22 + 2, 3)
    for place in range(1, 6):
        assert (sheet == 50 * place).all(axis=2).sum() == 200
    with pytest.raises(ValueError, match='0 images'):
        contact_sheet([], 3)


def test_text_is_drawn_on_a_copy() -> None:
    assert draw_text(BLANK, 'abc').any()
    assert not BLANK.any()


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
    stroke(image, ends, radius_px, (250, 100, 0))
    expected = covered_share(ends, radius_px)
    # Half a pixel to each side of the edge stands for the true area.
    assert np.abs(image[:, :, 0] / 250.0 - expected).max() < 0.22
    assert np.abs(image[:, :, 1] / 100.0 - expected).max() < 0.22
    assert not image[:, :, 2].any()


def test_an_outline_lies_around_the_stroke() -> None:
    image = np.full((30, 40, 3), 90, np.uint8)
    stroke(image, np.array([[10.0, 15.0], [30.0, 15.0]]), 3.0, (255, 0, 0), (0, 0, 0))
    assert image[15, 20].tolist() == [255, 0, 0]
    assert image[19, 20].max() < 60, 'the outline'
    assert image[21, 20].tolist() == [90, 90, 90]


def test_places_far_outside_draw_nothing() -> None:
    image = np.zeros((30, 40, 3), np.uint8)
    for far in (-1e5, 1e5):
        stroke(image, np.array([[far, 5.0], [far, 20.0]]), 20.0, (255, 255, 255))
    assert not image.any()
    stroke(image, np.array([[-1e5, 5.0], [1e5, 5.0]]), 1.0, (255, 255, 255))
    assert image[5].min() == 255


def test_text_stands_on_its_line_with_an_outline() -> None:
    image = np.full((40, 120, 3), 128, np.uint8)
    written = write(image, 'HAND', (10, 30), 14.0, (240, 240, 240), (10, 10, 10))
    bright, dark = np.nonzero(written[:, :, 0] > 220), np.nonzero(written[:, :, 0] < 40)
    assert 26 <= bright[0].max() <= 30
    assert bright[1].min() >= 10
    assert dark[0].max() > bright[0].max()
    assert (image == 128).all(), 'the input was drawn into'


def test_png_is_read_back_by_opencv() -> None:
    image = np.random.default_rng(0).integers(0, 256, (7, 9, 3), np.uint8)
    data = np.frombuffer(png_bytes(image), np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(data, cv2.IMREAD_UNCHANGED), image)


@pytest.mark.parametrize(('width_px', 'shape'), [(20, (15, 20, 3)), (1, (1, 1, 3))])
def test_shrinking_keeps_the_proportions(width_px: int, shape: tuple[int, ...]) -> None:
    image = np.full((30, 40, 3), (10, 20, 30), np.uint8)
    small = shrink(image, width_px)
    assert small.shape == shape
    assert (small == (10, 20, 30)).all()


def test_colours_of_depth_are_those_of_opencv() -> None:
    depth_m = np.linspace(0.3, 0.9, 226, dtype=np.float32)[None]
    grey = np.rint(30 + 225 * (0.9 - depth_m.astype(np.float64)) / 0.6).astype(np.uint8)
    expected = cv2.applyColorMap(grey, cv2.COLORMAP_BONE).astype(int)
    # Where a brightness falls on a half, float32 depth may round it to the next.
    assert np.abs(depth_to_bgr(depth_m, 0.3, 0.9) - expected).max() <= 3


@pytest.mark.parametrize('shape', [(5000, 1, 3), (1, 5000, 3), (3000, 4, 3)])
def test_a_long_picture_becomes_no_long_tile(shape: tuple[int, int, int]) -> None:
    small = shrink(np.full(shape, 7, np.uint8), 280)
    assert small.shape[0] <= 4 * 280
    assert small.shape[1] <= 280
    assert (small == 7).all()
